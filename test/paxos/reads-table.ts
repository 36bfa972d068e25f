/** Tables of reads without a log entry (rule 9, P8): whose answer counts, for which question, and when one is asked. */
import assert from "node:assert/strict";
import { compareBallots } from "../../src/shared/paxos/ballot.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import { ballot, type Case, id, member, product, pvalue, table, view } from "./case.ts";
import { ReadsRig } from "./reads-rig.ts";
import { p1b } from "./scout-table.ts";

/** Every subset of the others says yes, twice each; one of them does not vote. */
const majority = table(
  "reads: majority of the voters",
  product(["c", "ac", "abc", "abcd", "abcde"], [...Array(32).keys()]),
  ([names, bits]) => {
    const learner = { ...view(names), members: [...view(names).members, member("f", "learner")] };
    const r = new ReadsRig(names, "5.c", [learner]).lead();
    r.reads.add(7);
    r.run();
    const yes = [..."abdef"].filter((_, i) => (bits & (1 << i)) !== 0);
    for (const name of yes) for (const _ of "twice") r.confirmed(name, 1);
    r.run();
    const voters = 1 + yes.filter((name) => names.includes(name)).length;
    assert.deepEqual(r.done, voters * 2 > names.length ? ["7@2"] : []);
    assert.deepEqual(r.run().done, [], "once");
  },
);

const ballots = ["4.e", "5.b", "5.c", "5.d", "6.a"] as const;

/** Only an answer to this very question which names no higher promise; what was promised at its ballot is a yes. */
const counts = table(
  "reads: whose answer counts",
  product(ballots, ["0.", ...ballots], [0, 1, 2, 3]),
  ([asked, promised, round]) => {
    const r = new ReadsRig().lead();
    r.reads.add(7);
    r.run();
    r.confirmed("a", 1);
    assert.deepEqual(r.run().done, ["7@2"]);
    r.reads.add(8);
    assert.deepEqual(r.run().out.at(-1), "ab confirm 2");
    r.confirmed("a", round, asked, promised);
    const yes = asked === "5.c" && round === 2 && compareBallots(ballot(promised), ballot("5.c")) <= 0;
    assert.deepEqual(r.run().done, yes ? ["8@2"] : []);
  },
);

/** The leader's own acceptor has promised more, as the leader has not heard yet: then its own yes does not count. */
const own = table("reads: the leader's own promise", product(["c", "ac", "abc"], ["5.c", "5.d"]), (row) => {
  const [names, promised] = row;
  const r = new ReadsRig(names).lead();
  r.log.promise(ballot(promised));
  r.reads.add(7);
  r.run();
  if (names !== "c") r.confirmed("a", 1);
  r.run();
  assert.deepEqual(r.done, promised === "5.c" ? ["7@2"] : []);
  if (names !== "abc") return;
  r.confirmed("b", 1);
  assert.deepEqual(r.run().done, promised === "5.c" ? [] : ["7@2"]);
});

/** It leads, scouts or follows; what phase 1 found goes up to a slot. */
const ready = table(
  "reads: not before phase 1 is done",
  product([2, 3, 5], [2, 3, 5, 6]),
  ([top, decided]) => {
    const r = new ReadsRig().lead("ab", top > 2 ? [pvalue(top, "1.a", "X")] : []);
    r.reads.add(7);
    r.ask("b", 4, "5.c");
    r.run();
    assert.deepEqual(r.out.length, top > 2 ? 0 : 2);
    for (let s = 3; s <= decided; s++) r.decide(s);
    r.run();
    for (const name of "ab") r.confirmed(name, 1);
    r.run();
    // What was asked before more was decided is told the slot of that time.
    assert.deepEqual(r.done, top === 2 ? ["7@2"] : decided >= top ? [`7@${decided}`] : []);
  },
);

/** The view of the first undecided slot is asked, even when the newest is another one. */
const change = { type: "replace", against: 1, id: id("b"), member: member("d") } as const;
const governing = table(
  "reads: view of the first undecided slot",
  product([64, 65, 66, 67], ["a", "b", "d"]),
  ([decided, name]) => {
    const r = new ReadsRig();
    r.views.decide(slot(2), change); // from #66
    r.lead("abd");
    for (let s = 3; s <= decided; s++) r.decide(s);
    r.adopt();
    r.reads.add(7);
    r.run();
    const later = decided + 1 >= 66;
    assert.deepEqual(r.out, [later ? "ad confirm 1" : "ab confirm 1"]);
    r.confirmed(name, 1);
    const counted = name === "a" || name === (later ? "d" : "b");
    assert.deepEqual(r.run().done, counted ? [`7@${decided}`] : []);
  },
);

/** Its voters must have promised the ballot: else something may be decided there of which phase 1 heard nothing. */
const adopted = table(
  "reads: not before a majority of that view has promised",
  ["", "a", "d", "b"],
  (name) => {
    const r = new ReadsRig();
    r.views.decide(slot(2), change);
    r.lead("bc");
    for (let s = 3; s <= 65; s++) r.decide(s);
    assert.equal(r.leader.active, true);
    if (name !== "") r.leader.p1b(id(name), p1b("5.c", [], { decided: slot(2), above: slot(2) }));
    r.reads.add(7);
    r.ask("d", 3, "1.a");
    r.run();
    for (const voter of "ad") r.confirmed(voter, 1, "5.c", "1.a");
    r.run();
    const found = name === "a" || name === "d";
    assert.deepEqual(r.done, found ? ["7@65"] : []);
    assert.equal(r.out.filter((line) => line.includes("readAt")).length, found ? 1 : 0);
  },
);

/** A round that was begun in one view and answered in the next: its voters are those of its beginning. */
const spanning: Case = {
  name: "reads: a round keeps the slot and the voters that it began with",
  run() {
    const r = new ReadsRig();
    r.views.decide(slot(2), change);
    r.lead("abd");
    for (let s = 3; s <= 64; s++) r.decide(s);
    r.reads.add(7);
    r.run();
    for (const s of [65, 66, 67]) r.decide(s);
    r.confirmed("d", 1);
    assert.deepEqual(r.run().done, []);
    r.confirmed("b", 1);
    assert.deepEqual(r.run().done, ["7@64"]);
  },
};

/** Its own promise may complete the majority; one that is no voter, or has promised more, gives none. */
const followers = table(
  "reads: a follower's question",
  product(["bc", "abc", "abcde"], ["b", "f"], ballots, ["5.c", "5.d"]),
  ([names, from, promised, mine]) => {
    const r = new ReadsRig(names).lead();
    r.log.promise(ballot(mine));
    r.ask(from, 9, promised);
    const voters = [
      from === "b" && compareBallots(ballot(promised), ballot("5.c")) <= 0,
      mine === "5.c",
    ].filter((yes) => yes).length;
    const now = voters * 2 > names.length;
    assert.deepEqual(r.out, now ? [`${from} readAt 9 @2`] : []);
    r.run();
    const others = [...names].filter((n) => n !== "c").join("");
    assert.deepEqual(r.out, now ? [] : [`${others} confirm 1`]);
    // Its promise at the time of its question says nothing in the round that follows.
    for (const name of names) if (name !== "c" && name !== "b") r.confirmed(name, 1);
    r.run();
    const counted = names.length - 1 - (mine === "5.c" ? 0 : 1);
    const later = !now && counted * 2 > names.length;
    assert.deepEqual(r.out, later ? [`${from} readAt 9 @2`] : []);
  },
);

const oneRound: Case = {
  name: "reads: one round serves all that waited when it began, and no more",
  run() {
    const r = new ReadsRig("abcde").lead();
    for (const token of [1, 2]) r.reads.add(token);
    r.ask("b", 4, "5.c");
    assert.deepEqual(r.run().out, ["abde confirm 1"]);
    r.reads.add(3);
    r.ask("d", 1, "5.c");
    r.ask("d", 2, "5.c");
    assert.deepEqual(r.run().out, []);
    r.decide(3);
    for (const name of "ab") r.confirmed(name, 1);
    assert.deepEqual(r.run().done, ["1@2", "2@2"]);
    assert.deepEqual(r.out, ["b readAt 4 @2", "abde confirm 2"]);
    for (const name of "ab") r.confirmed(name, 1);
    assert.deepEqual(r.run().done, [], "an answer to the round before says nothing of this one");
    for (const name of "ab") r.confirmed(name, 2);
    assert.deepEqual(r.run().done, ["3@3"]);
    assert.deepEqual(r.out, ["d readAt 2 @3"]);
  },
};

const again: Case = {
  name: "reads: a question is repeated to those who are silent",
  run() {
    const r = new ReadsRig("abcde").lead();
    r.reads.add(1);
    r.run(100);
    assert.equal(r.reads.wakeAt(), 150);
    r.confirmed("a", 1);
    r.confirmed("b", 1, "5.c", "6.a");
    assert.deepEqual(r.run(149).out, ["abde confirm 1"]);
    assert.deepEqual(r.run(150).out, ["bde confirm 1"]);
    assert.equal(r.reads.wakeAt(), 200);
  },
};

/** It stops leading with a question open: the reads go to who leads now, or to its own next ballot. */
const deposed = table("reads: an open round of a leader that stops", ["a", "itself"], (who) => {
  const r = new ReadsRig().lead();
  r.reads.add(1);
  r.ask("b", 9, "6.a");
  r.run();
  r.reads.add(2);
  r.leader.follow();
  if (who === "a") {
    assert.deepEqual(r.run(10, "a").out, ["ab confirm 1", "a readAsk 2"]);
    r.confirmed("a", 1);
    r.confirmed("b", 1);
    assert.deepEqual(r.run(10, "a").done, []);
    return;
  }
  r.lead("ab", [], "7.c").run(10);
  assert.deepEqual(r.out, ["ab confirm 1", "ab confirm 2"]);
  for (const name of "ab") r.confirmed(name, 1, "5.c");
  for (const name of "ab") r.confirmed(name, 2, "5.c");
  assert.deepEqual(r.run(10).done, []);
  r.confirmed("a", 2, "7.c");
  assert.deepEqual(r.run(10).done, ["1@2", "2@2"]);
});

/** A follower's reads: only the answer of whom it asked, to what it asked last. */
const answers = table(
  "reads: the leader's answer",
  product(["a", "b"], [0, 1, 2, 3], [true, false]),
  (row) => {
    const [from, round, moved] = row;
    const r = new ReadsRig();
    r.reads.add(1);
    assert.deepEqual(r.run(0, null).out, [], "nobody is known to lead");
    assert.deepEqual(r.run(0, "a").out, ["a readAsk 1"]);
    r.reads.add(2);
    assert.deepEqual(r.run(49, "a").out, [], "what comes meanwhile waits for the next question");
    assert.equal(r.reads.wakeAt(), 50);
    if (moved) assert.deepEqual(r.run(50, "b").out, ["b readAsk 2"]);
    else assert.deepEqual(r.run(50, "a").out, ["a readAsk 1"]);
    r.readAt(from, round, 9);
    r.run(51, moved ? "b" : "a");
    const counted = moved ? from === "b" && round === 2 : from === "a" && round === 1;
    assert.deepEqual(r.done, counted ? (moved ? ["1@9", "2@9"] : ["1@9"]) : []);
    assert.deepEqual(r.out, counted && !moved ? ["a readAsk 2"] : []);
  },
);

/** What it finds later makes it wait; a wake-up in the past would turn the node round and round. */
const wakes: Case = {
  name: "reads: no wake-up in the past while phase 1 is not done",
  run() {
    const r = new ReadsRig("abcde").lead("abc");
    r.reads.add(1);
    r.run();
    r.leader.p1b(id("e"), p1b("5.c", [pvalue(9, "1.a", "X")], { decided: slot(2), above: slot(2) }));
    assert.equal(r.leader.ready, false);
    r.run(60);
    assert(r.reads.wakeAt() > 60, `it wants to be woken at ${r.reads.wakeAt()}`);
  },
};

const confirm = table("reads: an acceptor's answer", product(ballots, ballots), ([promised, asked]) => {
  const r = new ReadsRig("abc", promised);
  const answer = { type: "confirmed", asked: ballot(asked), ballot: ballot(promised), round: 3 };
  assert.deepEqual(r.reads.confirm(ballot(asked), 3), answer);
  assert.deepEqual(r.log.promised, ballot(promised), "to be asked is not to promise");
});

export const readCases: readonly Case[] = [
  majority,
  counts,
  own,
  ready,
  governing,
  adopted,
  spanning,
  followers,
  oneRound,
  again,
  deposed,
  answers,
  wakes,
  confirm,
];
