/** What a leader decides about members: every rule against what it hears, as tables. */
import assert from "node:assert/strict";
import { logTime, type NodeId, nodeId } from "../../src/shared/paxos/ids.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import {
  isQuorum,
  isSafe,
  type Member,
  type Role,
  type View,
  type ViewChange,
  Views,
} from "../../src/shared/paxos/view.ts";
import { absence } from "../../src/shared/server/absence.ts";
import { admit, replaceAfterMillis } from "../../src/shared/server/admission.ts";
import { refusal } from "../../src/shared/server/departure.ts";
import { Farewell } from "../../src/shared/server/farewell.ts";
import { type Case, table } from "../paxos/case.ts";

const roles: Readonly<Record<string, Role>> = {
  ...{ x: "acceptor", y: "acceptor", z: "acceptor", l: "learner", n: "nameserver", o: "nameserver" },
};

/** The node called by a letter. */
export function id(name: string): NodeId {
  return nodeId(name.charCodeAt(0).toString(16).repeat(8));
}

function member(name: string, role: Role = "replica"): Member {
  return { id: id(name), role, addr: `${name}:1`, domain: "", groups: [], away: false };
}

/** By letter: x, y, z are acceptors, l is a learner, n and o are nameservers, others replicas. Capitals are away. */
export function viewOf(names: string, number = 7, first = 100): View {
  const members = [...names].map((name): Member => {
    const letter = name.toLowerCase();
    return { ...member(letter, roles[letter] ?? "replica"), away: name !== letter };
  });
  return { number, first: slot(first), members };
}

/** Those named are heard, the others silent for `silent` milliseconds. */
function hearing(names: string, silent: number) {
  const isHeard = (of: NodeId) => [...names].some((name) => id(name) === of);
  return { isHeard, silence: (of: NodeId) => (isHeard(of) ? 0 : silent) };
}

const [short, long] = [29_999, 30_000];
export const away = (name: string, is = true) => ({ type: "away", against: 7, id: id(name), away: is });
const evict = (names: string) => ({ type: "evict", against: 7, ids: [...names].map(id) });

type Absence = readonly [what: string, names: string, heard: string, silent: number, expected: unknown];

const absences: readonly Absence[] = [
  ["all are heard", "abc", "abc", long, null],
  ["silent, but not for long enough", "abc", "ab", short, null],
  ["silent for long: away", "abc", "ab", long, away("c")],
  ["a learner, too", "abcl", "abc", long, away("l")],
  ["away and heard: back", "abC", "abc", long, away("c", false)],
  ["back goes before others", "aBcd", "ab", long, away("b", false)],
  ["three stay", "abC", "ab", long, null],
  ["two of three stay", "aBC", "a", long, null],
  ["one of two stays", "aB", "a", long, null],
  ["one of four goes", "abcD", "abc", long, evict("d")],
  ["not one that was heard a moment ago", "abcD", "abc", short, null],
  ["nor one that is not marked yet", "abcd", "abc", long, away("d")],
  ["one of four, and two of the three others are heard", "abcD", "ab", long, evict("d")],
  ["one of four, and no majority of the others is heard", "aBCD", "a", long, null],
  ["one of five stays", "abcdE", "abcd", long, null],
  ["two of five go together", "abcDE", "abc", long, evict("de")],
  ["two of five, and one of the others is silent", "abcDE", "ab", short, null],
  ["two of five, and two of the three others are heard", "abcDE", "ab", long, evict("de")],
  ["one of six goes, though two are away", "abcdEF", "abcd", long, evict("e")],
  ["learners do not count as voters", "abCl", "abl", long, null],
  ["nor are they evicted", "abcL", "abc", long, null],
  ["an acceptor goes as a replica does", "abcX", "abc", long, evict("x")],
  ["the last replica that is heard stays", "axyB", "axy", long, evict("b")],
  ["never so that only acceptors are heard", "Axyz", "xyz", long, null],
  ["a nameserver that is silent for long: away", "abcn", "abc", long, away("n")],
  ["it does not go soon", "abcN", "abc", 11 * long - 1, null],
  ["it goes when it is away for ten times as long", "abcN", "abc", 11 * long, evict("n")],
  ["two go together", "abcNO", "abc", 11 * long, evict("no")],
  ["from a cluster of one, too", "aN", "a", 11 * long, evict("n")],
  ["nor does it count as a voter", "abCn", "abn", long, null],
  ["marks of others go first", "abcN", "ab", 11 * long, away("c")],
];

const absent = table("absence: what is proposed", absences, ([, names, heard, silent, expected]) => {
  assert.deepEqual(absence(viewOf(names), hearing(heard, silent), 30_000), expected);
});

/** As many of those that answer may fail after an eviction as before. */
const lowersNothing: Case = {
  name: "absence: an eviction lowers nothing that the voters which answer could bear",
  run() {
    for (let all = 1; all <= 9; all++) {
      for (let gone = 0; gone <= all; gone++) {
        const live = "abcdefghi".slice(0, all - gone);
        const view = viewOf(live + "JKLMNOPQR".slice(0, gone));
        const change = absence(view, hearing(live, long), 30_000);
        if (change?.type !== "evict") continue;
        const left = view.members.filter((m) => !change.ids.includes(m.id));
        assert(left.length >= 3, `${left.length} of ${all} stay`);
        const isUp = (up: string) => (of: NodeId) => [...up].some((name) => id(name) === of);
        const bears = (v: View) => {
          let fail = 0;
          while (isQuorum(v, isUp(live.slice(fail)))) fail++;
          return fail - 1;
        };
        assert(bears({ ...view, members: left }) >= bears(view), `${all} with ${gone} away`);
      }
    }
  },
};

export const at = (name: string, addr: string, role: Role = "replica", groups: readonly string[] = []) => ({
  ...member(name, role),
  addr,
  groups,
});
const early = replaceAfterMillis - 1;
const wait = 2 * replaceAfterMillis;

export const known = (silent: number, waited: number, hasLeft = false) => ({
  silence: () => silent,
  waited,
  evictAfter: 30_000,
  hasLeft,
});

type Admission = readonly [what: string, asks: Member, silent: number, waited: number, expected: unknown];

const admissions: readonly Admission[] = [
  ["unknown, the address is free", at("d", "d:1"), 0, 0, { type: "join" }],
  ["known, as the view shows it", at("b", "b:1"), 0, 0, "later"],
  ["known, at a free address", at("b", "d:1"), 0, 0, { type: "move" }],
  ["known, with other groups", at("b", "b:1", "replica", ["r1"]), 0, 0, { type: "move" }],
  ["known, in another role", at("b", "b:1", "acceptor"), 0, 0, /member as replica.*become acceptor/],
  ["known, at the address of one that answers", at("b", "c:1"), 0, wait, /c:1 belongs to the member (63)+/],
  ["known, at the address of one that may be dead", at("b", "c:1"), 0, wait - 1, "later"],
  ["known, at the address of one that is silent", at("b", "c:1"), 60_000, wait, "later"],
  [
    "unknown, in the place of one that is silent",
    at("d", "c:1"),
    replaceAfterMillis,
    0,
    { type: "replace", id: id("c") },
  ],
  ["unknown, and the other may be alive", at("d", "c:1"), early, 0, "later"],
  [
    "unknown, and the other is alive",
    at("d", "c:1"),
    early,
    wait,
    /c:1 belongs to the member (63)+, which answers/,
  ],
];

const admitted = table("admission: what is answered", admissions, ([, asks, silent, waited, expected]) => {
  const admission = admit(viewOf("abc"), asks, known(silent, waited));
  if (expected === "later") assert.deepEqual(admission, { type: "later" });
  else if (expected instanceof RegExp) {
    assert(admission.type === "refused");
    assert.equal(admission.code, "DENIED");
    assert.match(admission.message, expected);
  } else {
    const change = { ...(expected as object), against: 7, member: asks };
    assert.deepEqual(admission, { type: "change", change });
  }
});

const full: Case = {
  name: "admission: a view takes a limited number",
  run() {
    const members = Array.from({ length: 99 }, (_, i) => ({ ...member("a"), addr: `h:${i + 1}` }));
    const answer = admit({ number: 1, first: slot(1), members }, member("b"), known(0, 0));
    assert.equal(answer.type === "refused" && answer.code, "BUSY");
  },
};

type Departing = readonly [
  what: string,
  names: string,
  kind: "leave" | "evict",
  of: string,
  heard: string,
  expected: RegExp | null,
];

const departures: readonly Departing[] = [
  ["a replica leaves", "abc", "leave", "c", "abc", null],
  ["one that is silent leaves", "abc", "leave", "c", "ab", null],
  ["no member", "abc", "leave", "d", "abc", /has no member (64)+/],
  ["the last member", "a", "leave", "a", "a", /a:1 is the last replica/],
  ["the last replica", "axy", "leave", "a", "axy", /a:1 is the last replica/],
  ["the others are no majority", "abc", "leave", "a", "ab", /without a:1 only 1 of 2 voters answer/],
  ["nobody left would lead", "abxy", "leave", "a", "axy", /no replica answers/],
  ["a learner leaves whoever answers", "abcl", "leave", "l", "a", null],
  ["one that is silent is evicted", "abc", "evict", "c", "ab", null],
  ["one that answers is not", "abc", "evict", "c", "abc", /c:1 answers: use leave/],
  ["the last replica is not evicted", "axy", "evict", "a", "xy", /a:1 is the last replica/],
  ["a nameserver leaves whoever answers", "abcn", "leave", "n", "a", null],
  ["it is no replica that could stay", "an", "leave", "a", "a", /a:1 is the last replica/],
  ["one that is away is evicted", "abcN", "evict", "n", "abc", null],
  ["one that is not away answers", "abcn", "evict", "n", "abc", /n:1 answers: use leave/],
];

const refused = table("departure: what is refused", departures, ([, names, kind, of, heard, expected]) => {
  const answer = refusal(viewOf(names), kind, id(of), hearing(heard, long).isHeard);
  if (expected === null) assert.equal(answer, null);
  else assert.match(answer ?? "", expected);
});

const marked: readonly (readonly [names: string, marks: readonly number[], safe: boolean])[] = [
  ["abc", [99, 99, 0], true],
  ["abc", [99, 98, 98], false],
  ["abcd", [99, 99, 0, 0], false],
  ["abl", [99, 0, 99], false],
  ["axy", [0, 99, 100], true],
];
const safe = table(
  "departure: safe when a majority of the new view's voters has what was before it",
  marked,
  (row) => {
    const [names, marks, expected] = row;
    const kept = (of: NodeId) => slot(marks[[...names].findIndex((name) => id(name) === of)] ?? 0);
    assert.equal(isSafe(viewOf(names), kept), expected);
  },
);

const first = viewOf("abc", 1, 1);
const b = at("b", "b:1");

interface Life {
  readonly what: string;
  readonly changes: readonly ViewChange[];
  readonly reason?: "left" | "replaced";
}

const evictB: ViewChange = { type: "evict", against: 1, ids: [id("b")] };
const replaceB: ViewChange = { type: "replace", against: 1, id: id("b"), member: at("d", "b:1") };
const leaveB: ViewChange = { type: "leave", against: 1, id: id("b") };
const lives: readonly Life[] = [
  { what: "it left", changes: [leaveB], reason: "left" },
  { what: "it was evicted", changes: [evictB] },
  { what: "it was replaced", changes: [replaceB], reason: "replaced" },
  { what: "another one left", changes: [{ type: "leave", against: 1, id: id("c") }] },
  { what: "it joined again", changes: [evictB, { type: "join", against: 2, member: b }] },
  // The second was made against a view that was the newest no more: it did nothing.
  { what: "evicted, and replaced in vain", changes: [evictB, replaceB] },
  { what: "evicted, and left in vain", changes: [evictB, leaveB] },
  { what: "left, and evicted in vain", changes: [leaveB, evictB], reason: "left" },
  { what: "replaced, and left in vain", changes: [replaceB, leaveB], reason: "replaced" },
];
const farewell = table("farewell: the change that removed a node says why", lives, ({ changes, reason }) => {
  const it = new Farewell(id("b"), [first]);
  for (const [i, change] of changes.entries()) it.decided(slot(i + 1), change);
  assert.equal(it.gone?.reason, reason);
  assert.equal(it.hasLeft(id("b")), reason === "left");
});

/** The disk's views show already what the slots that are decided again did; only those did anything. */
const replayed = table("farewell: after a restart the same is said", lives, ({ changes, reason }) => {
  const views = new Views([first]);
  for (const [i, change] of changes.entries()) views.decide(slot(i + 1), change);
  const it = new Farewell(id("b"), views.all);
  for (const [i, change] of changes.entries()) it.decided(slot(i + 1), change);
  assert.equal(it.gone?.reason, reason);
});

const snapshotted: Case = {
  name: "farewell: after a snapshot only an address that another node has tells that it is over",
  run() {
    const views = new Views([first]);
    views.decide(slot(1), replaceB);
    const base = { slot: slot(80), logTime: logTime(0) };
    const replaced = new Farewell(id("b"), [first]);
    replaced.installed({ ...base, views: views.all });
    assert.match(replaced.gone?.message ?? "", /replaced: b:1 belongs to (64)+ now/);
    const evicted = new Farewell(id("b"), [first]);
    evicted.installed({ ...base, views: [viewOf("ac", 3, 1)] });
    assert.equal(evicted.gone, null);
  },
};

export const memberCases: readonly Case[] = [
  absent,
  lowersNothing,
  admitted,
  full,
  refused,
  safe,
  farewell,
  replayed,
  snapshotted,
];
