/** What a leader decides about members: every rule against what it hears, as tables. */
import { expect, test } from "vitest";
import { type NodeId, nodeId } from "../../src/shared/paxos/ids.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import { isQuorum, isSafe, type Member, type Role, type View, Views } from "../../src/shared/paxos/view.ts";
import { absence } from "../../src/shared/server/absence.ts";
import { admit, replaceAfterMillis } from "../../src/shared/server/admission.ts";
import { refusal } from "../../src/shared/server/departure.ts";
import { Farewell } from "../../src/shared/server/farewell.ts";

const roles: Readonly<Record<string, Role>> = { x: "acceptor", y: "acceptor", z: "acceptor", l: "learner" };

/** The node called by a letter. */
function id(name: string): NodeId {
  return nodeId(name.charCodeAt(0).toString(16).repeat(8));
}

function member(name: string, role: Role = "replica"): Member {
  return { id: id(name), role, addr: `${name}:1`, domain: "", groups: [], away: false };
}

/** Members by letter: x, y, z are acceptors, l is a learner, the others replicas; capitals are away. */
function viewOf(names: string, number = 7, first = 100): View {
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
const away = (name: string, is = true) => ({ type: "away", against: 7, id: id(name), away: is });
const evict = (names: string) => ({ type: "evict", against: 7, ids: [...names].map(id) });

test.each<[string, string, string, number, unknown]>([
  ["all are heard", "abc", "abc", long, null],
  ["silent, but not for long enough", "abc", "ab", short, null],
  ["silent for long: away", "abc", "ab", long, away("c")],
  ["a learner, too", "abcl", "abc", long, away("l")],
  ["away and heard: back", "abC", "abc", long, away("c", false)],
  ["back goes before others", "aBcd", "ab", long, away("b", false)],
  ["three stay", "abC", "ab", long, null],
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
])("absence: %s", (_what, names, heard, silent, expected) => {
  expect(absence(viewOf(names), hearing(heard, silent), 30_000)).toEqual(expected);
});

test("eviction lowers nothing that the voters which answer could bear", () => {
  for (let all = 1; all <= 9; all++) {
    for (let gone = 0; gone <= all; gone++) {
      const names = "abcdefghi".slice(0, all - gone) + "JKLMNOPQR".slice(0, gone);
      const view = viewOf(names);
      const live = names.slice(0, all - gone);
      const change = absence(view, hearing(live, long), 30_000);
      if (change?.type !== "evict") continue;
      const left = view.members.filter((m) => !change.ids.includes(m.id));
      expect(left.length).toBeGreaterThanOrEqual(3);
      // As many of those that answer may fail now as before.
      const bears = (v: View) => {
        for (let fail = 0; ; fail++) {
          const up = live.slice(fail);
          if (!isQuorum(v, (of) => [...up].some((n) => id(n) === of))) return fail - 1;
        }
      };
      expect(bears({ ...view, members: left })).toBeGreaterThanOrEqual(bears(view));
    }
  }
});

const at = (name: string, addr: string, role: Role = "replica", groups: readonly string[] = []) => ({
  ...member(name, role),
  addr,
  groups,
});
const early = replaceAfterMillis - 1;
const wait = 2 * replaceAfterMillis;

test.each<[string, Member, number, number, unknown]>([
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
])("admission: %s", (_what, asks, silent, waited, expected) => {
  const admission = admit(viewOf("abc"), asks, () => silent, waited);
  if (expected === "later") expect(admission).toEqual({ type: "later" });
  else if (expected instanceof RegExp)
    expect(admission).toMatchObject({
      type: "refused",
      code: "DENIED",
      message: expect.stringMatching(expected),
    });
  else
    expect(admission).toEqual({
      type: "change",
      change: { ...(expected as object), against: 7, member: asks },
    });
});

test("admission: a view takes a limited number", () => {
  const members = Array.from({ length: 99 }, (_, i) => ({ ...member("a"), id: id("a"), addr: `h:${i + 1}` }));
  expect(admit({ number: 1, first: slot(1), members }, member("b"), () => 0, 0)).toMatchObject({
    code: "BUSY",
  });
});

test.each<[string, string, "leave" | "evict", string, string, RegExp | null]>([
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
])("departure: %s", (_what, names, kind, of, heard, expected) => {
  const answer = refusal(viewOf(names), kind, id(of), hearing(heard, long).isHeard);
  if (expected === null) expect(answer).toBeNull();
  else expect(answer).toMatch(expected);
});

test.each<[string, readonly number[], boolean]>([
  ["abc", [99, 99, 0], true],
  ["abc", [99, 98, 98], false],
  ["abcd", [99, 99, 0, 0], false],
  ["abl", [99, 0, 99], false],
  ["axy", [0, 99, 100], true],
])("departure: %s with marks %j is safe: %s", (names, marks, expected) => {
  const decided = (of: NodeId) => slot(marks[[...names].findIndex((name) => id(name) === of)] ?? 0);
  expect(isSafe(viewOf(names), decided)).toBe(expected);
});

test("farewell: the change that removed a node says why", () => {
  const first = { ...viewOf("abc", 1, 1) };
  const b = at("b", "b:1");
  type Step = Parameters<Farewell["decided"]>[1];
  const rows: readonly (readonly [readonly Step[], string | undefined])[] = [
    [[{ type: "leave", against: 1, id: id("b") }], "left"],
    [[{ type: "evict", against: 1, ids: [id("b")] }], undefined],
    [[{ type: "replace", against: 1, id: id("b"), member: at("d", "b:1") }], "replaced"],
    [[{ type: "leave", against: 1, id: id("c") }], undefined],
    [
      [
        { type: "evict", against: 1, ids: [id("b")] },
        { type: "join", against: 2, member: b },
      ],
      undefined,
    ],
  ];
  for (const [steps, expected] of rows) {
    const farewell = new Farewell(id("b"), [first]);
    for (const [i, step] of steps.entries()) farewell.decided(slot(i + 1), step);
    expect(farewell.gone?.reason).toBe(expected);
  }
});

test("farewell: after a snapshot only an address that another node has tells that it is over", () => {
  const views = new Views([viewOf("abc", 1, 1)]);
  views.decide(slot(1), { type: "replace", against: 1, id: id("b"), member: at("d", "b:1") });
  const base = { slot: slot(80), logTime: 0 as never };
  const replaced = new Farewell(id("b"), [viewOf("abc", 1, 1)]);
  replaced.installed({ ...base, views: views.all });
  expect(replaced.gone?.message).toMatch(/replaced: b:1 belongs to (64)+ now/);
  const evicted = new Farewell(id("b"), [viewOf("abc", 1, 1)]);
  evicted.installed({ ...base, views: [viewOf("ac", 3, 1)] });
  expect(evicted.gone).toBeNull();
});
