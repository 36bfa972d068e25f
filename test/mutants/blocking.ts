/** Bugs planted in what wakes callers that wait. */
import type { Mutant } from "./mutant.ts";

const object = "src/shared/object";

export const blockingMutants: readonly Mutant[] = [
  {
    name: "resume gives up at the first dead ticket",
    rule: "blocking",
    killer: "blocking: a dead ticket is passed over",
    edits: [
      {
        file: `${object}/block.ts`,
        find: "if (ticket !== undefined && run.resume(ticket, value)) return true;",
        replace: "if (ticket !== undefined) return run.resume(ticket, value);",
      },
    ],
  },
  {
    name: "a call outlives its session",
    rule: "blocking",
    killer: "blocking: a dead ticket is passed over",
    edits: [
      {
        file: `${object}/sessions.ts`,
        find: "    this.byId.delete(session.id);\n",
        replace: "    if (session.blockedCalls().length === 0) this.byId.delete(session.id);\n",
      },
      { file: `${object}/session.ts`, find: "    this.blocked = null;\n", replace: "" },
    ],
  },
  {
    name: "a cancel leaves a blocked call as it is",
    rule: "blocking",
    killer: "blocking: a dead ticket is passed over",
    edits: [
      {
        file: `${object}/turns.ts`,
        find: "if (blocked !== undefined) this.cancelBlocked(blocked);\n      else if",
        replace: "if (blocked !== undefined) this.repeat(session, s);\n      else if",
      },
    ],
  },
  {
    name: "a ticket wakes its caller again",
    rule: "blocking",
    killer: "blocking: a dead ticket is passed over",
    edits: [
      {
        file: `${object}/session.ts`,
        find: '    must(this.isBlocked(s), "a call that is not blocked is not resumed");\n    this.unblock(s);\n',
        replace: "",
      },
    ],
  },
  {
    name: "the floor acknowledges a call that is blocked",
    rule: "blocking",
    killer: "blocking: the floor acknowledges no call that blocked",
    edits: [
      {
        file: `${object}/session.ts`,
        find: "if (this.isBlocked(s)) this.blockedLate++;",
        replace: "if (false);",
      },
    ],
  },
  {
    name: "the floor acknowledges an answer that came after its call blocked",
    rule: "blocking",
    killer: "blocking: the floor acknowledges no call that blocked",
    edits: [
      { file: `${object}/session.ts`, find: "else if (!this.late?.has(s)) this", replace: "else this" },
    ],
  },
  {
    name: "a client that missed that its call blocked is told the answer alone",
    rule: "blocking",
    killer: "blocking: a ticket is good for one answer",
    edits: [
      {
        file: `${object}/session.ts`,
        find: "return this.late?.has(of) ? [blocked, outcome] : [outcome];",
        replace: "return [outcome];",
      },
    ],
  },
  {
    name: "deadlines come in the order in which their calls blocked",
    rule: "blocking",
    killer: "blocking: deadlines are due in their order",
    edits: [
      {
        file: `${object}/waiting-calls.ts`,
        find: "return due.length > 1 ? due.sort(inOrder) : due;",
        replace: "return [...this.calls].filter((call) => due.includes(call));",
      },
    ],
  },
  {
    name: "a deadline may fall on the log time of its own proposal",
    rule: "blocking",
    killer: "blocking: deadlines are due in their order",
    edits: [
      { file: `${object}/waiting-calls.ts`, find: "const soonest = 1;", replace: "const soonest = 0;" },
    ],
  },
  {
    name: "a call waits although its method did not return what block gave",
    rule: "blocking",
    killer: "blocking: what block gave is not returned",
    edits: [
      {
        file: `${object}/machine-frame.ts`,
        find: "if (this.pending !== null && this.early === null) this.wakes.unblock(this.pending);",
        replace: "",
      },
    ],
  },
  {
    name: "an object resumes the calls of another one",
    rule: "blocking",
    killer: "blocking: a ticket is good in its own object alone",
    edits: [
      {
        file: `${object}/machine-frame.ts`,
        find: "return call?.instance === this.instance ? call : undefined;",
        replace: "return call;",
      },
    ],
  },
  {
    name: "no proposal is made for a deadline",
    rule: "blocking",
    killer: "blocking: deadlines are due in their order",
    edits: [
      {
        file: `${object}/state-machine.ts`,
        find: "Math.min(this.sessions.nextDue(), this.turns.waiting.nextDue())",
        replace: "this.sessions.nextDue()",
      },
    ],
  },
  {
    name: "what was answered within a snapshot is not told to callers that blocked before it",
    rule: "blocking",
    killer: "blocked: what was answered within a snapshot",
    edits: [
      {
        file: "src/shared/server/gateway.ts",
        find: "attachment.repeatAll(state);",
        replace:
          "for (const sent of [...attachment.unanswered.values()])\n        if (sent.after <= state.next) attachment.repeat(state, sent.firstSeq, sent.after);",
      },
    ],
  },
  {
    name: "a cancel of a blocked call is taken for done",
    rule: "blocking",
    killer: "blocked: a cancel is done when its call is answered",
    edits: [
      {
        file: `${object}/session.ts`,
        find: "if (s < this.next) return !this.isBlocked(s);",
        replace: "if (s < this.next) return true;",
      },
    ],
  },
];
