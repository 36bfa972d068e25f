/** Bugs planted in reads without a log entry. */
import type { Mutant } from "./mutant.ts";

const file = "src/shared/paxos/reads.ts";

export const readMutants: readonly Mutant[] = [
  {
    name: "a read is answered without asking",
    rule: "P8",
    killer: "reads: majority of the voters",
    edits: [{ file, find: "return isQuorum(view, (id) => yes.has(id));", replace: "return true;" }],
  },
  {
    name: "the answer to an older question counts",
    rule: "rule 9",
    killer: "reads: whose answer counts",
    edits: [{ file, find: "message.round !== open.round || ", replace: "" }],
  },
  {
    name: "the answer to an older ballot's question counts",
    rule: "rule 9",
    killer: "reads: whose answer counts",
    edits: [{ file, find: " || !sameBallot(message.asked, open.ballot)", replace: "" }],
  },
  {
    name: "a higher promise counts as yes",
    rule: "rule 9",
    killer: "reads: whose answer counts",
    edits: [
      {
        file,
        find: "if (compareBallots(message.ballot, open.ballot) <= 0) open.yes.add(from);",
        replace: "open.yes.add(from);",
      },
    ],
  },
  {
    name: "a deposed leader counts its own yes",
    rule: "rule 9",
    killer: "reads: the leader's own promise",
    edits: [
      {
        file,
        find: "return id === this.self && compareBallots(this.log.promised, ballot) <= 0;",
        replace: "return id === this.self;",
      },
    ],
  },
  {
    name: "a follower that has promised more says yes by asking",
    rule: "rule 9",
    killer: "reads: a follower's question",
    edits: [
      {
        file,
        find: "(id === from && compareBallots(message.ballot, ballot) <= 0)",
        replace: "id === from",
      },
    ],
  },
  {
    name: "a follower's read does not wait for what phase 1 found",
    rule: "rule 9",
    killer: "reads: not before phase 1 is done",
    edits: [
      {
        file,
        find: "if (!leader.answers || ballot === null) return; // it asks again",
        replace: "if (ballot === null) return;",
      },
    ],
  },
  {
    name: "the voters of the newest view are asked, not those of the first undecided slot",
    rule: "rule 9",
    killer: "reads: view of the first undecided slot",
    edits: [
      {
        file,
        find: "const view = this.views.at(next(this.log.decided));",
        replace: "const view = this.views.newest;",
      },
    ],
  },
  {
    name: "the leader's answer to an older question counts",
    rule: "rule 9",
    killer: "reads: the leader's answer",
    edits: [{ file, find: " || this.question.round !== round", replace: "" }],
  },
  {
    name: "a leader answers for a view whose voters have not promised",
    rule: "rule 9",
    killer: "reads: not before a majority of that view has promised",
    edits: [
      {
        file: "src/shared/paxos/leader.ts",
        find: "this.state.scout.adopted(this.views.at(first), first)",
        replace: "first > 0",
      },
    ],
  },
  {
    name: "questions are numbered alike in every life",
    rule: "P8",
    killer: "golden script rule9-restart.txt",
    edits: [{ file, find: "this.rounds = random * roundsPerLife;", replace: "this.rounds = 1;" }],
  },
  {
    name: "the question of a node that does not reach the leader is not passed on",
    rule: "reads",
    killer: "relay: what is passed on",
    edits: [{ file, find: "if (!leader.active && this.reaches !== null && ", replace: "if (!leader && " }],
  },
  {
    name: "a question is passed on to one that may pass it back",
    rule: "reads",
    killer: "relay: what is passed on",
    edits: [{ file, find: "route === leaderId ? leaderId : null", replace: "route" }],
  },
  {
    name: "a question that comes from the leader is passed on to it",
    rule: "reads",
    killer: "relay: what is passed on",
    edits: [{ file, find: " && this.reaches !== from)", replace: ")" }],
  },
  {
    name: "a relayed question gets the answer to an earlier one",
    rule: "P8",
    killer: "relay: a question that is repeated, or replaced",
    edits: [
      {
        file,
        find: "this.relayed.delete(token);\n    }",
        replace: "return void this.relayed.set(token, { from, round });\n    }",
      },
    ],
  },
  {
    name: "a relay does not ask again when it has lost the leader",
    rule: "reads",
    killer: "reads: the leader's answer",
    edits: [
      { file, find: "this.question.leader !== route) this.takeBack()", replace: "!this) this.takeBack()" },
    ],
  },
  {
    name: "a relay keeps questions without end",
    rule: "bounds",
    killer: "relay: it keeps the questions of a limited number",
    edits: [{ file, find: "if (this.relayed.size >= readersMax) return;", replace: "" }],
  },
];
