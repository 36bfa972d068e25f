/** Tables of the scout: which p1b counts, for which slots, and what pmax keeps. */
import assert from "node:assert/strict";
import { compareBallots } from "../../src/shared/paxos/ballot.ts";
import { Scout } from "../../src/shared/paxos/scout.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { PaxosMessage, PValue } from "../../src/shared/paxos/types.ts";
import { ballot, type Case, id, product, proposal, pvalue, table, view } from "./case.ts";

export type P1b = Extract<PaxosMessage, { type: "p1b" }>;

export function p1b(of: string, accepted: readonly PValue[] = [], given: Partial<P1b> = {}): P1b {
  const none = { trimmed: slot(0), decided: slot(0), above: slot(0), upTo: null };
  return { type: "p1b", asked: ballot(of), ballot: ballot(of), ...none, accepted, ...given };
}

const ballots = ["4.e", "5.b", "5.c", "5.d", "6.a"] as const;

/** Only an answer to exactly the scout's ballot that promises it counts, once: a refusal may name a later ballot. */
const counts = table("scout: ballot of the answer", product(ballots, ballots), ([asked, promised]) => {
  const scout = new Scout(ballot("5.c"), slot(0));
  const message = p1b(promised, [pvalue(1, "1.a", "X")], { asked: ballot(asked) });
  const [one, yes] = [view("a"), asked === "5.c" && promised === "5.c"];
  assert.equal(scout.p1b(id("a"), message), yes);
  assert.equal(scout.hasPromised(id("a")), yes);
  assert.equal(scout.adopted(one, slot(1)), yes);
  assert.deepEqual([...scout.pmax.keys()], yes ? [1] : []);
  assert.equal(scout.p1b(id("a"), message), false, "a promise counts once");
});

/** Rule 3: a promise counts only above both marks of the one who gave it. */
const marks = table(
  "scout: marks",
  product([0, 1, 2, 3], [0, 1, 2, 3], [0, 1, 2, 3, 4], [0, 1, 2]),
  (row) => {
    const [decided, trimmed, s, from] = row;
    const scout = new Scout(ballot("5.c"), slot(from));
    const above = slot(Math.max(from, decided));
    scout.p1b(id("a"), p1b("5.c", [], { decided: slot(decided), trimmed: slot(trimmed), above }));
    assert.equal(scout.adopted(view("a"), slot(s)), s > Math.max(decided, trimmed));
  },
);

/** P3: in each slot the pvalue of the highest ballot, in whatever order the answers come. */
const pmax = table(
  "scout: pmax",
  product(["0.", ...ballots], ["0.", ...ballots], ["0.", ...ballots]),
  (row) => {
    const scout = new Scout(ballot("9.a"), slot(0));
    for (const [i, of] of row.entries()) {
      scout.p1b(id("abc"[i] ?? ""), p1b("9.a", [pvalue(2, of, of), pvalue(4 + i, of, "own")]));
    }
    const highest = [...row].sort((a, b) => compareBallots(ballot(b), ballot(a)))[0] ?? "";
    assert.deepEqual(scout.pmax.get(slot(2))?.proposal, proposal(highest));
    assert.deepEqual([...scout.pmax.keys()].sort(), [2, 4, 5, 6]);
    assert.equal(scout.top, 6);
  },
);

const top = table("scout: top", product([0, 3, 5, 9], [0, 2, 5, 7]), ([from, s]) => {
  const scout = new Scout(ballot("5.c"), slot(from));
  assert.equal(scout.top, from);
  scout.p1b(id("a"), p1b("5.c", s > from ? [pvalue(s, "1.a", "X")] : [], { above: slot(from) }));
  assert.equal(scout.top, Math.max(s, from));
});

/** Every order, with repeats and omissions, of the three parts of one answer. */
const parts: readonly P1b[] = [
  p1b("5.c", [pvalue(1, "1.a", "A"), pvalue(2, "1.a", "B")], { upTo: slot(2) }),
  p1b("5.c", [pvalue(4, "1.a", "C")], { above: slot(2), upTo: slot(4) }),
  p1b("5.c", [pvalue(6, "1.a", "D")], { above: slot(4) }),
];
const indexes = [0, 1, 2] as const;

const gather = table("scout: parts", product(indexes, indexes, indexes, indexes, indexes), (row) => {
  const scout = new Scout(ballot("5.c"), slot(0));
  let wanted = 0;
  for (const i of row) {
    const completes = i === 2 && wanted === 2;
    assert.equal(scout.p1b(id("a"), parts[i] as P1b), completes);
    if (i === wanted) wanted++;
    assert.equal(scout.hasPromised(id("a")), wanted === 3);
    assert.equal(scout.adopted(view("a"), slot(1)), wanted === 3);
  }
  if (wanted === 3) assert.deepEqual([...scout.pmax.keys()], [1, 2, 4, 6]);
});

/** An acceptor accepts more of this ballot between two answers, which moves the cuts: nothing may be left out. */
const recut: Case = {
  name: "scout: parts of two answers, cut at different slots, leave no slot out",
  run() {
    const scout = new Scout(ballot("5.c"), slot(0));
    scout.p1b(id("a"), p1b("5.c", [pvalue(1, "1.a", "A")], { upTo: slot(1) }));
    // The second answer begins with a larger part, which is lost; its last part alone does not follow on the first.
    const last = p1b("5.c", [pvalue(4, "1.a", "D")], { above: slot(3) });
    assert.equal(scout.p1b(id("a"), last), false);
    const first = p1b(
      "5.c",
      [1, 2, 3].map((s) => pvalue(s, "1.a", `v${s}`)),
      { upTo: slot(3) },
    );
    assert.equal(scout.p1b(id("a"), first), false);
    assert.equal(scout.p1b(id("a"), last), true);
    assert.deepEqual([...scout.pmax.keys()], [1, 2, 3, 4]);
  },
};

/** Later parts were lost, and the acceptor has moved on: its next answer begins beyond them and counts alone. */
const movedOn: Case = {
  name: "scout: a later answer that begins beyond the parts of an earlier one counts alone",
  run() {
    const scout = new Scout(ballot("5.c"), slot(0));
    assert.equal(scout.p1b(id("a"), p1b("5.c", [pvalue(1, "1.a", "A")], { upTo: slot(1) })), false);
    const later = p1b("5.c", [pvalue(9, "1.a", "I")], { decided: slot(8), above: slot(8) });
    assert.equal(scout.p1b(id("a"), later), true);
    assert.deepEqual([scout.adopted(view("a"), slot(8)), scout.adopted(view("a"), slot(9))], [false, true]);
  },
};

/** The middle of an answer does not begin one: what came before it is not known. */
const middle: Case = {
  name: "scout: a part that is not the first does not begin an answer",
  run() {
    const scout = new Scout(ballot("5.c"), slot(1));
    assert.equal(scout.p1b(id("a"), p1b("5.c", [], { decided: slot(3), above: slot(5) })), false);
    assert.equal(scout.hasPromised(id("a")), false);
    assert.equal(scout.p1b(id("a"), p1b("5.c", [], { decided: slot(3), above: slot(3) })), true);
    assert.equal(scout.adopted(view("a"), slot(3)), false);
    assert.equal(scout.adopted(view("a"), slot(4)), true);
  },
};

/** Every subset of promises against views of one to five voters: a majority of the slot's view, each counted once. */
const subsets = [...Array(64).keys()];
const adopted = table(
  "scout: adopted",
  product(["a", "ab", "abc", "abcd", "bcdef"], subsets),
  ([names, bits]) => {
    const scout = new Scout(ballot("5.c"), slot(0));
    const gave = [..."abcdef"].filter((_, i) => (bits & (1 << i)) !== 0);
    for (const name of gave) for (const _ of "twice") scout.p1b(id(name), p1b("5.c"));
    const voters = gave.filter((name) => names.includes(name)).length;
    assert.equal(scout.adopted(view(names), slot(1)), voters * 2 > names.length);
  },
);

export const scoutCases: readonly Case[] = [
  counts,
  marks,
  pmax,
  top,
  gather,
  recut,
  movedOn,
  middle,
  adopted,
];
