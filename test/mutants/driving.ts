/** Bugs planted in the loop of a node: what waits for the disk, for a proposal, for another vote. */
import type { Mutant } from "./mutant.ts";

export const drivingMutants: readonly Mutant[] = [
  {
    name: "that a call is blocked waits until something else is told",
    rule: "sessions",
    killer: "together: that a call is blocked is told soon",
    edits: [
      {
        file: "src/shared/server/together.ts",
        find: "for (const connection of this.patient) this.dirty.add(connection);",
        replace: "this.patient.clear();",
      },
    ],
  },
  {
    name: "final answers wait as what is blocked does",
    rule: "sessions",
    killer: "together: what waits goes with the next answer",
    edits: [
      {
        file: "src/shared/server/connection.ts",
        find: 'message.type === "answer" && message.outcome.type === "blocked"',
        replace: 'message.type === "answer"',
      },
    ],
  },
  {
    name: "what is decided is forgotten when another message goes out",
    rule: "decided",
    killer: "tidings: a mark waits",
    edits: [
      {
        file: "src/shared/server/tidings.ts",
        find: 'if (message.type === "p2a") this.marks.delete(peer);',
        replace: "this.marks.delete(peer);",
      },
    ],
  },
  {
    name: "a bare majority is asked first: one that is slow delays the slot",
    rule: "thrift",
    killer: "thrift: whom a leader asks first",
    edits: [{ file: "src/shared/server/thrift.ts", find: "majority(view) + 1;", replace: "majority(view);" }],
  },
  {
    name: "those are asked first whose votes came long ago",
    rule: "thrift",
    killer: "thrift: whom a leader asks first",
    edits: [
      {
        file: "src/shared/server/thrift.ts",
        find: "[from, ...this.prompt.filter((id) => id !== from)]",
        replace: "[...this.prompt.filter((id) => id !== from), from]",
      },
    ],
  },
  {
    name: "nobody notes who votes",
    rule: "thrift",
    killer: "thrift: of five voters",
    edits: [
      { file: "src/shared/server/driver.ts", find: "this.thrift.voted(input.from)", replace: "void 0" },
    ],
  },
  {
    name: "a proposal that may wait is dropped",
    rule: "thrift",
    killer: "tidings: a mark waits",
    edits: [
      {
        file: "src/shared/server/tidings.ts",
        find: "    else waiting.push(proposal);\n",
        replace: "",
      },
    ],
  },
  {
    name: "a proposal waits although the peer has clients that wait",
    rule: "thrift",
    killer: "tidings: a mark waits",
    edits: [
      {
        file: "src/shared/server/tidings.ts",
        find: "if (this.isAsked(peer, this.clock.moment().now)) return false;",
        replace: "",
      },
    ],
  },
  {
    name: "a mark for others makes proposals leave that may wait",
    rule: "thrift",
    killer: "tidings: a mark waits",
    edits: [{ file: "src/shared/server/tidings.ts", find: "if (!this.proposals.has(peer)) ", replace: "" }],
  },
  {
    name: "a proposal that may wait does so for ever",
    rule: "thrift",
    killer: "tidings: a mark waits",
    edits: [
      {
        file: "src/shared/server/tidings.ts",
        find: "() => this.tellProposals()",
        replace: "() => undefined",
      },
    ],
  },
  {
    name: "what is decided waits for a proposal for ever",
    rule: "decided",
    killer: "tidings: a mark waits",
    edits: [
      {
        file: "src/shared/server/tidings.ts",
        find: "() => this.tellMarks()",
        replace: "() => undefined",
      },
    ],
  },
  {
    name: "what is decided waits for as long as more of it comes",
    rule: "decided",
    killer: "tidings: a mark waits",
    edits: [
      {
        file: "src/shared/server/tidings.ts",
        find: "if (this.marks.size === 0) this.since = null;",
        replace: "this.since = null;",
      },
    ],
  },
  {
    name: "a vote that decides waits, too",
    rule: "decided",
    killer: "driver: votes that decide nothing yet",
    edits: [
      {
        file: "src/shared/server/driver.ts",
        find: "if (this.inbox.push(input) >= votes) this.plan();",
        replace: "if (this.inbox.push(input) > votes) this.plan();",
      },
    ],
  },
  {
    name: "votes leave before the write",
    rule: "P1",
    killer: "driver: a vote without a write of its own waits for an earlier write in flight",
    edits: [
      {
        file: "src/shared/server/driver.ts",
        find: "const durable = this.storage.append(writes);",
        replace: "this.release(votes.splice(0));\n    const durable = this.storage.append(writes);",
      },
    ],
  },
  {
    name: "a vote without a write overtakes a write in flight",
    rule: "P1",
    killer: "driver: a vote without a write of its own waits for an earlier write in flight",
    edits: [
      {
        file: "src/shared/server/driver.ts",
        find: "if (this.writing !== null) return;\n    if (this.writes.length === 0) return this.vote();",
        replace: "if (this.writes.length === 0) return this.vote();\n    if (this.writing !== null) return;",
      },
    ],
  },
  {
    name: "votes leave with the first piece of what they stand on",
    rule: "P1",
    killer: "driver: what is too much for one append",
    edits: [
      {
        file: "src/shared/server/driver.ts",
        find: "const votes = whole ? this.votes : [];",
        replace: "const votes = this.votes.splice(0);",
      },
    ],
  },
];
