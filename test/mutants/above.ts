/** Bugs planted above the Paxos core: driver, state machine, client. */
import type { Mutant } from "./mutant.ts";

export const mutantsAbove: readonly Mutant[] = [
  {
    name: "who loses a session to another connection is not told",
    rule: "sessions",
    killer: "attachments: what a connection says late",
    edits: [
      {
        file: "src/shared/server/attachments.ts",
        find: "if (before !== undefined && before !== to)",
        replace: "if (before !== undefined && before.closed)",
      },
    ],
  },
  {
    name: "a connection that proves its session again is closed",
    rule: "sessions",
    killer: "attachments: a connection that proves",
    edits: [
      {
        file: "src/shared/server/attachments.ts",
        find: "if (before !== undefined && before !== to)",
        replace: "if (before !== undefined)",
      },
    ],
  },
  {
    name: "a vote with a higher ballot counts as late",
    rule: "rule 4",
    killer: "node: a late vote",
    edits: [
      {
        file: "src/shared/paxos/node.ts",
        find: "compareBallots(message.ballot, this.election.leader) <= 0",
        replace: "true",
      },
    ],
  },
  {
    name: "a snapshot's view takes back addresses that were told since",
    rule: "views",
    killer: "addresses: the newest word",
    edits: [
      {
        file: "src/shared/server/addresses.ts",
        find: "told === null || number > told.number ||",
        replace: "true ||",
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
    name: "votes leave before the write",
    rule: "P1",
    killer: "driver: a vote without a write of its own waits for an earlier write in flight",
    edits: [
      {
        file: "src/shared/server/driver.ts",
        find: "this.writing = this.storage.append(writes).then(",
        replace: "this.release(votes.splice(0));\n    this.writing = this.storage.append(writes).then(",
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
  {
    name: "a duplicate is executed again",
    rule: "P6",
    killer: "session: a duplicate is answered, not executed",
    edits: [
      {
        file: "src/shared/object/turns.ts",
        find: "if (firstSeq > session.next || end <= session.next) return;",
        replace:
          "if (firstSeq > session.next) return;\n    if (end <= session.next) session.next = firstSeq;",
      },
    ],
  },
  {
    name: "a command that came too early is executed",
    rule: "P6",
    killer: "session: what comes too early waits for the calls before it",
    edits: [
      {
        file: "src/shared/object/turns.ts",
        find: "if (firstSeq > session.next || end <= session.next) return;",
        replace:
          "if (firstSeq > session.next) session.next = firstSeq;\n    if (end <= session.next) return;",
      },
    ],
  },
  {
    name: "a retry after the end of its session is executed",
    rule: "P7",
    killer: "session: a retry after the end",
    edits: [
      {
        file: "src/shared/object/sessions.ts",
        find: "    this.byId.delete(session.id);\n",
        replace: "",
      },
    ],
  },
  {
    name: "a client calls what was sent in a lost session not executed",
    rule: "executed",
    killer: "client: what was sent in a session",
    edits: [
      {
        file: "src/shared/client/session.ts",
        find: 'this.patience.fail(call, errorOf(error, "unknown"))',
        replace: 'this.patience.fail(call, errorOf(error, "no"))',
      },
    ],
  },
  {
    name: "half of the replicas counts as a majority of them",
    rule: "agreement",
    killer: "agreement: verdict",
    edits: [
      {
        file: "src/shared/server/tally.ts",
        find: "2 * n > replicas.length",
        replace: "2 * n >= replicas.length",
      },
    ],
  },
  {
    name: "a silent replica does not count in the majority",
    rule: "agreement",
    killer: "agreement: verdict",
    edits: [
      {
        file: "src/shared/server/tally.ts",
        find: "2 * n > replicas.length",
        replace: "2 * n > this.peers.size + 1",
      },
    ],
  },
  {
    name: "a replica whose state is not the majority's goes on",
    rule: "agreement",
    killer: "agreement: who stops",
    edits: [
      {
        file: "src/shared/server/agreement.ts",
        find: "throw new Diverged(",
        replace: "void new Diverged(",
      },
    ],
  },
  {
    name: "the digest that is told is not that of the slot that is told",
    rule: "agreement",
    killer: "agreement: under load",
    edits: [
      {
        file: "src/shared/server/agreement.ts",
        find: "(trail.digestAt(at) ?? 0)",
        replace: "(trail.digestAt(executed) ?? 0)",
      },
    ],
  },
];
