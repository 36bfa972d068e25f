/** Tables of reads that go through a neighbour (rule 9): node c passes on the questions of b, who does not reach a. */
import assert from "node:assert/strict";
import { readersMax } from "../../src/shared/limits.ts";
import { type Case, product, table } from "./case.ts";
import { ReadsRig } from "./reads-rig.ts";

/** A node that leads nobody and has been told who does. */
function relay(): ReadsRig {
  return new ReadsRig().run(0, "a");
}

/** Only who reaches the leader itself passes on; what came from there, or might go back, is not. */
const passedOn = table(
  "relay: what is passed on",
  product(["a", null], ["a", "b", null], ["a", "b", "d"]),
  ([leads, via, from]) => {
    if (leads === null && via !== null) return;
    const r = new ReadsRig().run(0, leads, via);
    r.ask(from, 5, "5.c");
    const passes = leads !== null && via === leads && from !== leads;
    assert.deepEqual(r.run(0, leads, via).out, passes ? ["a readAsk 1"] : []);
    r.readAt("a", 1, 9);
    assert.deepEqual(r.out, passes ? [`${from} readAt 5 @9`] : []);
    assert.deepEqual(r.done, [], "it is no read of this node");
    // Nothing is kept that would be asked for later.
    assert.deepEqual(r.run(500, "a").out, []);
  },
);

/** A question that came when another one had left waits: what is decided meanwhile must count. */
const late: Case = {
  name: "relay: a question that comes late is not answered by the answer to an earlier one",
  run() {
    const r = relay();
    r.reads.add(7);
    assert.deepEqual(r.run(0, "a").out, ["a readAsk 1"]);
    r.ask("b", 5, "5.c");
    r.readAt("a", 1, 9);
    assert.deepEqual(r.done, ["7@9"]);
    assert.deepEqual(r.run(0, "a").out, ["a readAsk 2"]);
    r.readAt("a", 2, 11);
    assert.deepEqual(r.out, ["b readAt 5 @11"]);
  },
};

/** The same again is one question; a newer one takes the place of the older, of whose answer it knows nothing. */
const repeated = table("relay: a question that is repeated, or replaced", [5, 6], (round) => {
  const r = relay();
  r.ask("b", 5, "5.c");
  assert.deepEqual(r.run(0, "a").out, ["a readAsk 1"]);
  r.ask("b", round, "5.c");
  r.readAt("a", 1, 9);
  assert.deepEqual(r.out, round === 5 ? ["b readAt 5 @9"] : []);
  assert.deepEqual(r.run(0, "a").out, round === 5 ? [] : ["a readAsk 2"]);
  r.readAt("a", 2, 11);
  assert.deepEqual(r.out, round === 5 ? [] : ["b readAt 6 @11"]);
  // Its answer may have been lost: then it is asked again, and asks anew.
  r.ask("b", round, "5.c");
  assert.equal(r.run(0, "a").out.length, 1);
});

const together: Case = {
  name: "relay: one question serves its own reads and those of several others",
  run() {
    const r = relay();
    r.ask("b", 5, "5.c");
    r.reads.add(7);
    r.ask("d", 5, "5.c");
    assert.deepEqual(r.run(0, "a").out, ["a readAsk 1"]);
    r.readAt("a", 1, 9);
    assert.deepEqual(r.done, ["7@9"]);
    assert.deepEqual(r.out, ["b readAt 5 @9", "d readAt 5 @9"]);
  },
};

const bounded: Case = {
  name: "relay: it keeps the questions of a limited number of nodes",
  run() {
    const r = relay();
    for (let i = 0; i <= readersMax; i++) r.ask(i.toString(16).padStart(16, "0"), 1, "5.c");
    r.run(0, "a");
    r.readAt("a", 1, 9);
    assert.equal(r.out.filter((line) => line.includes("readAt")).length, readersMax);
    r.ask("b", 1, "5.c");
    assert.deepEqual(r.run(0, "a").out, ["a readAsk 2"], "there is room again");
  },
};

/** Who leads now answers, whoever was asked before: the same again, another node, or the relay itself. */
const handedOn = table("relay: it loses the leader that it has asked", ["a", "d", "itself"], (who) => {
  const r = new ReadsRig("abcde").run(0, "a");
  r.ask("b", 5, "5.c");
  assert.deepEqual(r.run(0, "a").out, ["a readAsk 1"]);
  assert.deepEqual(r.run(30, null).out, []);
  r.readAt("a", 1, 9);
  assert.deepEqual(r.out, [], "a may have been deposed since");
  if (who === "itself") {
    r.lead().run(30);
    assert.deepEqual(r.out, ["abde confirm 2"]);
    for (const name of "ad") r.confirmed(name, 2);
    assert.deepEqual(r.run(30).out, ["b readAt 5 @2"]);
    assert.deepEqual(r.done, []);
    return;
  }
  assert.deepEqual(r.run(30, who).out, [`${who} readAsk 2`]);
  r.readAt(who, 2, 11);
  assert.deepEqual(r.out, ["b readAt 5 @11"]);
});

export const relayCases: readonly Case[] = [passedOn, late, repeated, together, bounded, handedOn];
