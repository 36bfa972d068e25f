/**
 * "Paxos Made Moderately Complex" (van Renesse and Altinbuken, ACM Computing Surveys 2015), sentence by sentence: one
 * case for each that its figures and invariants say of acceptor, commander and scout; those of
 * leader and replica are in paper-leader.ts.
 */
import assert from "node:assert/strict";
import { slot } from "../../src/shared/paxos/slot.ts";
import { ballot, type Case, pvalue, showBallot } from "./case.ts";
import { leaderPaperCases } from "./paper-leader.ts";
import { collect, decisions, hear, led, p1a, p2a, propose, transit, world } from "./paper-rig.ts";

const cases: Case[] = [];
const says = collect(cases);

const acceptor = "figure 4, acceptor";

says(
  acceptor,
  "on p1a with a higher ballot it adopts the ballot; it answers with its ballot and all it accepted",
  () => {
    const w = world();
    hear(w, "c", "a", p2a("1.a", 1, "X"));
    hear(w, "c", "b", p1a("2.b"));
    w.sync("c");
    const [answer] = transit(w, "p1b", "c>b");
    assert(answer?.message.type === "p1b");
    assert.deepEqual(answer.message.ballot, ballot("2.b"));
    assert.deepEqual(answer.message.accepted, [pvalue(1, "1.a", "X")]);
  },
);

says(acceptor, "on p1a with a lower ballot it adopts nothing and answers with its own ballot", () => {
  const w = world();
  hear(w, "c", "b", p1a("2.b"));
  hear(w, "c", "a", p1a("1.a"));
  w.sync("c");
  const [answer] = transit(w, "p1b", "c>a");
  assert(answer?.message.type === "p1b");
  assert.deepEqual([answer.message.asked, answer.message.ballot], [ballot("1.a"), ballot("2.b")]);
});

says(acceptor, "on p2a with its ballot it accepts the pvalue and answers with its ballot", () => {
  const w = world();
  hear(w, "c", "b", p1a("2.b"));
  hear(w, "c", "b", p2a("2.b", 1, "X"));
  w.sync("c");
  assert.deepEqual(w.node("c").log.get(slot(1)), pvalue(1, "2.b", "X"));
  const [answer] = transit(w, "p2b", "c>b");
  assert.deepEqual(answer?.message, { type: "p2b", asked: ballot("2.b"), ballot: ballot("2.b"), slot: 1 });
});

says(acceptor, "on p2a with a lower ballot it accepts nothing and answers with its own ballot", () => {
  const w = world();
  hear(w, "c", "b", p1a("2.b"));
  hear(w, "c", "a", p2a("1.a", 1, "X"));
  w.sync("c");
  assert.equal(w.node("c").log.get(slot(1)), undefined);
  const [answer] = transit(w, "p2b", "c>a");
  assert.deepEqual(answer?.message, { type: "p2b", asked: ballot("1.a"), ballot: ballot("2.b"), slot: 1 });
});

says("A1", "an acceptor adopts only strictly increasing ballots, also over a restart", () => {
  const w = world();
  for (const asked of ["3.b", "2.c", "3.a", "1.a", "3.b"]) {
    hear(w, "c", "b", p1a(asked));
    w.sync("c");
    w.crash("c");
    w.restart("c");
    assert.equal(showBallot(w.node("c").log.promised), "3.b");
  }
});

says("A3", "what it accepted it does not forget, also over a restart", () => {
  const w = world();
  hear(w, "c", "a", p2a("1.a", 1, "X"));
  hear(w, "c", "b", p2a("2.b", 2, "Y"));
  w.sync("c");
  w.crash("c");
  w.restart("c");
  assert.deepEqual(w.node("c").log.get(slot(1)), pvalue(1, "1.a", "X"));
  assert.deepEqual(w.node("c").log.get(slot(2)), pvalue(2, "2.b", "Y"));
});

const commander = "figure 6, commander";

says(commander, "it sends p2a to all acceptors", () => {
  const w = led();
  propose(w, "a", "X");
  assert.deepEqual(
    transit(w, "p2a").map((p) => p.to),
    ["b", "c"],
  );
  assert.deepEqual(w.node("a").log.get(slot(2))?.ballot, ballot("1.a"), "its own among them");
});

says(commander, "when a majority has accepted at its ballot it sends the decision to all replicas", () => {
  const w = led();
  w.blocked.add("c>a");
  propose(w, "a", "X");
  w.settle();
  for (const name of "abc") assert.deepEqual(decisions(w, name), ["first", "X"]);
});

says(commander, "less than a majority decides nothing", () => {
  const w = led("abcde");
  for (const name of "cde") w.blocked.add(`${name}>a`);
  propose(w, "a", "X");
  w.settle();
  assert.deepEqual(decisions(w, "a"), ["first"]);
});

says(commander, "an answer with another ballot preempts the leader", () => {
  const w = led();
  hear(w, "c", "b", p1a("2.b"));
  w.cut.add("a>b");
  propose(w, "a", "X");
  w.settle();
  assert.equal(w.node("a").leader.active, false);
  assert.deepEqual(decisions(w, "a"), ["first"]);
});

const scout = "figure 6, scout";

says(scout, "it sends p1a with its ballot to all acceptors", () => {
  const w = world();
  w.stand("a");
  w.sync("a");
  const asked = transit(w, "p1a");
  assert.deepEqual(
    asked.map((p) => p.to),
    ["b", "c"],
  );
  for (const { message } of asked) assert(message.type === "p1a" && showBallot(message.ballot) === "1.a");
  assert.equal(showBallot(w.node("a").log.promised), "1.a", "its own among them");
});

says(scout, "it is adopted when a majority has promised its ballot", () => {
  const w = world("abcde");
  for (const name of "cde") w.blocked.add(`${name}>a`);
  w.stand("a");
  w.settle();
  assert.equal(w.node("a").leader.active, false, "a and b are not enough");
  w.blocked.delete("c>a");
  w.settle();
  assert.equal(w.node("a").leader.active, true);
});

says(scout, "an answer with another ballot preempts it", () => {
  const w = world();
  hear(w, "c", "b", p1a("2.b"));
  w.cut.add("a>b");
  w.stand("a", 1);
  w.settle();
  assert.equal(w.node("a").leader.ballot, null);
  assert.equal(showBallot(w.node("a").election.leader), "2.b");
});

export const paperCases: readonly Case[] = [...cases, ...leaderPaperCases];
