/** Cases of state agreement that throw when they fail: who stops, what it says, and what is no reason to stop. */
import assert from "node:assert/strict";
import type { NodeId } from "../../src/shared/paxos/ids.ts";
import { type Slot, slot } from "../../src/shared/paxos/slot.ts";
import type { Role } from "../../src/shared/paxos/view.ts";
import { Tally } from "../../src/shared/server/tally.ts";
import { type Case, id, table } from "../paxos/case.ts";
import { Table } from "./agreement-rig.ts";

/** The node is a; of other nodes "b64=1" says that b told 1 of slot 64. */
interface Row {
  readonly replicas: string;
  readonly told: string;
  /** What a has itself, by slot. */
  readonly own: Readonly<Record<number, number>>;
  readonly verdict: string;
}

const own = { 64: 1, 128: 2 };
const verdicts: readonly Row[] = [
  { replicas: "a", told: "", own, verdict: "agree" },
  { replicas: "abc", told: "", own, verdict: "agree" },
  { replicas: "abc", told: "b64=1 c128=2", own, verdict: "agree" },
  // Nothing to compare with.
  { replicas: "abc", told: "b65=9 c66=9", own, verdict: "agree" },
  { replicas: "abc", told: "b64=9 c64=9", own, verdict: "minority bc" },
  { replicas: "abc", told: "b64=9 c64=8", own, verdict: "undecided bc" },
  { replicas: "abc", told: "b64=9 c128=9", own, verdict: "undecided bc" },
  { replicas: "abc", told: "b64=9", own, verdict: "undecided b" },
  { replicas: "abc", told: "b64=9 c64=1", own, verdict: "majority b" },
  { replicas: "abc", told: "b64=9 c128=2", own, verdict: "majority b" },
  // c agreed before b was seen to differ: that says nothing of where it stands now.
  { replicas: "abc", told: "b128=9 c64=1", own, verdict: "undecided b" },
  { replicas: "abc", told: "b128=9 c64=1 c128=9", own, verdict: "minority bc" },
  { replicas: "ab", told: "b64=9", own, verdict: "undecided b" },
  { replicas: "abcd", told: "b64=9 c64=9", own, verdict: "undecided bc" },
  { replicas: "abcd", told: "b64=9 c64=9 d64=9", own, verdict: "minority bcd" },
  { replicas: "abcd", told: "b64=9 c64=9 d64=1", own, verdict: "undecided bc" },
  { replicas: "abcd", told: "b64=9 c64=1 d64=1", own, verdict: "majority b" },
  { replicas: "abcde", told: "b64=9 c64=9", own, verdict: "undecided bc" },
  { replicas: "abcde", told: "b64=9 c64=9 d64=9", own, verdict: "minority bcd" },
  { replicas: "abcde", told: "b64=9 c64=9 d64=1 e64=1", own, verdict: "majority bc" },
  { replicas: "abcde", told: "b64=9 c64=9 d64=8 e64=1", own, verdict: "undecided bcd" },
  // A learner (a) is counted nowhere, nor is one that tells of itself (d).
  { replicas: "bce", told: "b64=9 c64=9", own, verdict: "minority bc" },
  { replicas: "bce", told: "b64=9 c64=1", own, verdict: "undecided b" },
  { replicas: "abc", told: "b64=9 d64=9", own, verdict: "undecided b" },
  // What b and c told alike before they differed from one another decides nothing.
  { replicas: "abc", told: "b60=5 b64=9 c60=5 c64=8", own, verdict: "undecided bc" },
  // b started anew, and agrees.
  { replicas: "abc", told: "b64=9 b32=7 b128=2 c64=9", own, verdict: "majority c" },
  { replicas: "abc", told: "b64=9 b128=2 c128=2", own, verdict: "agree" },
  // Messages were repeated.
  { replicas: "abc", told: "b64=9 b64=9 c64=9 c64=9", own, verdict: "minority bc" },
];

const verdictCase = table("agreement: verdict", verdicts, ({ replicas, told, own: mine, verdict }) => {
  const tally = new Tally();
  for (const [, name = "", at, value] of told.matchAll(/([a-f])(\d+)=(\d+)/g))
    tally.hear(id(name), slot(Number(at)), Number(value));
  const judge = () => tally.judge([...replicas].map(id), id("a"), (s: Slot) => mine[s] ?? null);
  const found = judge();
  assert.equal(shown(found), verdict);
  assert.deepEqual(judge(), found, "looking again changes nothing");
});

function shown(verdict: ReturnType<Tally["judge"]>): string {
  const letters = (ids: readonly NodeId[]) => ids.map((node) => node[0]).join("");
  return verdict.type === "agree" ? "agree" : `${verdict.type} ${letters(verdict.others)}`;
}

/** Replicas with these moods; who stops after a call whose outcome depends on them. */
interface Group {
  readonly moods: readonly (number | null)[];
  readonly roles?: readonly Role[];
  readonly silent?: string;
  readonly stopped: string;
  readonly agrees: boolean;
}

const groups: readonly Group[] = [
  { moods: [0], stopped: "", agrees: true },
  { moods: [0, 0, 0], stopped: "", agrees: true },
  { moods: [0, 0, 1], stopped: "c", agrees: true },
  { moods: [1, 0, 0], stopped: "a", agrees: true },
  { moods: [0, 1, 2], stopped: "", agrees: false },
  { moods: [0, 1], stopped: "", agrees: false },
  { moods: [0, 0, 1, 1], stopped: "", agrees: false },
  { moods: [0, 0, 0, 1], stopped: "d", agrees: true },
  { moods: [0, 0, 0, 1, 2], stopped: "de", agrees: true },
  { moods: [0, 0, 1, 1, 2], stopped: "", agrees: false },
  // A silent replica is counted: it may be of the others' opinion.
  { moods: [0, 1, 0], silent: "c", stopped: "", agrees: false },
  { moods: [0, 0, 1, 0, 0], silent: "de", stopped: "", agrees: false },
  { moods: [0, 0, 1, 0], silent: "d", stopped: "", agrees: false },
  { moods: [0, 0, 0, 1, 0], silent: "e", stopped: "d", agrees: true },
  // One that runs other code executes nothing and differs from nobody.
  { moods: [0, 0, null], stopped: "", agrees: true },
  { moods: [0, 1, null], stopped: "", agrees: false },
  // A learner compares itself; it makes no majority.
  { moods: [0, 0, 1], roles: ["replica", "replica", "learner"], stopped: "c", agrees: true },
  { moods: [0, 1, 1], roles: ["replica", "replica", "learner"], stopped: "", agrees: false },
  { moods: [0, 0, null], roles: ["replica", "replica", "acceptor"], stopped: "", agrees: true },
];

const groupCase = table(
  "agreement: who stops",
  groups,
  ({ moods, roles = [], silent = "", stopped, agrees }) => {
    const all = new Table(moods, roles);
    for (const name of silent) all.seat(name).silent = true;
    for (let i = 0; i < 100; i++) all.call("add", "add");
    all.pass(2_000);
    assert.equal(all.stopped, "", "replicas with one state");
    all.call("add", "add", "Mood/other.tell", "add");
    all.call("add");
    all.pass(2_000);
    assert.equal(all.stopped, stopped);
    const first = all.seat("a").stopped === null ? all.seat("a") : all.seat("b");
    assert.equal(first.agreement.agrees, agrees);
    const told = /since slot 103: Mood\/other\.tell gave another outcome \(call 203 of session 2\.0\)/;
    for (const name of stopped) assert.match(all.seat(name).stopped ?? "", told);
    if (!agrees) assert.match(first.agreement.problems.join("; "), told);
  },
);

/** Under load each replica tells of slots of its own choice, and executes in strides of its own. */
const busy: Case = {
  name: "agreement: under load",
  run() {
    const all = new Table([0, 0, 1]);
    const run = (slots: number, method: string) => {
      for (let i = 0; i < slots; i++) {
        all.seat("b").late = i % 7 !== 0;
        all.seat("c").late = i % 31 !== 0;
        all.call(method, "add");
        if (i % 3 === 0) all.pass(10);
      }
      all.catchUp();
    };
    run(1_000, "add");
    assert(all.stopped === "" && all.seats.every((s) => s.agreement.agrees), "replicas with one state");
    run(200, "tell");
    assert.equal(all.stopped, "c", "found while calls go on");
    assert.match(all.seat("c").stopped ?? "", /2 of the 3 replicas since slot 1003: Mood\/main\.tell gave/);
  },
};

const silentPeers: Case = {
  name: "agreement: stops without an answer",
  run() {
    const all = new Table([0, 0, 1]);
    all.call("add");
    all.pass(200);
    all.call("tell");
    for (const seat of all.seats) seat.agreement.asked = () => undefined;
    all.pass(1_000);
    assert.equal(all.stopped, "");
    all.pass(400);
    assert.match(
      all.seat("c").stopped ?? "",
      /differs from that of 2 of the 3 replicas since a slot from 4 to 4\./,
    );
  },
};

const lateOne: Case = {
  name: "agreement: one that is late",
  run() {
    const all = new Table([0, 0, 1]);
    all.seat("c").late = true;
    for (let i = 0; i < 50; i++) all.call("tell");
    all.pass(1_000);
    assert.equal(all.stopped, "", "what it has not executed cannot differ");
    all.catchUp();
    all.pass(1_000);
    assert.match(all.seat("c").stopped ?? "", /since slot 3: Mood\/main\.tell/);
  },
};

const hashes = (a: number, b: number) => [
  { object: "Mood/main", hash: a },
  { object: "Mood/x", hash: b },
];

const states: Case = {
  name: "agreement: snapshots",
  run() {
    const all = new Table([0, 0, 0]);
    all.call("add");
    all.snapshot("a", 3, 70, hashes(1, 2));
    all.snapshot("b", 3, 71, hashes(1, 3));
    all.pass(500);
    assert.deepEqual([all.stopped, all.seat("a").agreement.agrees], ["", false]);
    assert.deepEqual(all.seat("a").agreement.problems, [], "the third may decide it");
    all.pass(1_000);
    assert.match(
      all.seat("a").agreement.problems.join(),
      /b:1 differs .* of slot 3, in Mood\/x; no majority/,
    );
    all.snapshot("c", 3, 70, hashes(1, 2));
    all.pass(500);
    assert.equal(all.stopped, "b");
    assert.match(all.seat("b").stopped ?? "", /2 of the 3 replicas in the snapshot of slot 3, in Mood\/x\. /);
    assert.equal(all.seat("a").agreement.agrees, true);
  },
};

const staggered: Case = {
  name: "agreement: snapshots are made one after the other",
  run() {
    const all = new Table([0, 0, 0]);
    for (const [at, hash] of [
      [10, 1],
      [20, 2],
      [30, 3],
    ] as const) {
      for (const name of "abc") {
        all.snapshot(name, at, hash, hashes(at, at));
        all.pass(100);
        assert.deepEqual([all.stopped, all.seat("a").agreement.agrees], ["", true]);
      }
    }
  },
};

export const agreementCases: readonly Case[] = [
  verdictCase,
  groupCase,
  busy,
  silentPeers,
  lateOne,
  states,
  staggered,
];
