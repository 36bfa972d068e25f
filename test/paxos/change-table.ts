/** Tables of view changes (rule 7): every kind, against every view, of every node, at every address. */
import assert from "node:assert/strict";
import { membersMax } from "../../src/shared/limits.ts";
import { nodeId } from "../../src/shared/paxos/ids.ts";
import { slot, WINDOW } from "../../src/shared/paxos/slot.ts";
import { type Member, type Role, sameChange, type ViewChange, Views } from "../../src/shared/paxos/view.ts";
import { type Case, id, member, product, table, view } from "./case.ts";

/** View 3: a and b are replicas, c an acceptor that is away, d a learner. */
const before: readonly Member[] = [
  member("a"),
  { ...member("b"), groups: ["rack"] },
  { ...member("c", "acceptor"), away: true },
  member("d", "learner"),
];

/** Decides the change; checks all but the members, which it returns, or null when nothing happened. */
function decide(change: ViewChange, members = before): readonly Member[] | null {
  const it = new Views([{ number: 3, first: slot(1), members }]);
  const made = it.decide(slot(9), change);
  assert.equal(it.newest.number, made === null ? 3 : 4);
  if (made === null) return null;
  assert.deepEqual([made.number, made.first], [4, 9 + WINDOW]);
  assert.equal(it.newest, made);
  assert.equal(it.at(slot(9 + WINDOW - 1)).number, 3);
  assert.equal(
    it.decide(slot(10), change),
    null,
    "decided again it does nothing: it was made against view 3",
  );
  return made.members;
}

const against = [1, 2, 3, 4, 5] as const;
const names = ["a", "b", "c", "d", "e"] as const;
const addrs = ["a:1", "b:1", "c:1", "d:1", "new:1"] as const;
const roles: readonly Role[] = ["replica", "acceptor", "learner", "nameserver"];

const joins = table("changes: join", product(against, names, addrs, roles), ([number, name, addr, role]) => {
  const joining = { ...member(name, role), addr };
  const made = decide({ type: "join", against: number, member: joining });
  const works = number === 3 && name === "e" && addr === "new:1";
  assert.deepEqual(made, works ? [...before, joining] : null);
});

/** A newcomer takes a place: at that address or a new one, never as somebody who is there already. */
const replaces = table(
  "changes: replace",
  product(against, names, ["a", "b", "e", "f"], addrs, roles),
  ([number, old, name, addr, role]) => {
    if (old === name) return; // nobody takes its own place: `move` says what changed
    const newcomer = { ...member(name, role), addr };
    const made = decide({ type: "replace", against: number, id: id(old), member: newcomer });
    const free = addr === "new:1" || addr === `${old}:1`;
    const works = number === 3 && old !== "e" && (name === "e" || name === "f") && free;
    assert.deepEqual(made, works ? before.map((m) => (m.id === id(old) ? newcomer : m)) : null);
  },
);

/** What it shows changes; its role and whether it is away do not. */
const moves = table("changes: move", product(against, names, addrs, roles), ([number, name, addr, role]) => {
  const shown = { ...member(name, role), addr, domain: "x.org", groups: ["y"], away: false };
  const made = decide({ type: "move", against: number, member: shown });
  const works = number === 3 && name !== "e" && (addr === "new:1" || addr === `${name}:1`);
  const moved = (m: Member) => ({ ...m, addr, domain: "x.org", groups: ["y"] });
  assert.deepEqual(made, works ? before.map((m) => (m.id === id(name) ? moved(m) : m)) : null);
});

const leaves = table("changes: leave", product(against, names), ([number, name]) => {
  const made = decide({ type: "leave", against: number, id: id(name) });
  const works = number === 3 && name !== "e";
  assert.deepEqual(made, works ? before.filter((m) => m.id !== id(name)) : null);
});

/** Every list of up to three: all of them must be there, each named once, and a replica must stay. */
const some = [null, ...names] as const;
const evicts = table("changes: evict", product(against, some, some, some), ([number, ...list]) => {
  const gone = list.filter((name) => name !== null);
  const made = decide({ type: "evict", against: number, ids: gone.map(id) });
  const each = new Set(gone).size === gone.length && gone.length > 0 && !gone.includes("e");
  const works = number === 3 && each && !(gone.includes("a") && gone.includes("b"));
  assert.deepEqual(made, works ? before.filter((m) => !gone.some((name) => m.id === id(name))) : null);
});

const aways = table("changes: away", product(against, names, [false, true]), ([number, name, away]) => {
  const made = decide({ type: "away", against: number, id: id(name), away });
  const works = number === 3 && name !== "e" && away === (name !== "c");
  assert.deepEqual(made, works ? before.map((m) => (m.id === id(name) ? { ...m, away } : m)) : null);
});

/** Without a replica there is nobody to lead. */
const last = table("changes: the last replica stays", ["leave", "evict", "replace", "acceptors"], (how) => {
  const left = [member("a"), member("b", "acceptor"), member("c", "learner")];
  const change: ViewChange =
    how === "leave"
      ? { type: "leave", against: 3, id: id("a") }
      : how === "evict"
        ? { type: "evict", against: 3, ids: [id("a")] }
        : {
            type: "replace",
            against: 3,
            id: id("a"),
            member: member("e", how === "replace" ? "replica" : "acceptor"),
          };
  assert.equal(decide(change, left) !== null, how === "replace");
});

const full = table("changes: as many members as there may be", [-1, 0], (less) => {
  const all = [...Array(membersMax + less).keys()].map((i) => {
    const hex = i.toString(16).padStart(16, "0");
    return { ...member("a"), id: nodeId(hex), addr: hex };
  });
  const joined = decide({ type: "join", against: 3, member: { ...member("e"), addr: "e:1" } }, all);
  assert.equal(joined?.length, less === 0 ? undefined : membersMax);
});

const all: readonly ViewChange[] = [
  { type: "join", against: 3, member: member("e") },
  { type: "join", against: 4, member: member("e") },
  { type: "join", against: 3, member: member("e", "acceptor") },
  { type: "join", against: 3, member: { ...member("e"), addr: "x" } },
  { type: "join", against: 3, member: { ...member("e"), domain: "x" } },
  { type: "join", against: 3, member: { ...member("e"), groups: ["x"] } },
  { type: "join", against: 3, member: { ...member("e"), groups: ["x", "y"] } },
  { type: "join", against: 3, member: { ...member("e"), groups: ["y", "x"] } },
  { type: "join", against: 3, member: { ...member("e"), away: true } },
  { type: "move", against: 3, member: member("e") },
  { type: "replace", against: 3, id: id("a"), member: member("e") },
  { type: "replace", against: 3, id: id("b"), member: member("e") },
  { type: "replace", against: 3, id: id("a"), member: member("f") },
  { type: "leave", against: 3, id: id("a") },
  { type: "leave", against: 3, id: id("b") },
  { type: "evict", against: 3, ids: [id("a")] },
  { type: "evict", against: 3, ids: [id("a"), id("b")] },
  { type: "evict", against: 3, ids: [id("b"), id("a")] },
  { type: "away", against: 3, id: id("a"), away: true },
  { type: "away", against: 3, id: id("a"), away: false },
];

/** Whatever the order of their fields: one comes from the wire, another from the disk, a third was made here. */
const same = table("changes: sameChange", product([...all.keys()], [...all.keys()]), ([i, j]) => {
  const copy = turned(all[j]) as ViewChange;
  assert.equal(sameChange(all[i] as ViewChange, copy), i === j);
  assert.equal(sameChange(all[i] as ViewChange, null), false);
  assert.equal(sameChange(null, null), true);
});

/** The same with all fields in the other order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries([...Object.entries(value)].reverse().map(([key, field]) => [key, turned(field)]));
}

/** The same member in every view: the window can span more than two. */
const many: Case = {
  name: "changes: several in one window, each against the view before it",
  run() {
    const it = new Views([view("abc")]);
    for (const [i, name] of [..."abc"].entries()) {
      const joining = { ...member("def"[i] ?? ""), addr: `${name}:1` };
      const change = { type: "replace", against: i + 1, id: id(name), member: joining } as const;
      assert.equal(it.decide(slot(2 + i), change)?.number, i + 2);
    }
    assert.deepEqual(
      it.open(slot(4)).map((v) => v.members.map((m) => m.id[0]).join("")),
      ["abc", "dbc", "dec", "def"],
    );
    assert.deepEqual([...it.members(slot(4))].sort(), [..."abcdef"].map(id));
    it.forget(slot(66));
    assert.deepEqual(
      it.all.map((v) => v.number),
      [3, 4],
    );
  },
};

export const changeCases: readonly Case[] = [
  joins,
  replaces,
  moves,
  leaves,
  evicts,
  aways,
  last,
  full,
  same,
  many,
];
