/** Tables of what a node starts from when its log begins above a snapshot: after each write, and after each change. */
import assert from "node:assert/strict";
import { Log } from "../../src/shared/paxos/log.ts";
import { PaxosNode } from "../../src/shared/paxos/node.ts";
import { Recovery } from "../../src/shared/paxos/recovery.ts";
import { Retention } from "../../src/shared/paxos/retention.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Write } from "../../src/shared/paxos/types.ts";
import { type View, type ViewChange, Views } from "../../src/shared/paxos/view.ts";
import {
  at,
  ballot,
  type Case,
  genesisOf,
  id,
  member,
  product,
  proposal,
  pvalue,
  recovered,
  table,
  view,
} from "./case.ts";
import { withoutTrimmed } from "./world.ts";

const views2 = [view("abc"), view("abcd", 2, 66)];
const trimmed = (s: number, decided: number, promised: string): Write => ({
  ...{ type: "trimmed", id: id("a"), genesis: genesisOf(view("abc")), promised: ballot(promised) },
  ...{
    slot: slot(s),
    decided: slot(decided),
    views: views2,
    logTime: proposal("x", 4).stamp?.logTime as never,
  },
});
const writes: readonly Write[] = [
  { type: "founded", id: id("a"), genesis: genesisOf(view("abc")) },
  { type: "accepted", pvalue: pvalue(1, "1.a", "A") },
  { type: "accepted", pvalue: pvalue(2, "1.a", "B") },
  { type: "accepted", pvalue: pvalue(3, "2.b", "C") },
  { type: "chosen", decision: { slot: slot(2), proposal: proposal("Z") } },
  { type: "mark", decided: slot(3) },
  { type: "chosen", decision: { slot: slot(4), proposal: proposal("Y") } },
  trimmed(2, 3, "5.c"),
  { type: "accepted", pvalue: pvalue(4, "3.b", "D") },
  { type: "mark", decided: slot(4) },
  trimmed(9, 9, "5.c"),
  { type: "accepted", pvalue: pvalue(10, "6.a", "E") },
];
/** After each of the writes: promise, trim mark, decided mark, what is held. */
const states = [
  ["0.", 0, 0, ""],
  ["1.a", 0, 0, "1A"],
  ["1.a", 0, 0, "1A 2B"],
  ["2.b", 0, 0, "1A 2B 3C"],
  ["2.b", 0, 0, "1A 2B 3C"],
  ["2.b", 0, 3, "1A 2Z 3C"],
  ["2.b", 0, 3, "1A 2Z 3C"],
  ["5.c", 2, 3, "3C"],
  ["5.c", 2, 3, "3C 4D"],
  ["5.c", 2, 4, "3C 4Y"],
  ["5.c", 9, 9, ""],
  ["6.a", 9, 9, "10E"],
] as const;

/** Each prefix, whole and without what a storage may drop. */
const prefixes = table(
  "recovery: a trimmed log after each prefix of the writes",
  product([...states.keys()], ["whole", "dropped"]),
  ([n, how]) => {
    const [promised, begins, decided, held] = states[n] ?? states[0];
    const prefix = writes.slice(0, n + 1);
    const fold = new Recovery();
    for (const write of how === "whole" || n < 7 ? prefix : withoutTrimmed(prefix)) fold.add(write);
    const found = fold.result;
    assert(found !== null);
    assert.deepEqual(found.promised, ballot(promised));
    assert.deepEqual([found.trimmed, found.decided, found.id], [begins, decided, id("a")]);
    const text = found.accepted.map((v) => `${v.slot}${String.fromCharCode(v.proposal.body.at(-1) ?? 0)}`);
    assert.equal(text.join(" "), held);
    assert.deepEqual(found.views, n < 7 ? [view("abc")] : views2);
    assert.equal(found.logTime, n < 7 ? 0 : 4);
    new Log(found); // it lacks nothing
  },
);

const steps = ["promise", "accept", "accept above", "choose", "choose above", "trim", "install"] as const;

/** Whatever four things happen, what is on disk is what is in memory; also when all that may go is dropped. */
const live = table(
  "recovery: the disk holds what the log holds",
  product(steps, steps, steps, steps),
  (row) => {
    const start = recovered("a", view("abc"));
    const [it, views] = [new Log(start), new Views(start.views)];
    const retention = new Retention(start, it, views);
    const disk: Write[] = [{ type: "founded", id: id("a"), genesis: genesisOf(view("abc")) }];
    let round = 1;
    const push = (write: Write | null) => write !== null && disk.push(write);
    const each = (step: (typeof steps)[number]) => {
      const next = slot(it.decided + 1);
      const above = slot(it.decided + 2);
      round++;
      if (step === "promise") push(it.promise({ round, leader: id("b") }));
      else if (step === "accept") push(it.accept(pvalue(next, `${round}.b`, `${round}`)));
      else if (step === "accept above") push(it.accept(pvalue(above, `${round}.b`, `${round}`)));
      else if (step === "choose") it.choose(next, it.get(next)?.proposal ?? proposal("x", round));
      else if (step === "choose above") {
        it.choose(above, proposal("y", 1));
        if (it.get(next) !== undefined) it.choose(next, proposal("z", round));
      } else if (step === "trim") for (const n of "abc") retention.holds(id(n), it.decided);
      else retention.install({ slot: slot(it.decided + 3), views: [view("abc")], logTime: it.logTime }, disk);
      it.advance(disk, () => undefined);
      retention.trim(disk);
    };
    // Nothing that is chosen twice is chosen differently: one slot, one value.
    for (const step of ["accept", "choose", "trim", ...row] as const) {
      try {
        each(step);
      } catch (error) {
        if (!/P2/.test(String(error))) throw error;
        return;
      }
      for (const all of [disk, it.trimmed > 0 ? withoutTrimmed(disk) : disk]) {
        const fold = new Recovery();
        for (const write of all) fold.add(write);
        const back = new Log(fold.result ?? start);
        const state = (l: Log) => [l.promised, l.trimmed, l.decided, l.logTime, l.tailBytes];
        assert.deepEqual(state(back), state(it));
        for (let s = it.trimmed + 1; s <= it.decided; s++)
          assert.deepEqual(back.decidedIn(slot(s)), it.decidedIn(slot(s)));
        assert.deepEqual(back.acceptedAbove(it.decided), it.acceptedAbove(it.decided));
      }
    }
  },
);

const kinds: readonly ViewChange[] = [
  { type: "join", against: 1, member: member("d") },
  { type: "join", against: 1, member: member("e") },
  { type: "replace", against: 2, id: id("b"), member: { ...member("e"), addr: "b:1" } },
  { type: "move", against: 3, member: { ...member("c"), addr: "c:2" } },
  { type: "move", against: 4, member: { ...member("c"), addr: "d:1" } },
  { type: "away", against: 4, id: id("d"), away: true },
  { type: "evict", against: 4, ids: [id("a")] },
  { type: "evict", against: 5, ids: [id("a"), id("d")] },
  { type: "leave", against: 6, id: id("c") },
  { type: "leave", against: 7, id: id("e") },
];
const slots = [...Array(kinds.length + 1).keys()];

/** Rule 7: the record holds views that are newer than its slot; to decide those changes again does nothing. */
const replay = table(
  "node: replay above a trim mark",
  product(slots, slots, slots).filter(([trim, said, decided]) => trim <= said && said <= decided),
  ([trim, said, decided]) => {
    const genesis = view("abc");
    const accepted = kinds.map((change, i) => {
      const value = pvalue(i + 1, "1.b", "x");
      return { ...value, proposal: { ...value.proposal, change } };
    });
    const upTo = (n: number): readonly View[] => {
      const it = new Views([genesis]);
      for (const [i, change] of kinds.slice(0, n).entries()) it.decide(slot(i + 1), change);
      return it.all;
    };
    const found = recovered("a", genesis, {
      accepted: accepted.slice(trim, decided),
      ...{ decided: slot(decided), trimmed: slot(trim), views: upTo(said) },
    });
    assert.deepEqual(new PaxosNode(found, at(0)).views.all, upTo(decided));
  },
);

export const recoveryCases: readonly Case[] = [prefixes, live, replay];
