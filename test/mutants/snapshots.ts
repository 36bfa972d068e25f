/** Bugs planted in what leaves the log, in snapshots that come instead, and in view changes. */
import type { Mutant } from "./mutant.ts";

const paxos = "src/shared/paxos";

export const snapshotMutants: readonly Mutant[] = [
  {
    name: "trimmed although f voters only hold a snapshot",
    rule: "P9",
    killer: "retention: f + 1 of the voters",
    edits: [
      {
        file: `${paxos}/retention.ts`,
        find: "marks[marks.length - majority(view)]",
        replace: "marks[Math.max(0, marks.length - majority(view) - 1)]",
      },
    ],
  },
  {
    name: "a learner's snapshot counts",
    rule: "P9",
    killer: "retention: roles",
    edits: [
      {
        file: `${paxos}/retention.ts`,
        find: "view.members.filter(isVoter).map(",
        replace: "view.members.map(",
      },
    ],
  },
  {
    name: "a snapshot is safe when the newest view's voters hold it",
    rule: "P9",
    killer: "retention: two open views",
    edits: [
      {
        file: `${paxos}/retention.ts`,
        find: "this.look(views.open(log.decided))",
        replace: "this.look([views.newest])",
      },
    ],
  },
  {
    name: "the promise is not said again when the log is trimmed",
    rule: "P1",
    killer: "recovery: the disk holds what the log holds",
    edits: [
      {
        file: `${paxos}/retention.ts`,
        find: "const { promised, trimmed: slot, decided, logTime } = this.log;",
        replace:
          "const { trimmed: slot, decided, logTime } = this.log;\n    const { promised } = this.found;",
      },
    ],
  },
  {
    name: "an acceptor answers a p2a at or below its trim mark",
    rule: "rule 3",
    killer: "acceptor: p2a",
    edits: [
      { file: `${paxos}/acceptor.ts`, find: "if (pvalue.slot <= this.log.trimmed) return;", replace: "" },
    ],
  },
  {
    name: "a promise counts below its trim mark",
    rule: "rule 3",
    killer: "scout: marks",
    edits: [
      {
        file: `${paxos}/scout.ts`,
        find: "mark: maxSlot(message.decided, message.trimmed)",
        replace: "mark: message.decided",
      },
    ],
  },
  {
    name: "a leader that gets a snapshot leads on",
    rule: "rule 4",
    killer: "node: install",
    edits: [
      {
        file: `${paxos}/node.ts`,
        find: "this.leader.follow();\n      this.election.outvoted(ballot);",
        replace: "this.election.saw(ballot);",
      },
    ],
  },
  {
    name: "a snapshot takes what was accepted above it",
    rule: "P3",
    killer: "log: install",
    edits: [
      {
        file: `${paxos}/log.ts`,
        find: "for (const s of known.keys()) if (s <= slot) known.delete(s);",
        replace: "known.clear();",
      },
    ],
  },
  {
    name: "the views of the record are those of the founding",
    rule: "P4",
    killer: "recovery: a trimmed log",
    edits: [{ file: `${paxos}/recovery.ts`, find: "views: founded.views", replace: "views: [genesis.view]" }],
  },
  {
    name: "the decided mark of the record is lost",
    rule: "P9",
    killer: "recovery: a trimmed log",
    edits: [
      {
        file: `${paxos}/recovery.ts`,
        find: "this.decided = maxSlot(this.decided, write.decided);\n    for",
        replace: "for",
      },
    ],
  },
  {
    name: "what is missing in another's log is not found out",
    rule: "rule 3",
    killer: "catch-up: what left the log",
    edits: [
      {
        file: `${paxos}/catchup.ts`,
        find: "if (trimmed > this.log.decided)",
        replace: "if (trimmed > this.target)",
      },
    ],
  },
  {
    name: "a change that is decided again in a replay is applied twice",
    rule: "rule 7",
    killer: "changes: join",
    edits: [
      {
        file: `${paxos}/view.ts`,
        find: "change.against === newest.number ?",
        replace: "change.against <= newest.number ?",
      },
    ],
  },
  {
    name: "the last replica may go",
    rule: "views",
    killer: "changes: evict",
    edits: [
      {
        file: `${paxos}/view.ts`,
        find: ' && members.some((m) => m.role === "replica");',
        replace: ";",
      },
    ],
  },
  {
    name: "a member moves to an address that is taken",
    rule: "views",
    killer: "changes: join",
    edits: [
      {
        file: `${paxos}/view.ts`,
        find: "ids.size === members.length && addrs.size === members.length;",
        replace: "ids.size === members.length;",
      },
    ],
  },
  {
    name: "an eviction names some that are no members",
    rule: "views",
    killer: "changes: evict",
    edits: [
      {
        file: `${paxos}/view.ts`,
        find: "left.length + ids.length === members.length && ids.length > 0",
        replace: "left.length < members.length",
      },
    ],
  },
];
