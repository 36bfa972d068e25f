/** Tables of views: which governs a slot, what a change does, what a majority is. */
import assert from "node:assert/strict";
import { compareBallots, maxBallot, sameBallot } from "../../src/shared/paxos/ballot.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import * as views from "../../src/shared/paxos/view.ts";
import { ballot, type Case, id, member, product, table, view } from "./case.ts";

const { Views } = views;

/** A cluster of a, joined by b in #3, c in #4 and d in #100. */
const changes = [
  { s: 3, name: "b", first: 67 },
  { s: 4, name: "c", first: 68 },
  { s: 100, name: "d", first: 164 },
] as const;

function grown(): views.Views {
  const it = new Views([view("a")]);
  for (const { s, name } of changes) {
    const change = { type: "join", against: it.newest.number, member: member(name) } as const;
    assert.notEqual(it.decide(slot(s), change), null);
  }
  return it;
}

/** Which number governs a slot, by counting. */
function governs(s: number): number {
  return 1 + changes.filter(({ first }) => first <= s).length;
}

const around = [1, 2, 3, 4, 5, 65, 66, 67, 68, 69, 99, 100, 101, 163, 164, 165, 999];

const governing = table("views: at", around, (s) => {
  const found = grown().at(slot(s));
  assert.equal(found.number, governs(s));
  assert.equal(found.members.length, governs(s));
});

/** Those that govern a slot above the mark, and the newest; after forgetting the others the answers are the same. */
const open = table("views: open, members, forget", around, (mark) => {
  const it = grown();
  const numbers = [...new Set([...Array(300).keys()].map((i) => governs(mark + 1 + i)))];
  const check = () => {
    assert.deepEqual(
      it.open(slot(mark)).map((v) => v.number),
      numbers,
    );
    assert.deepEqual([...it.members(slot(mark))].sort(), [..."abcd"].map(id));
    for (const s of around) if (s > mark) assert.equal(it.at(slot(s)).number, governs(s));
  };
  check();
  it.forget(slot(mark));
  check();
  assert.equal(it.newest.number, 4);
});

const roles = ["replica", "acceptor", "learner", "nameserver"] as const;

/** Every subset of one to seven members, of whom some do not vote. */
const quorum = table(
  "views: quorum",
  product([1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3], [...Array(128).keys()]),
  (row) => {
    const [size, idle, bits] = row;
    // As many more members that do not vote; node ids of one digit are a to f and then 0 to 4.
    const all = [..."abcdef01234"].slice(0, size + idle);
    const members = all.map((name, i) =>
      member(name, i < size ? (i % 2 ? "acceptor" : "replica") : "learner"),
    );
    const it: views.View = { ...view(""), members };
    const here = new Set(all.filter((_, i) => (bits & (1 << i)) !== 0).map(id));
    const voting = all.slice(0, size).filter((name) => here.has(id(name))).length;
    assert.equal(
      views.isQuorum(it, (n) => here.has(n)),
      voting * 2 > size,
    );
    assert.equal(views.majority(it), Math.floor(size / 2) + 1);
    const replicas = Math.ceil(size / 2);
    assert.equal(views.tolerates(it), Math.max(0, Math.min(size - views.majority(it), replicas - 1)));
    assert.deepEqual(views.voters(it), all.slice(0, size).map(id));
  },
);

const standing = table("views: roles", roles, (role) => {
  const it: views.View = { ...view("a"), members: [member("a"), member("b", role)] };
  assert.equal(views.mayLead(it, id("b")), role === "replica");
  assert.equal(views.isVoter(member("b", role)), role === "replica" || role === "acceptor");
  assert.equal(new Views([it]).members(slot(0)).length, role === "nameserver" ? 1 : 2);
});

const texts = ["0.", "1.a", "1.b", "2.a", "2.b", "10.a"] as const;

const order = table("ballots: order", product([...texts.keys()], [...texts.keys()]), ([i, j]) => {
  const [a, b] = [ballot(texts[i] ?? ""), ballot(texts[j] ?? "")];
  assert.equal(Math.sign(compareBallots(a, b)), Math.sign(i - j));
  assert.equal(sameBallot(a, { ...b }), i === j);
  assert.deepEqual(maxBallot(a, b), i > j ? a : b);
});

export const viewCases: readonly Case[] = [governing, open, quorum, standing, order];
