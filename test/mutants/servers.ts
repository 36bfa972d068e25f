/** Bugs planted in what nodes decide about members, snapshots and code. */
import type { Mutant } from "./mutant.ts";

const server = "src/shared/server";

const memberMutants: readonly Mutant[] = [
  {
    name: "an eviction leaves one voter of three",
    rule: "views",
    killer: "absence: what is proposed",
    edits: [{ file: `${server}/absence.ts`, find: "const votersMin = 3;", replace: "const votersMin = 1;" }],
  },
  {
    name: "one voter is evicted from an odd number",
    rule: "views",
    killer: "absence: what is proposed",
    edits: [{ file: `${server}/absence.ts`, find: "all.length % 2 === 0 ? 1 : 2", replace: "1" }],
  },
  {
    name: "an eviction leaves voters of which no majority is heard",
    rule: "views",
    killer: "absence: what is proposed",
    edits: [
      { file: `${server}/absence.ts`, find: "heard.length > (all.length - count) / 2", replace: "true" },
    ],
  },
  {
    name: "the last replica may leave",
    rule: "views",
    killer: "departure: what is refused",
    edits: [
      {
        file: `${server}/departure.ts`,
        find: 'if (!left.members.some((m) => m.role === "replica")) return',
        replace: "if (left.members.length === 0) return",
      },
    ],
  },
  {
    name: "a member leaves though the others are no majority",
    rule: "views",
    killer: "departure: what is refused",
    edits: [
      { file: `${server}/departure.ts`, find: "heard.length < majority(left)", replace: "heard.length < 1" },
    ],
  },
  {
    name: "a newcomer takes the place of a member that answers",
    rule: "views",
    killer: "admission: what is answered",
    edits: [
      {
        file: `${server}/admission.ts`,
        find: "if (leader.silence(holder.id) < patience(holder, leader)) return taken(holder, leader);\n    return",
        replace: "return",
      },
    ],
  },
  {
    name: "a node comes back in another role",
    rule: "views",
    killer: "admission: what is answered",
    edits: [
      { file: `${server}/admission.ts`, find: "known.role !== member.role", replace: "known === member" },
    ],
  },
  {
    name: "changed is answered when a majority has that in memory only",
    rule: "rule 6",
    killer: "membership: changed is answered when",
    edits: [
      {
        file: `${server}/membership.ts`,
        find: "node.kept.slot : node.election.last(v)?.kept",
        replace: "node.log.decided : node.election.last(v)?.decided",
      },
    ],
  },
  {
    name: "changed is answered when this node alone has it",
    rule: "rule 6",
    killer: "membership: changed is answered when",
    edits: [
      {
        file: `${server}/membership.ts`,
        find: "v === node.id ? node.kept.slot :",
        replace: "v !== null ? node.kept.slot :",
      },
    ],
  },
  {
    name: "a change that did nothing says why a node is gone",
    rule: "rule 7",
    killer: "farewell: the change that removed a node",
    edits: [{ file: `${server}/farewell.ts`, find: "    if (!took) return;\n", replace: "" }],
  },
  {
    name: "after a restart a node does not know why it is gone",
    rule: "views",
    killer: "farewell: after a restart the same is said",
    edits: [{ file: `${server}/farewell.ts`, find: " || this.known.has(plus(slot, WINDOW))", replace: "" }],
  },
];

const transferMutants: readonly Mutant[] = [
  {
    name: "a node spins where nobody has a snapshot",
    rule: "snapshots",
    killer: "fetch: where nobody has a snapshot",
    edits: [
      {
        file: `${server}/snapshot-fetch.ts`,
        find: "if (this.turn % Math.max(1, this.sources().length) !== 0) {",
        replace: "if (this.turn > 0) {",
      },
    ],
  },
  {
    name: "a snapshot that nobody has any more is asked for on and on",
    rule: "snapshots",
    killer: "fetch: a snapshot that nobody has any more",
    edits: [
      {
        file: `${server}/snapshot-fetch.ts`,
        find: "this.begun = null;\n    if (begun === null) this.events.none();\n    void begun?.sink.abort();",
        replace: "",
      },
    ],
  },
  {
    name: "where one falls silent a snapshot is begun anew",
    rule: "snapshots",
    killer: "fetch: where one falls silent in the middle",
    edits: [
      {
        file: `${server}/snapshot-fetch.ts`,
        find: "this.source = this.nextSource();\n    this.ask();\n  }\n\n  /** A piece came",
        replace:
          "this.source = this.nextSource();\n    this.begun = null;\n    this.ask();\n  }\n\n  /** A piece came",
      },
    ],
  },
  {
    name: "a piece of another snapshot is taken",
    rule: "P5",
    killer: "fetch: others than the next piece",
    edits: [{ file: `${server}/snapshot-fetch.ts`, find: " && begun.head.hash === head.hash", replace: "" }],
  },
  {
    name: "the leader is asked first",
    rule: "snapshots",
    killer: "fetch: ",
    edits: [
      {
        file: `${server}/snapshot-fetch.ts`,
        find: "return [...others.filter((other) => other !== leaderId), ...others.filter((other) => other === leaderId)];",
        replace: "return others.toReversed();",
      },
    ],
  },
  {
    name: "a snapshot with wrong bytes stops the node",
    rule: "snapshots",
    killer: "fetch: bytes that are not those of the hash",
    edits: [{ file: `${server}/snapshot-fetch.ts`, find: "if (!damaged && ", replace: "if (" }],
  },
  {
    name: "one that is stopped goes on fetching",
    rule: "snapshots",
    killer: "fetch: one that is stopped",
    edits: [
      {
        file: `${server}/snapshot-fetch.ts`,
        find: "if (this.stopped) return void this.giveUp();",
        replace: "",
      },
    ],
  },
  {
    name: "a snapshot that comes late counts as the newest",
    rule: "snapshots",
    killer: "source: the newest is that of the highest slot",
    edits: [
      {
        file: `${server}/snapshot-source.ts`,
        find: ".sort((a, b) => a.slot - b.slot).slice(",
        replace: ".slice(",
      },
    ],
  },
  {
    name: "a snapshot of another hash is handed out",
    rule: "P5",
    killer: "source: the newest is meant",
    edits: [{ file: `${server}/snapshot-source.ts`, find: " && h.hash === hash", replace: "" }],
  },
  {
    name: "what is being sent is not pinned",
    rule: "snapshots",
    killer: "source: what is being sent is pinned",
    edits: [{ file: `${server}/snapshot-source.ts`, find: "this.askedAt.set(slot, now);", replace: "" }],
  },
];

const makingMutants: readonly Mutant[] = [
  {
    name: "snapshots are announced one upon the other",
    rule: "snapshots",
    killer: "snapshots: the leader asks for one after so many slots",
    edits: [
      {
        file: `${server}/snapshots.ts`,
        find: "now - this.announcedAt < patienceMillis",
        replace: "now - this.announcedAt < 1",
      },
    ],
  },
  {
    name: "the next snapshot does not wait for replicas that are making the last",
    rule: "snapshots",
    killer: "snapshots: one announcement at a time",
    edits: [
      { file: `${server}/snapshots.ts`, find: "this.snapshotOf(id) >= this.last", replace: "id !== null" },
    ],
  },
  {
    name: "the leader makes its snapshot first",
    rule: "snapshots",
    killer: "snapshots: a large one is made by one after the other",
    edits: [{ file: `${server}/snapshots.ts`, find: "of === leaderId ? ", replace: "of === null ? " }],
  },
  {
    name: "a snapshot with another digest is kept",
    rule: "P5",
    killer: "snapshots: one with another digest",
    edits: [
      { file: `${server}/snapshots.ts`, find: "made.digest !== due.digest", replace: "made.digest === null" },
    ],
  },
  {
    name: "a snapshot is made of a slot for which one came from elsewhere",
    rule: "snapshots",
    killer: "snapshots: what waits for its turn is dropped",
    edits: [
      {
        file: `${server}/snapshots.ts`,
        find: "if (this.due !== null && this.due.slot <= node.retention.own) this.due = null;",
        replace: "",
      },
    ],
  },
  {
    name: "a state that cannot be taken is kept in part",
    rule: "snapshots",
    killer: "snapshots: a state that cannot be taken",
    edits: [
      { file: `${server}/snapshots.ts`, find: "if (capture.problems.length > 0) return;", replace: "" },
    ],
  },
  {
    name: "other code makes the instances of a snapshot",
    rule: "P10",
    killer: "code: a restart with other code",
    edits: [
      {
        file: `${server}/local-replica.ts`,
        find: "return this.executor.giveUp();\n    machine.restore(bytes);",
        replace: "this.executor.giveUp();\n    machine.restore(bytes);",
      },
    ],
  },
  {
    name: "the classes of a snapshot are not compared",
    rule: "P10",
    killer: "code: a restart with other code",
    edits: [
      {
        file: `${server}/local-replica.ts`,
        find: "if (this.code.check(classes).length > 0) return this.executor.giveUp();",
        replace: "",
      },
    ],
  },
];

export const serverMutants: readonly Mutant[] = [...memberMutants, ...transferMutants, ...makingMutants];
