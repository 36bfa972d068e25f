/** Tables of the acceptor: every order of ballot, slot, decided mark, trim mark and first slot of the view. */
import assert from "node:assert/strict";
import { Acceptor } from "../../src/shared/paxos/acceptor.ts";
import { compareBallots, maxBallot } from "../../src/shared/paxos/ballot.ts";
import { Log } from "../../src/shared/paxos/log.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Envelope, Write } from "../../src/shared/paxos/types.ts";
import { ballot, type Case, id, product, proposal, pvalue, recovered, table, view } from "./case.ts";

/** Below by round and by leader, equal, above by leader and by round. */
const promised = "5.c";
const asks = ["4.e", "5.b", "5.c", "5.d", "6.a"] as const;
const decided = 3;

/** Slots 1 to 3 decided, 4 to 6 accepted at different ballots, promised 5.c. */
function acceptor(trimmed = 0): { log: Log; it: Acceptor; out: { writes: Write[]; votes: Envelope[] } } {
  const accepted = [1, 2, 3].map((s) => pvalue(s, "1.a", `v${s}`));
  accepted.push(pvalue(4, "2.a", "v4"), pvalue(5, "5.c", "v5"), pvalue(6, "4.d", "v6"));
  const log = new Log(
    recovered("a", view("abc"), { promised: ballot(promised), accepted, decided: slot(decided) }),
  );
  Object.assign(log, { trimmed: slot(trimmed) });
  return { log, it: new Acceptor(log), out: { writes: [], votes: [] } };
}

/** The one vote of a step; it must be for b. */
function vote(out: { votes: Envelope[] }): Envelope["message"] {
  assert.equal(out.votes.length, 1);
  assert.deepEqual(out.votes[0]?.to, [id("b")]);
  return (out.votes[0] as Envelope).message;
}

const p1a = table(
  "acceptor: p1a",
  product(asks, [0, 2, 3, 4, 5, 6, 9], [0, 2, 3]),
  ([ask, from, trimmed]) => {
    const { log, it, out } = acceptor(trimmed);
    const [before, asked] = [log.promised, ballot(ask)];
    it.p1a(id("b"), asked, slot(from), out);
    const order = compareBallots(asked, before);
    assert.deepEqual(log.promised, maxBallot(asked, before), "the promise is the highest ballot asked");
    assert.deepEqual(out.writes, order > 0 ? [{ type: "promised", ballot: asked }] : []);
    const m = vote(out);
    assert(m.type === "p1b");
    assert.deepEqual([m.asked, m.ballot], [asked, log.promised]);
    assert.deepEqual(
      [m.trimmed, m.decided, m.above, m.upTo],
      [trimmed, decided, Math.max(from, decided), null],
    );
    const reported = order < 0 ? [] : [4, 5, 6].filter((s) => s > from);
    assert.deepEqual(
      m.accepted.map((v) => v.slot),
      reported,
    );
    for (const v of m.accepted) assert.deepEqual(v, log.get(v.slot), "a pvalue is reported as accepted");
  },
);

const p2aRows = product(asks, [1, 2, 3, 4, 5, 6, 7, 9], [1, 3, 4, 5, 7], ["same", "other"], [0, 2, 3]);

const p2a = table("acceptor: p2a", p2aRows, ([ask, s, first, value, trimmed]) => {
  const { log, it, out } = acceptor(trimmed);
  const [before, asked, held] = [log.promised, ballot(ask), log.get(slot(s))];
  const order = compareBallots(asked, before);
  const own = held !== undefined && compareBallots(held.ballot, asked) === 0;
  // One ballot proposes one value in a slot: another one cannot be asked.
  const text = value === "same" || own ? `v${s}` : "w";
  const put = pvalue(s, ask, text);
  it.p2a(id("b"), { type: "p2a", pvalue: put, view: 1, first: slot(first), decided: slot(0) }, out);
  const silent = s <= trimmed || (order >= 0 && first <= decided + 1 && s <= decided && text === "w");
  if (silent) {
    assert.deepEqual(out, { writes: [], votes: [] });
    assert.deepEqual([log.promised, log.get(slot(s))], [before, held]);
    return;
  }
  const m = vote(out);
  if (order < 0 || first > decided + 1) {
    assert.deepEqual(
      [out.writes, log.promised, log.get(slot(s))],
      [[], before, held],
      "a refusal changes nothing",
    );
    if (order < 0) assert.deepEqual(m, { type: "p2b", asked, ballot: before, slot: s });
    else assert.deepEqual(m, { type: "behind", asked, decided });
    return;
  }
  assert.deepEqual(m, { type: "p2b", asked, ballot: asked, slot: s });
  assert.deepEqual(log.promised, asked, "an acceptance is a promise");
  if (s <= decided) {
    assert.deepEqual(log.get(slot(s)), held, "what is decided is not accepted anew");
    assert.deepEqual(out.writes, order > 0 ? [{ type: "promised", ballot: asked }] : []);
  } else {
    assert.deepEqual(log.get(slot(s)), put);
    assert.deepEqual(out.writes, own ? [] : [{ type: "accepted", pvalue: put }]);
  }
});

/** Sizes of pvalues above the mark, and how they must be cut. */
const parts = table(
  "acceptor: parts of p1b",
  [
    { sizes: [], cuts: [0] },
    { sizes: [10, 10], cuts: [2] },
    { sizes: [2_000_000], cuts: [1] },
    { sizes: [700_000, 700_000, 700_000], cuts: [1, 1, 1] },
    { sizes: [10, 2_000_000, 10], cuts: [1, 1, 1] },
    { sizes: [500_000, 500_000, 500_000, 500_000, 10], cuts: [2, 3] },
  ],
  ({ sizes, cuts }) => {
    const accepted = sizes.map((size, i) => ({
      ...pvalue(i * 2 + 1, "1.a", ""),
      proposal: proposal(`big:${size}`),
    }));
    const log = new Log(recovered("a", view("abc"), { accepted }));
    const out: { writes: Write[]; votes: Envelope[] } = { writes: [], votes: [] };
    new Acceptor(log).p1a(id("b"), ballot("2.b"), slot(0), out);
    let above = 0;
    const found = out.votes.map(({ message: m }, i) => {
      assert(m.type === "p1b");
      assert.equal(m.above, above, "a part begins where the one before it ended");
      assert.equal(m.upTo === null, i === out.votes.length - 1, "only the last part has no end");
      const last = m.accepted.at(-1)?.slot ?? 0;
      if (m.upTo !== null) assert.equal(m.upTo, last);
      above = m.upTo ?? 0;
      return m.accepted.length;
    });
    assert.deepEqual(found, cuts);
    const all = out.votes.flatMap(({ message: m }) => (m.type === "p1b" ? m.accepted : []));
    assert.deepEqual(all, accepted);
  },
);

/** P1 over every sequence of three questions: an answer never goes below an earlier one. */
const sequences = table(
  "acceptor: sequences of p1a and p2a",
  product(["p1a", "p2a"], asks, ["p1a", "p2a"], asks, ["p1a", "p2a"], asks),
  (row) => {
    const { log, it, out } = acceptor();
    let last = log.promised;
    for (const i of [0, 2, 4] as const) {
      const ask = row[i + 1] ?? "";
      const message = {
        type: "p2a",
        pvalue: pvalue(7, ask, ask),
        view: 1,
        first: slot(1),
        decided: slot(0),
      } as const;
      if (row[i] === "p1a") it.p1a(id("b"), ballot(ask), slot(0), out);
      else it.p2a(id("b"), message, out);
      assert(compareBallots(log.promised, last) >= 0, "P1: the promise fell");
      assert(compareBallots(ballot(ask), last) < 0 || compareBallots(log.promised, ballot(ask)) === 0);
      last = log.promised;
    }
    const held = log.get(slot(7));
    assert(held === undefined || compareBallots(held.ballot, log.promised) <= 0);
    const written = out.writes.map((w) =>
      w.type === "promised" ? w.ballot : w.type === "accepted" ? w.pvalue.ballot : null,
    );
    for (const w of written) assert(w !== null && compareBallots(w, log.promised) <= 0);
    const durable = written.reduce(
      (a, b) => (a === null || b === null ? a : maxBallot(a, b)),
      ballot(promised),
    );
    assert.deepEqual(durable, log.promised, "P1: each promise is written");
  },
);

export const acceptorCases: readonly Case[] = [p1a, p2a, parts, sequences];
