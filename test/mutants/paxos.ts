/** Bugs planted in the Paxos core. */
import type { Mutant } from "./mutant.ts";

const paxos = "src/shared/paxos";

export const paxosMutants: readonly Mutant[] = [
  {
    name: "quorum off by one",
    rule: "P3",
    killer: "scout: adopted",
    edits: [
      {
        file: `${paxos}/view.ts`,
        find: "return Math.floor(view.members.filter(isVoter).length / 2) + 1;",
        replace: "return Math.max(1, Math.floor(view.members.filter(isVoter).length / 2));",
      },
    ],
  },
  {
    name: "accepted pvalue not written",
    rule: "P1",
    killer: "acceptor: p2a",
    edits: [
      {
        file: `${paxos}/log.ts`,
        find: 'this.values.set(pvalue.slot, pvalue);\n    return { type: "accepted", pvalue };',
        replace: "this.values.set(pvalue.slot, pvalue);\n    return null;",
      },
    ],
  },
  {
    name: "p2a ignores the promise",
    rule: "P1",
    killer: "acceptor: p2a",
    edits: [
      {
        file: `${paxos}/acceptor.ts`,
        find: "if (compareBallots(asked, this.log.promised) >= 0) {",
        replace: "if (compareBallots(asked, asked) >= 0) {",
      },
      {
        file: `${paxos}/log.ts`,
        find: 'must(compareBallots(pvalue.ballot, this.promised) >= 0, "P1: accepted below the promise");',
        replace: "",
      },
    ],
  },
  {
    name: "pmax ignores ballots",
    rule: "P3",
    killer: "scout: pmax",
    edits: [
      {
        file: `${paxos}/scout.ts`,
        find: "if (held === undefined || compareBallots(pvalue.ballot, held.ballot) > 0)",
        replace: "if (held === undefined)",
      },
    ],
  },
  {
    name: "promise not written",
    rule: "P1",
    killer: "acceptor: p1a",
    edits: [
      {
        file: `${paxos}/log.ts`,
        find: 'return { type: "promised", ballot };',
        replace: "return null;",
      },
    ],
  },
  {
    name: "p2b of an older ballot counted",
    rule: "rule 4",
    killer: "leader: p2b",
    edits: [
      {
        file: `${paxos}/leader.ts`,
        find: 'if (state.type !== "active" || !sameBallot(message.asked, state.scout.ballot)) return;',
        replace: 'if (state.type !== "active") return;',
      },
    ],
  },
  {
    name: "p1a leaves before the candidate's own promise is durable",
    rule: "P1",
    killer: "driver: p1a leaves only when the candidate's own promise is durable",
    edits: [
      {
        file: `${paxos}/announcer.ts`,
        find: "out.votes.push({ to: to.filter((id) => id !== this.id), message });",
        replace: "out.send.push({ to: to.filter((id) => id !== this.id), message });",
      },
    ],
  },
  {
    name: "proposes beyond the window",
    rule: "rule 1",
    killer: "leader: window",
    edits: [
      {
        file: `${paxos}/leader.ts`,
        find: "if (s > plus(this.log.decided, WINDOW)) return; // rule 1",
        replace: "if (s > plus(this.log.decided, 2 * WINDOW)) return; // rule 1",
      },
    ],
  },
  {
    name: "leads again with a ballot from before the restart",
    rule: "rule 2",
    killer: "election: check",
    edits: [
      {
        file: `${paxos}/election.ts`,
        find: "this.leader = promised;",
        replace: "this.leader = { round: Math.max(0, promised.round - 1), leader: promised.leader };",
      },
    ],
  },
  {
    name: "p1b leaves out a pvalue",
    rule: "rule 3",
    killer: "acceptor: p1a",
    edits: [
      {
        file: `${paxos}/acceptor.ts`,
        find: "inParts(above, this.log.acceptedAbove(above))",
        replace: "inParts(above, this.log.acceptedAbove(above).slice(0, -1))",
      },
    ],
  },
  {
    name: "the refusal of an older ballot counts as a promise",
    rule: "P3",
    killer: "scout: ballot of the answer",
    edits: [
      {
        file: `${paxos}/scout.ts`,
        find: "if (!sameBallot(message.asked, this.ballot) || ",
        replace: "if (",
      },
    ],
  },
  {
    name: "a promise counts although one of its parts is missing",
    rule: "rule 3",
    killer: "scout: parts",
    edits: [
      {
        file: `${paxos}/scout.ts`,
        find: "if (message.above > held.covered) return false;",
        replace: "",
      },
    ],
  },
  {
    name: "a promise counts below its decided mark",
    rule: "rule 3",
    killer: "scout: marks",
    edits: [
      {
        file: `${paxos}/scout.ts`,
        find: "return mark !== undefined && mark < s;",
        replace: "return mark !== undefined;",
      },
    ],
  },
  {
    name: "decided mark taken with a pvalue of another ballot",
    rule: "rule 4",
    killer: "log: learn",
    edits: [
      {
        file: `${paxos}/log.ts`,
        find: "if (held === undefined || !sameBallot(held.ballot, ballot)) return;",
        replace: "if (held === undefined) return;",
      },
    ],
  },
  {
    name: "an outvoted leader goes on telling its mark",
    rule: "rule 4",
    killer: "leader: a slot decided elsewhere",
    edits: [
      {
        file: `${paxos}/leader.ts`,
        find: "if (commander === undefined || sameProposal(commander.proposal, proposal)) return null;",
        replace: "if (commander === undefined || commander !== undefined) return null;",
      },
    ],
  },
  {
    name: "the new view's slots are asked only from the old view's voters",
    rule: "rule 5",
    killer: "golden script rule1-window.txt",
    edits: [
      {
        file: `${paxos}/leader.ts`,
        find: "const view = this.views.at(s);",
        replace: "const view = this.views.at(next(this.log.decided));",
      },
    ],
  },
  {
    name: "p2a accepted although earlier decisions are missing",
    rule: "rule 6",
    killer: "acceptor: p2a",
    edits: [
      {
        file: `${paxos}/acceptor.ts`,
        find: "if (first > this.log.decided + 1) {",
        replace: "if (first > this.log.decided + 1 && first < 0) {",
      },
    ],
  },
  {
    name: "a change made against another view is applied",
    rule: "rule 7",
    killer: "changes: join",
    edits: [
      {
        file: `${paxos}/view.ts`,
        find: "change.against === newest.number ? changed(newest.members, change) : null;",
        replace: "changed(newest.members, change);",
      },
    ],
  },
  {
    name: "a new view's slots are proposed without its majority's promise",
    rule: "P3",
    killer: "golden script rule3-new-voter.txt",
    edits: [
      {
        file: `${paxos}/leader.ts`,
        find: "if (!scout.adopted(view, s)) return; // P3",
        replace: "",
      },
    ],
  },
  {
    name: "the window is not filled after a view change",
    rule: "rule 10",
    killer: "golden script election-outside.txt",
    edits: [
      {
        file: `${paxos}/leader.ts`,
        find: "this.state.fillTo = maxSlot(this.state.fillTo, first);",
        replace: "this.state.fillTo = maxSlot(this.state.fillTo, this.state.fillTo);",
      },
    ],
  },
  {
    name: "log time goes back",
    rule: "stamp",
    killer: "leader: log time of a new leader",
    edits: [
      {
        file: `${paxos}/leader.ts`,
        find: "let from = this.log.logTime;",
        replace: "let from = logTime(0);",
      },
      {
        file: "src/shared/object/state-machine.ts",
        find: "this.time = logTime(Math.max(this.time, stamp.logTime));",
        replace: "this.time = stamp.logTime;",
      },
    ],
  },
];
