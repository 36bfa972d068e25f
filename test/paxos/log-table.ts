/** Tables of a node's log: promise, accept, choose, learn, advance, and what comes back from a disk. */
import assert from "node:assert/strict";
import { compareBallots } from "../../src/shared/paxos/ballot.ts";
import { nodeId, wallMillis } from "../../src/shared/paxos/ids.ts";
import { Log, sameProposal } from "../../src/shared/paxos/log.ts";
import { Recovery } from "../../src/shared/paxos/recovery.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Decision, Proposal, Write } from "../../src/shared/paxos/types.ts";
import {
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

const ballots = ["0.", "4.e", "5.b", "5.c", "5.d", "6.a"] as const;

function logWith(promised: string, held: readonly ReturnType<typeof pvalue>[] = [], decided = 0): Log {
  const given = { promised: ballot(promised), accepted: held, decided: slot(decided) };
  return new Log(recovered("a", view("abc"), given));
}

const promise = table("log: promise", product(ballots, ballots), ([before, asked]) => {
  const log = logWith(before);
  const write = log.promise(ballot(asked));
  const rises = compareBallots(ballot(asked), ballot(before)) > 0;
  assert.deepEqual(write, rises ? { type: "promised", ballot: ballot(asked) } : null);
  assert.deepEqual(log.promised, ballot(rises ? asked : before));
});

const accept = table("log: accept", product(ballots, ballots, ["X", "Y"]), ([before, asked, value]) => {
  const log = logWith("0.", [pvalue(2, before, "X")]);
  const put = () => log.accept(pvalue(2, asked, value));
  const order = compareBallots(ballot(asked), ballot(before));
  if (order < 0) assert.throws(put, /P1/);
  else if (order === 0 && value === "Y") assert.throws(put, /P2/);
  else {
    assert.deepEqual(put(), order === 0 ? null : { type: "accepted", pvalue: pvalue(2, asked, value) });
    assert.deepEqual(log.get(slot(2)), pvalue(2, asked, value));
    assert.deepEqual(log.promised, ballot(asked));
  }
});

const acceptDecided = table(
  "log: accept at or below the mark",
  product([1, 2], ballots, ["X", "Y"]),
  (row) => {
    const [s, asked, value] = row;
    const held = [pvalue(1, "1.a", "X"), pvalue(2, "5.c", "X")];
    const log = logWith("0.", held, 2);
    const order = compareBallots(ballot(asked), log.promised);
    const put = () => log.accept(pvalue(s, asked, value));
    if (order < 0) assert.throws(put, /P1/);
    else if (value === "Y") assert.throws(put, /P2/);
    else assert.deepEqual(put(), order > 0 ? { type: "promised", ballot: ballot(asked) } : null);
    assert.deepEqual(log.get(slot(s)), held[s - 1]);
    assert.equal(log.contradicts(pvalue(s, asked, value)), value === "Y");
  },
);

/** Slots 1 and 2 decided; 4 chosen, 3 missing. */
const choose = table("log: choose", product([1, 2, 3, 4, 5], ["X", "Y"]), ([s, value]) => {
  const log = logWith("1.a", [pvalue(1, "1.a", "X"), pvalue(2, "1.a", "X")], 2);
  log.choose(slot(4), proposal("X"));
  const put = () => log.choose(slot(s), proposal(value));
  if (value === "Y" && [1, 2, 4].includes(s)) assert.throws(put, /P2/);
  else put();
  const decided: number[] = [];
  log.advance([], (d) => decided.push(d.slot));
  assert.deepEqual(decided, s === 3 ? [3, 4] : []);
});

/** Rule 4: what was accepted in #2 at one ballot, a mark of another. */
const learn = table(
  "log: learn",
  product(["none", "4.e", "5.b", "5.c", "5.d", "6.a"], [0, 1, 2, 3], [false, true]),
  ([held, mark, known]) => {
    const accepted = [pvalue(1, "5.c", "v1"), pvalue(3, "5.c", "v3")];
    if (held !== "none") accepted.push(pvalue(2, held, "v2"));
    const log = logWith("1.a", accepted);
    if (known) log.choose(slot(2), proposal("w2"));
    log.learn(ballot("5.c"), slot(mark));
    const decided: Decision[] = [];
    log.advance([], (d) => decided.push(d));
    const second = held === "5.c" || known;
    const expected = [1, 2, 3].filter((s) => s <= (mark >= 1 && known ? Math.max(mark, 2) : mark));
    const until = second ? expected : expected.filter((s) => s < 2);
    assert.deepEqual(
      decided.map((d) => d.slot),
      until,
    );
    if (until.includes(2)) assert.deepEqual(decided[1]?.proposal, proposal(known ? "w2" : "v2"));
  },
);

/** What is held when a decision comes: nothing, the same, another; whether the slot before is known. */
const advance = table("log: advance", product(["none", "same", "other"], [false, true]), ([held, gap]) => {
  const accepted = held === "none" ? [] : [pvalue(2, "3.b", held === "same" ? "X" : "Y")];
  const log = logWith("3.b", [pvalue(1, "1.a", "v1"), ...accepted]);
  if (!gap) log.choose(slot(1), proposal("v1"));
  log.choose(slot(2), proposal("X", 7));
  const writes: Write[] = [];
  const told: number[] = [];
  log.advance(writes, (d) => told.push(d.slot));
  assert.deepEqual(told, gap ? [] : [1, 2]);
  assert.equal(log.decided, gap ? 0 : 2);
  if (gap) return assert.deepEqual(writes, []);
  assert.deepEqual(writes.at(-1), { type: "mark", decided: 2 }, "the mark follows what it covers");
  const chosen = writes.filter((w) => w.type === "chosen").map((w) => w.decision.slot);
  // A proposal with another stamp is another proposal.
  assert.deepEqual(chosen, [2]);
  assert.deepEqual(log.decidedIn(slot(2)), proposal("X", 7));
  assert.equal(log.logTime, 7);
});

const advanceHeld: Case = {
  name: "log: advance writes no value that is on disk already",
  run() {
    const log = logWith("1.a", [pvalue(1, "1.a", "X"), pvalue(2, "1.a", "Y")]);
    log.learn(ballot("1.a"), slot(2));
    const writes: Write[] = [];
    log.advance(writes, () => undefined);
    assert.deepEqual(writes, [{ type: "mark", decided: 2 }]);
    assert.throws(() => log.decidedIn(slot(3)), /not decided/);
  },
};

const above = table("log: acceptedAbove", [0, 1, 2, 3, 4], (from) => {
  const log = logWith("1.a", [
    pvalue(4, "1.a", "D"),
    pvalue(2, "3.c", "B"),
    pvalue(3, "2.b", "C"),
    pvalue(1, "1.a", "A"),
  ]);
  const slots = [1, 2, 3, 4].filter((s) => s > from);
  assert.deepEqual(
    log.acceptedAbove(slot(from)).map((v) => v.slot),
    slots,
  );
});

const founded: Write = { type: "founded", id: id("a"), genesis: genesisOf(view("abc")) };
const writes: readonly Write[] = [
  { type: "promised", ballot: ballot("5.c") },
  { type: "accepted", pvalue: pvalue(1, "6.a", "X") },
  { type: "promised", ballot: ballot("4.e") },
  { type: "accepted", pvalue: pvalue(2, "7.b", "Y") },
  { type: "chosen", decision: { slot: slot(1), proposal: proposal("Z") } },
  { type: "mark", decided: slot(1) },
];

/** What was chosen counts only with its mark: before it, what was accepted must still be told (P3). */
const recovery = table("log: recovery after each prefix of the writes", [0, 1, 2, 3, 4, 5, 6], (n) => {
  const fold = new Recovery();
  assert.equal(new Recovery().result, null, "it was never founded");
  for (const write of [founded, ...writes.slice(0, n)]) fold.add(write);
  const found = fold.result;
  assert(found !== null);
  const promised = ["0.", "5.c", "6.a", "6.a", "7.b", "7.b", "7.b"][n] ?? "";
  assert.deepEqual(found.promised, ballot(promised));
  assert.equal(found.decided, n === 6 ? 1 : 0);
  const log = new Log(found);
  assert.deepEqual(log.promised, ballot(promised));
  assert.deepEqual(log.get(slot(1))?.proposal, n < 2 ? undefined : proposal(n < 6 ? "X" : "Z"));
  assert.deepEqual(log.get(slot(2))?.proposal, n < 4 ? undefined : proposal("Y"));
});

const lacking: Case = {
  name: "log: a disk that lacks a decided slot is refused",
  run() {
    assert.throws(
      () => logWith("1.a", [pvalue(1, "1.a", "X"), pvalue(3, "1.a", "Z")], 3),
      /lacks the decided slot 2/,
    );
    assert.equal(logWith("1.a", [pvalue(1, "3.b", "X")]).promised.round, 3, "accepted is promised");
  },
};

const join = { type: "join", against: 1, member: member("d") } as const;
const plain = proposal("X", 5);
const stamp = plain.stamp as NonNullable<Proposal["stamp"]>;
const others: readonly Proposal[] = [
  proposal("Y", 5),
  proposal("XX", 5),
  proposal("X", 6),
  { ...plain, stamp: null },
  { ...plain, stamp: { ...stamp, wall: wallMillis(1) } },
  { ...plain, stamp: { ...stamp, seed: 1 } },
  { ...plain, stamp: { ...stamp, first: true } },
  { ...plain, change: join },
  { ...plain, change: { ...join, against: 2 } },
  { ...plain, change: { ...join, member: { ...join.member, id: nodeId("e".repeat(16)) } } },
];
const all = [plain, ...others];

const same = table("log: sameProposal", product([...all.keys()], [...all.keys()]), ([i, j]) => {
  const copy = structuredClone(all[j]) as Proposal;
  assert.equal(sameProposal(all[i] as Proposal, copy), i === j);
});

export const logCases: readonly Case[] = [
  promise,
  accept,
  acceptDecided,
  choose,
  learn,
  advance,
  advanceHeld,
  above,
  recovery,
  lacking,
  same,
];
