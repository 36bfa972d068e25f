/** Bugs planted in who stands, who is elected, who is heard and who hands over. */
import type { Mutant } from "./mutant.ts";

const election = "src/shared/paxos/election.ts";
const peers = "src/shared/paxos/peers.ts";
const handover = "src/shared/paxos/handover.ts";

export const electionMutants: readonly Mutant[] = [
  {
    name: "who is asked to lead does not look whether it is heard",
    rule: "election",
    killer: "election: it takes over when",
    edits: [
      {
        file: "src/shared/paxos/election.ts",
        find: "    this.connected = this.isConnected(now, open);\n    if (!this.connected) return null;\n",
        replace: "",
      },
    ],
  },
  {
    name: "a node that hears nobody stands",
    rule: "election",
    killer: "election: check",
    edits: [
      {
        file: election,
        find: "if (!this.connected || !open.every((v) => isQuorum(v, isFree))) return null;",
        replace: "",
      },
    ],
  },
  {
    name: "a node stands though a majority follows a leader that it does not hear",
    rule: "election",
    killer: "election: stands only when a majority follows nobody",
    edits: [
      {
        file: election,
        find: "const isFree = (id: NodeId) => this.isLinked(id, now) && !this.isLed(id, now);",
        replace: "const isFree = (id: NodeId) => this.isLinked(id, now);",
      },
    ],
  },
  {
    name: "a node waits for ever behind a ballot that nobody leads with",
    rule: "election",
    killer: "election: stands only when a majority follows nobody",
    edits: [
      {
        file: election,
        find: "return follows.round > 0 && !outdated;",
        replace: "return follows.round > 0;",
      },
    ],
  },
  {
    name: "one that does not hear this node counts as connected with it",
    rule: "election",
    killer: "election: connected is both ways",
    edits: [
      {
        file: peers,
        find: "return this.isHeard(id, now) && this.peers.get(id)?.beat.hears === true;",
        replace: "return this.isHeard(id, now);",
      },
    ],
  },
  {
    name: "others than voters are elected and asked for the time",
    rule: "election",
    killer: "election: others than voters",
    edits: [
      {
        file: election,
        find: "return open.some((v) => v.members.some((m) => m.id === id && isVoter(m)));",
        replace: "return open.length > 0 && id.length > 0;",
      },
    ],
  },
  {
    name: "a node that knows a higher ballot offers its own",
    rule: "election",
    killer: "election: offers no ballot below one that it knows",
    edits: [
      {
        file: election,
        find: "return stands && compareBallots(this.own, this.leader) >= 0 ? this.own : ballotZero;",
        replace: "return stands ? this.own : ballotZero;",
      },
    ],
  },
  {
    name: "who has just started or raised its ballot looks before the others have spoken",
    rule: "election",
    killer: "election: a node that has just started listens",
    edits: [{ file: election, find: "if (now >= this.waitsUntil && ", replace: "if (" }],
  },
  {
    name: "others are believed to hear a leader that is down",
    rule: "election",
    killer: "election: refused",
    edits: [
      {
        file: peers,
        find: "if (peer.beat.follows.leader !== id) continue;",
        replace: "if (other !== id) continue;",
      },
    ],
  },
  {
    name: "what is meant for a leader that is not reached goes nowhere else",
    rule: "election",
    killer: "election: the way to the leader",
    edits: [{ file: election, find: "(this.relay ?? this.following)", replace: "this.following" }],
  },
  {
    name: "a heartbeat that asks is not answered",
    rule: "election",
    killer: "peers: who asked is answered at once",
    edits: [{ file: peers, find: "if (beat.ask) this.askers.add(from);", replace: "" }],
  },
  {
    name: "a node with a fast clock does not ask",
    rule: "election",
    killer: "peers: with a fast clock",
    edits: [{ file: peers, find: "const seldomMillis = 100;", replace: "const seldomMillis = 100_000;" }],
  },
  {
    name: "whoever asked once asks for ever",
    rule: "election",
    killer: "peers: nobody is asked for long",
    edits: [{ file: peers, find: "if (answers) asking.owed--;", replace: "" }],
  },
  {
    name: "a leader outside the newest view goes on leading",
    rule: "hand-over",
    killer: "golden script hand-over-leave.txt",
    edits: [
      {
        file: handover,
        find: "const leaves = !mayLead(newest, self) && ",
        replace: "const leaves = newest.number < 0 && ",
      },
    ],
  },
  {
    name: "a leader hands over to a view whose majority lacks what was decided before",
    rule: "rule 6",
    killer: "golden script hand-over-le",
    edits: [{ file: handover, find: "!(leaves && safe())", replace: "!leaves" }],
  },
  {
    name: "a leader hands over when a majority has that in memory only",
    rule: "rule 6",
    killer: "golden script hand-over-le",
    edits: [{ file: handover, find: "election.last(id)?.kept", replace: "election.last(id)?.decided" }],
  },
  {
    name: "an heir that does not begin is not replaced",
    rule: "hand-over",
    killer: "golden script hand-over-next-heir.txt",
    edits: [{ file: handover, find: "this.asked = [...this.asked, heir];", replace: "this.wanted = false;" }],
  },
];
