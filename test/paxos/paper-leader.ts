/** "Paxos Made Moderately Complex", the sentences about leader and replica, and the invariants of all. */
import assert from "node:assert/strict";
import { compareBallots } from "../../src/shared/paxos/ballot.ts";
import { wallMillis } from "../../src/shared/paxos/ids.ts";
import { slot, WINDOW } from "../../src/shared/paxos/slot.ts";
import type { PaxosMessage } from "../../src/shared/paxos/types.ts";
import { ballot, type Case, member, proposal } from "./case.ts";
import { collect, decisions, hear, led, p1a, p2a, propose, transit, world } from "./paper-rig.ts";
import { heal, shuffle } from "./shuffle.ts";

const cases: Case[] = [];
const says = collect(cases);

const leader = "figure 7, leader";

says(
  leader,
  "adopted: of what the acceptors report, each slot gets the proposal of the highest ballot",
  () => {
    const w = world("abcde");
    hear(w, "b", "d", p2a("1.d", 1, "old"));
    hear(w, "c", "e", p2a("2.e", 1, "new"));
    hear(w, "a", "d", p2a("1.d", 1, "old"));
    for (const name of "de") w.cut.add(`a>${name}`);
    w.stand("a", 3);
    w.settle();
    assert.equal(decisions(w, "a")[0], "new");
  },
);

says(
  leader,
  "a command that comes before adoption is not proposed; active, each gets a slot of its own",
  () => {
    const w = world();
    propose(w, "a", "early");
    w.stand("a");
    propose(w, "a", "early");
    w.settle();
    propose(w, "a", "X");
    propose(w, "a", "Y");
    w.settle();
    assert.deepEqual(decisions(w, "b"), ["first", "X", "Y"]);
  },
);

says(leader, "preempted by a higher ballot it is active no more and spawns no commander", () => {
  const w = led();
  hear(w, "a", "b", p1a("2.b"));
  propose(w, "a", "X");
  assert.equal(w.node("a").leader.active, false);
  assert.equal(transit(w, "p2a").length, 0);
});

says(leader, "its next ballot has a round above the one that preempted it", () => {
  const w = led();
  w.pass(200, true);
  for (const name of "bc") w.cut.add(`${name}>a p1a`);
  w.cut.add("a>b");
  hear(w, "a", "b", p1a("7.b"));
  w.pass(500, true);
  const { round } = w.node("a").election.own;
  assert(round > 7, `round ${round}`);
});

says(leader, "a preemption by a ballot that is not higher changes nothing", () => {
  const w = led();
  hear(w, "a", "b", { type: "p2b", asked: ballot("0."), ballot: ballot("0."), slot: slot(2) });
  hear(w, "a", "b", { type: "heartbeat", ...beatOf("1.a") });
  assert.equal(w.node("a").leader.active, true);
});

function beatOf(of: string) {
  const alone = { follows: ballot("0."), relays: false, hears: true };
  const idle = { digestAt: slot(0), digest: 0, snapshot: slot(0), stateHash: 0, kept: slot(0), ask: false };
  const rest = { connected: true, view: 1, decided: slot(0), executed: slot(0), ...idle, ...alone };
  return { ballot: ballot(of), leading: false, wall: wallMillis(0), ...rest };
}

const replica = "figure 1, replica";

says(replica, "decisions may come in any order, and are performed in the order of slots without gaps", () => {
  const w = world();
  const told = (s: number): PaxosMessage => ({
    type: "decisions",
    values: [{ slot: slot(s), proposal: proposal(`v${s}`) }],
    decided: slot(s),
    trimmed: slot(0),
  });
  for (const s of [3, 2, 5]) hear(w, "c", "a", told(s));
  assert.deepEqual(w.trace.take(), []);
  hear(w, "c", "a", told(1));
  assert.deepEqual(w.trace.take(), ["c decides #1 v1", "c decides #2 v2", "c decides #3 v3"]);
  hear(w, "c", "a", told(4));
  assert.deepEqual(w.trace.take(), ["c decides #4 v4", "c decides #5 v5"]);
});

says(replica, "R4: a decision told twice is performed once", () => {
  const w = led();
  propose(w, "a", "X");
  w.settle();
  const again = { type: "decided", ballot: ballot("1.a"), decided: slot(2) } as const;
  w.trace.take();
  hear(w, "b", "a", again);
  hear(w, "b", "a", again);
  assert.deepEqual(w.trace.take(), []);
  assert.equal(w.node("b").log.decided, 2);
});

says("section 2.1", "R5: a change decided in slot s is in force from slot s + WINDOW on", () => {
  const w = led();
  w.step("a", { type: "change", change: { type: "join", against: 1, member: member("d") } });
  for (const name of "bc") w.cut.add(`a>${name} decided`);
  w.sync("a");
  for (const parcel of w.transit.splice(0)) w.hand(parcel);
  for (const name of "bc") w.sync(name);
  for (const parcel of w.transit.splice(0)) w.hand(parcel);
  const { views, log } = w.node("a");
  assert.equal(log.decided, 2);
  assert.equal(views.at(slot(2 + WINDOW - 1)).number, 1);
  assert.equal(views.at(slot(2 + WINDOW)).number, 2);
});

says(
  "C2, A5",
  "once a majority has accepted a proposal, every higher ballot proposes the same in that slot",
  () => {
    const w = led("abcde");
    w.cut.add("a>d");
    w.cut.add("a>e");
    propose(w, "a", "X");
    for (const name of "bc") w.blocked.add(`${name}>a`);
    w.settle();
    w.crash("a");
    let round = 2;
    // Whoever leads next, with whatever majority.
    for (const [name, without] of ["db", "ec", "be", "cd"].map((pair) => [...pair])) {
      const [n, x] = [name ?? "", without ?? ""];
      w.cut.add(`${n}>${x}`);
      w.stand(n, round++);
      w.pass(50, true);
      assert.equal(decisions(w, n)[1], "X");
      w.cut.delete(`${n}>${x}`);
    }
  },
);

says("ballots", "they are ordered by round, then by leader, and no two leaders share one", () => {
  const all = ["1.a", "1.b", "2.a", "2.b"].map(ballot);
  for (const [i, a] of all.entries()) {
    for (const [j, b] of all.entries()) assert.equal(Math.sign(compareBallots(a, b)), Math.sign(i - j));
  }
});

const seeds = [...Array(12).keys()].map((i) => i + 1);
for (const names of ["abc", "abcde"]) {
  says("all invariants", `hold over a shuffled bag of messages, ${names.length} founders`, () => {
    for (const seed of seeds) {
      try {
        heal(shuffle(seed, names, 1_500));
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
    }
  });
}

export const leaderPaperCases: readonly Case[] = cases;
