/** Tables of what may leave the log (P9): how many must hold a snapshot, of which views, and what stays for others. */
import assert from "node:assert/strict";
import { tailSlotsMax } from "../../src/shared/limits.ts";
import { Log } from "../../src/shared/paxos/log.ts";
import { Retention } from "../../src/shared/paxos/retention.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Write } from "../../src/shared/paxos/types.ts";
import { type Role, type View, Views } from "../../src/shared/paxos/view.ts";
import { ballot, type Case, genesisOf, id, member, product, pvalue, recovered, table, view } from "./case.ts";

interface Rig {
  readonly log: Log;
  readonly views: Views;
  readonly it: Retention;
  readonly writes: Write[];
}

/** Node a, which has decided 10 slots, or more, in these views. */
function rig(all: readonly View[] = [view("abc")], decided = 10, size = 1): Rig {
  const value = pvalue(1, "1.a", `big:${size}`);
  const accepted = [...Array(decided).keys()].map((i) => ({ ...value, slot: slot(i + 1) }));
  const found = recovered("a", view("abc"), { accepted, decided: slot(decided), promised: ballot("4.b") });
  const log = new Log(found);
  const views = new Views(all);
  return { log, views, it: new Retention(found, log, views), writes: [] };
}

/** Two snapshots of all that `held` names are safe, one after the other: what remains is bounded by the first. */
function twice({ it, writes }: Rig, first: Readonly<Record<string, number>>): number | null {
  for (const [name, s] of Object.entries(first)) it.holds(id(name), slot(s));
  const to = it.trim(writes);
  assert.equal(to, null, "up to the safe one before the newest: there was none");
  for (const name of "abcdef") it.holds(id(name), slot(9));
  return it.trim(writes);
}

const marks = [0, 3, 5] as const;

/** All snapshots that up to five voters may hold: of the own and f more. */
const safe = table(
  "retention: f + 1 of the voters",
  product(["a", "ab", "abc", "abcd", "abcde"], marks, marks, marks, marks, marks),
  ([names, ...held]) => {
    const first = Object.fromEntries([...names].map((name, i) => [name, held[i] ?? 0]));
    const failures = Math.ceil(names.length / 2) - 1;
    const own = first["a"] ?? 0;
    const safeAt = (s: number) => Object.values(first).filter((at) => at >= s).length > failures && own >= s;
    const most = marks.filter(safeAt).at(-1) ?? 0;
    assert.equal(twice(rig([view(names)]), first), most === 0 ? null : most);
  },
);

const roles: readonly Role[] = ["replica", "acceptor", "learner", "nameserver"];

/** Acceptors hold snapshots for others and count; learners do not vote, so what they hold is not counted on. */
const voting = table("retention: roles", product(roles, roles, [0, 5], [0, 5]), ([b, c, heldB, heldC]) => {
  const all: View = { ...view("a"), members: [member("a"), member("b", b), member("c", c)] };
  const votes = (role: Role) => role === "replica" || role === "acceptor";
  const holders = 1 + Number(votes(b) && heldB === 5) + Number(votes(c) && heldC === 5);
  const voters = 1 + Number(votes(b)) + Number(votes(c));
  const enough = holders > Math.ceil(voters / 2) - 1;
  assert.equal(twice(rig([all]), { a: 5, b: heldB, c: heldC }), enough ? 5 : null);
});

/** A learner trims too, and never beyond its own snapshot. */
const learner = table("retention: a learner's own", product(marks, marks, marks), ([own, b, c]) => {
  const all: View = { ...view("bc"), members: [member("a", "learner"), ...view("bcd").members] };
  const most = Math.min(own, Math.min(b, c));
  assert.equal(twice(rig([all]), { a: own, b, c }), most === 0 ? null : most);
});

/** The window spans two views: a snapshot must be safe in both, and only in those that still govern a slot. */
const spanning = table(
  "retention: two open views",
  product([0, 5], [0, 5], [0, 5], [0, 5], [5, 11, 12]),
  ([b, c, d, e, first]) => {
    const r = rig([view("abc"), view("ade", 2, first)]);
    const old = b + c >= 5;
    const fresh = d + e >= 5;
    const open = first === 12; // #11 is the first undecided slot
    assert.equal(twice(r, { a: 5, b, c, d, e }), fresh && (old || !open) ? 5 : null);
  },
);

/** A view that came after a snapshot was found safe: its voters may have none. */
const later = table("retention: a view that came since", product([0, 5], ["pin", "full"]), (row) => {
  const [d, why] = row;
  const r = rig([view("abc")], why === "full" ? tailSlotsMax : 10);
  if (why === "pin") r.it.pin(slot(1));
  for (const s of [5, 6]) {
    for (const name of "abc") r.it.holds(id(name), slot(s));
    r.it.trim(r.writes);
  }
  // b and c are replaced by d and e, and the new view governs all that is open.
  r.views.replace([view("ade", 3, 8)]);
  r.it.holds(id("d"), slot(d));
  r.it.pin(slot(0));
  if (why === "full") {
    r.log.choose(slot(tailSlotsMax + 1), pvalue(1, "1.a", "X").proposal);
    r.log.advance([], () => undefined);
  }
  const before = r.log.trimmed;
  r.it.trim(r.writes);
  assert.equal(r.log.trimmed, d === 5 ? 5 : before, "of the new view's voters too few hold a snapshot");
});

/** What a node holds durably it holds: what it says late, or less, takes nothing back. */
const never: Case = {
  name: "retention: what was held stays held, and the trim mark never falls",
  run() {
    const r = rig();
    assert.equal(twice(r, { a: 5, b: 5 }), 5);
    for (const name of "abc") r.it.holds(id(name), slot(2));
    assert.equal(r.it.own, 9);
    assert.equal(r.it.trim(r.writes), null);
    assert.equal(r.log.trimmed, 5);
    assert.equal(r.writes.length, 1);
  },
};

/** A snapshot that is being sent keeps the log above it, unless the log has grown too long. */
const pins = table("retention: pins", product([0, 2, 4, 5, 7], [false, true]), ([pin, full]) => {
  const r = rig([view("abc")], full ? tailSlotsMax + 1 : 10);
  r.it.pin(slot(pin));
  for (const s of [5, 9]) {
    for (const name of "abc") r.it.holds(id(name), slot(s));
    r.it.trim(r.writes);
  }
  assert.equal(
    r.log.trimmed,
    full ? 9 - (r.log.decided - 5 > tailSlotsMax ? 0 : 4) : pin > 0 && pin < 5 ? pin : 5,
  );
  r.it.pin(slot(0));
  r.it.trim(r.writes);
  assert(r.log.trimmed >= 5, "when it was sent the rest may go");
});

/** The tail is bounded in slots and in bytes: then it goes up to the newest safe snapshot. */
const tails = table(
  "retention: a full tail",
  [
    { decided: 1_000, size: 1, to: null },
    { decided: tailSlotsMax, size: 1, to: null },
    { decided: tailSlotsMax + 1, size: 1, to: 5 },
    { decided: 40, size: 2_000_000, to: 5 },
    { decided: 30, size: 2_000_000, to: null },
  ],
  ({ decided, size, to }) => {
    const r = rig([view("abc")], decided, size);
    for (const name of "ab") r.it.holds(id(name), slot(5));
    assert.equal(r.it.trim(r.writes), to);
  },
);

/** While replicas differ the log is the only witness. */
const witness = table("retention: nothing goes while replicas differ", [false, true], (full) => {
  const r = rig([view("abc")], full ? tailSlotsMax + 1 : 10);
  r.it.trims = false;
  for (const s of [5, 9]) {
    for (const name of "abc") r.it.holds(id(name), slot(s));
    assert.equal(r.it.trim(r.writes), null);
  }
  assert.deepEqual([r.log.trimmed, r.writes.length], [0, 0]);
  r.it.trims = true;
  assert.equal(r.it.trim(r.writes), full ? 9 : null);
  for (const name of "abc") r.it.holds(id(name), slot(10));
  assert.equal(r.it.trim(r.writes), full ? null : 9);
});

/** The record says again all that the records before it said and that still matters. */
const record = table("retention: the record", ["trim", "install"], (how) => {
  const views = [view("abc"), view("abcd", 2, 66)];
  const r = rig(views);
  if (how === "trim") twice(r, { a: 5, b: 5 });
  else r.it.install({ slot: slot(20), views, logTime: r.log.logTime }, r.writes);
  const [at, decided] = how === "trim" ? [5, 10] : [20, 20];
  const said = { id: id("a"), genesis: genesisOf(view("abc")), promised: ballot("4.b"), views };
  assert.deepEqual(r.writes, [
    { type: "trimmed", ...said, slot: slot(at), decided: slot(decided), logTime: r.log.logTime },
  ]);
  assert.deepEqual([r.log.trimmed, r.log.decided], [at, decided]);
});

/** Views that govern nothing above the snapshot are not kept; none at all is no cluster. */
const installed = table("retention: views of an installed snapshot", [64, 65, 66, 200], (s) => {
  const r = rig();
  const base = { slot: slot(s), views: [view("abc"), view("abd", 2, 66)], logTime: r.log.logTime };
  r.it.install(base, r.writes);
  const kept = s >= 65 ? [2] : [1, 2];
  assert.deepEqual(
    r.views.all.map((v) => v.number),
    kept,
  );
  assert.throws(() => r.views.replace([]), /without a view/);
});

export const retentionCases: readonly Case[] = [
  safe,
  voting,
  learner,
  spanning,
  later,
  never,
  pins,
  tails,
  witness,
  record,
  installed,
];
