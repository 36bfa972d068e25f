/** Bugs planted above the Paxos core: state machine, client. */
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
        find: 'message.type !== "p2b" || compareBallots(message.ballot, this.election.leader) > 0',
        replace: 'message.type !== "p2b"',
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
