/** Tables of a log that begins above a snapshot: trimmed, installed, recovered, asked for what it has no more. */
import assert from "node:assert/strict";
import { CatchUp } from "../../src/shared/paxos/catchup.ts";
import { Log } from "../../src/shared/paxos/log.ts";
import { PaxosNode } from "../../src/shared/paxos/node.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Decision, Heartbeat } from "../../src/shared/paxos/types.ts";
import {
  at,
  ballot,
  type Case,
  id,
  moment,
  product,
  proposal,
  pvalue,
  recovered,
  table,
  view,
} from "./case.ts";
import { hear, led, p1a } from "./paper-rig.ts";

/** Four slots decided, #5 and #7 accepted, #7 known to be decided. */
function log(): Log {
  const accepted = [1, 2, 3, 4, 5, 7].map((s) => pvalue(s, s > 4 ? "5.c" : "1.a", `v${s}`));
  const it = new Log(recovered("a", view("abc"), { accepted, decided: slot(4), promised: ballot("5.c") }));
  it.choose(slot(7), proposal("v7"));
  return it;
}

const trims = table("log: trim", product([0, 1, 3, 4, 5, 9], [0, 2, 4]), ([to, before]) => {
  const it = log();
  it.trim(slot(before));
  const tail = it.tailBytes;
  if (to > 4) return assert.throws(() => it.trim(slot(to)), /P9/);
  it.trim(slot(to));
  const trimmed = Math.max(before, to);
  assert.deepEqual([it.trimmed, it.decided], [trimmed, 4]);
  for (const s of [1, 2, 3, 4, 5, 7]) assert.equal(it.get(slot(s)) !== undefined, s > trimmed);
  for (const s of [1, 4]) if (s <= trimmed) assert.throws(() => it.decidedIn(slot(s)), /not decided here/);
  assert.equal(tail - it.tailBytes, (tail / (4 - before || 1)) * (trimmed - before), "bytes of what is left");
  it.choose(slot(1), proposal(trimmed > 0 ? "w" : "v1")); // a late answer: what left the log is not compared
  assert.equal(it.decided, 4);
});

const installs = table("log: install", product([0, 3, 4, 5, 6, 7, 9], [3, 8]), ([s, time]) => {
  const it = log();
  const base = {
    slot: slot(s),
    views: [view("abc")],
    logTime: proposal("x", time).stamp?.logTime ?? it.logTime,
  };
  if (s <= 4) return assert.throws(() => it.install(base), /below the decided mark/);
  it.choose(slot(5), proposal("v5", 5));
  if (s > 5) it.choose(slot(6), proposal("v6"));
  it.install(base);
  assert.deepEqual([it.trimmed, it.decided, it.tailBytes, it.promised.round], [s, s, 0, 5]);
  for (const held of [1, 4, 5, 7]) assert.equal(it.get(slot(held)) !== undefined, held > s);
  const decided: Decision[] = [];
  it.advance([], (d) => decided.push(d));
  assert.deepEqual(
    decided.map((d) => d.slot),
    s === 6 ? [7] : [],
    "what was known above the snapshot follows at once",
  );
  assert.equal(it.logTime, time);
  it.install({ ...base, slot: slot(20), logTime: proposal("x", 1).stamp?.logTime ?? it.logTime });
  assert.equal(it.logTime, time, "log time does not go back");
});

const catchUp = table(
  "catch-up: what left the log",
  product([0, 1, 3, 4], [1, 2, 3, 4, 5, 9], [0, 2, 4, 5, 6, 9]),
  ([own, from, other]) => {
    const it = new CatchUp(own === 0 ? log() : withTrim(own));
    const answer = it.answer(slot(from));
    assert(answer.type === "decisions");
    const first = from > own ? from : 99;
    const values = [1, 2, 3, 4].filter((s) => s >= first);
    assert.deepEqual(
      answer.values.map((v) => v.slot),
      values,
    );
    assert.deepEqual([answer.decided, answer.trimmed], [4, own]);
    // An answer of one whose log begins below, at or above what is missing here.
    const none = { type: "decisions", values: [], decided: slot(9), trimmed: slot(other) } as const;
    it.received(id("b"), none, at(0));
    assert.equal(it.needsSnapshot, other > 4);
    it.received(id("c"), { ...none, trimmed: slot(0) }, at(0));
    assert.equal(it.needsSnapshot, other > 4, "another one may have it, but nothing came yet");
    assert.equal(it.complete, false);
  },
);

function withTrim(to: number): Log {
  const it = log();
  it.trim(slot(to));
  return it;
}

const helped: Case = {
  name: "catch-up: decisions of one that has more make a snapshot needless",
  run() {
    const held = log();
    const it = new CatchUp(held);
    const none = { type: "decisions", values: [], decided: slot(9), trimmed: slot(6) } as const;
    it.received(id("b"), none, at(0));
    assert.equal(it.needsSnapshot, true);
    for (const s of [5, 6]) held.choose(slot(s), proposal(`v${s}`));
    held.advance([], () => undefined);
    assert.equal(it.needsSnapshot, false);
    const turns = [100, 200, 300].map((now) => it.ask(at(now), () => [id("c"), id("d")], false));
    assert.deepEqual(
      turns.map((to) => to?.[0] ?? ""),
      ["", "b", "d"],
      "it was moving; then it goes on asking, one after the other",
    );
  },
};

/** A newcomer, or one that was left out, hears of nothing by itself: it must not ask for ever one who has no more. */
const idle: Case = {
  name: "catch-up: one that asks always asks the others, too, when the teller has no more",
  run() {
    const it = new CatchUp(log());
    it.heard(id("b"), slot(4));
    const asked = new Set<string>();
    for (let now = 1_000; now < 3_000; now += 100) {
      const to = it.ask(at(now), () => [id("b"), id("c"), id("d")], true);
      if (to === null) continue;
      asked.add(to[0] ?? "");
      it.received(to, { type: "decisions", values: [], decided: slot(4), trimmed: slot(0) }, at(now));
    }
    assert.deepEqual([...asked].sort(), ["b", "c", "d"]);
  },
};

/** What it says of its snapshots is the newest, whatever comes late. */
const beats = table("node: heartbeats tell the newest snapshot", product([0, 1, 2], [0, 1, 2]), ([a, b]) => {
  const w = led();
  for (const s of [a, b]) w.step("b", { type: "snapshot", slot: slot(s), stateHash: 100 + s });
  const check = { at: slot(1), digest: 77 };
  w.step("b", { type: "executed", slot: slot(1), check });
  w.cut.add("b>a");
  w.now += 100;
  const heard: Heartbeat[] = [];
  w.watch = (_, out) => {
    for (const { message } of out.send) if (message.type === "heartbeat") heard.push(message);
  };
  w.step("b", { type: "wake" });
  const newest = Math.max(a, b);
  const [beat] = heard;
  assert(beat !== undefined);
  assert.deepEqual([beat.snapshot, beat.stateHash], [newest, newest === 0 ? 0 : 100 + newest]);
  assert.deepEqual([beat.executed, beat.digestAt, beat.digest], [1, 1, 77]);
});

/** It leads, scouts or follows; the snapshot is of before, at or behind its decided mark. */
const node = table("node: install", product(["leads", "scouts", "follows"], [1, 2, 3, 60]), ([state, s]) => {
  const w = led();
  w.step("a", { type: "request", commands: [new Uint8Array(1)] });
  w.settle();
  for (const name of "bc") for (const type of ["p1a", "p2a"]) w.cut.add(`a>${name} ${type}`);
  const it = w.node("a");
  if (state === "scouts") w.stand("a");
  if (state === "follows") hear(w, "a", "b", p1a("9.b"));
  w.step("a", { type: "request", commands: [new Uint8Array(1)] }); // open in #3 when it leads
  const before = it.leader.ballot;
  const base = { slot: slot(s), views: [view("abc")], logTime: it.log.logTime };
  const out = it.step(moment(w.now), [{ type: "install", base, stateHash: 5 }]);
  const news = s > 2;
  assert.deepEqual([it.log.decided, it.log.trimmed], news ? [s, s] : [2, 0]);
  assert.deepEqual(
    out.writes.filter((x) => x.type === "trimmed").map((x) => x.decided),
    news ? [s] : [],
  );
  assert.equal(it.retention.own, s, "it is durable here in any case");
  assert.equal(it.leader.active, state === "leads" && !news);
  if (state === "leads" && news) assert(it.election.leader.round > (before?.round ?? 0), "it was outvoted");
  assert.deepEqual(out.decided, [], "a snapshot decides nothing to be executed");
});

/** Its voters must promise too, as when the changes had been decided one by one (rule 5). */
const candidate: Case = {
  name: "node: a candidate that gets a snapshot does not wait for voters of the past",
  run() {
    const it = new PaxosNode(recovered("a", view("abc")), at(0));
    it.leader.scout(at(0), ballot("5.a"));
    it.step(moment(10), [{ type: "wake" }]);
    const base = { slot: slot(200), views: [view("ade", 3, 100)], logTime: it.log.logTime };
    it.step(moment(20), [{ type: "install", base, stateHash: 5 }]);
    const { votes } = it.step(moment(130), [{ type: "wake" }]);
    const asked = votes.filter((v) => v.message.type === "p1a").map((v) => v.to);
    const stands = it.leader.ballot !== null;
    assert.deepEqual(asked, stands ? [[id("d"), id("e")]] : []);
  },
};

export const snapshotCases: readonly Case[] = [
  trims,
  installs,
  catchUp,
  helped,
  idle,
  beats,
  node,
  candidate,
];
