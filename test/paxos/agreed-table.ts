/** Tables of catch-up, of log time and of the agreed wall clock. */
import assert from "node:assert/strict";
import { LeadershipTime, medianWall } from "../../src/shared/paxos/agreed.ts";
import { joinBatch, splitBatch } from "../../src/shared/paxos/batch.ts";
import { CatchUp } from "../../src/shared/paxos/catchup.ts";
import { logTime, wallMillis } from "../../src/shared/paxos/ids.ts";
import { Log } from "../../src/shared/paxos/log.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import { at, type Case, command, id, product, proposal, pvalue, recovered, table, view } from "./case.ts";

function held(decided: number, size = 10): { log: Log; it: CatchUp } {
  const accepted = [...Array(decided + 1).keys()].map((i) => ({
    ...pvalue(i + 1, "1.a", ""),
    proposal: proposal(`big:${size}`),
  }));
  const log = new Log(recovered("a", view("abc"), { accepted, decided: slot(decided) }));
  return { log, it: new CatchUp(log) };
}

/** Slots 1 to 3 are decided, 4 is only accepted: it must not be told. */
const answers = table("catch-up: answer", [1, 2, 3, 4, 5], (from) => {
  const { it } = held(3);
  const m = it.answer(slot(from));
  assert(m.type === "decisions");
  assert.deepEqual([m.decided, m.trimmed], [3, 0]);
  const slots = [1, 2, 3].filter((s) => s >= from);
  assert.deepEqual(
    m.values.map((v) => v.slot),
    slots,
  );
});

const bounded = table("catch-up: answers are bounded", [10, 300_000, 2_000_000], (size) => {
  const { it } = held(6, size);
  const m = it.answer(slot(1));
  assert(m.type === "decisions");
  const enough = Math.ceil((1024 * 1024) / (size + 68));
  assert.equal(m.values.length, Math.min(6, enough));
});

/** Somebody tells a mark below, at and above the own; a newcomer asks in any case. */
const asks = table("catch-up: ask", product([0, 2, 3, 4, 9], [true, false]), ([mark, always]) => {
  const { it } = held(3);
  it.heard(id("b"), slot(mark));
  const wanted = always || mark > 3;
  const first = it.ask(at(1000), () => [id("c")], always);
  assert.equal(first, null, "it was moving a moment ago");
  const [early, later] = [
    it.ask(at(1029), () => [id("c")], always),
    it.ask(at(1030), () => [id("c")], always),
  ];
  assert.equal(early, null);
  const teller = mark > 0 ? id("b") : id("c");
  assert.equal(later, wanted ? teller : null);
  assert.equal(it.wakeAt(always), wanted ? 1130 : Number.POSITIVE_INFINITY);
  assert.equal(
    it.ask(at(1129), () => [id("c")], always),
    null,
  );
  assert.equal(
    it.ask(at(1130), () => [id("c")], always),
    wanted ? id("c") : null,
    "then the others in turn",
  );
});

/** An answer brings all, or leaves something out. */
const received = table("catch-up: received", product([2, 3, 4, 8], [0, 3, 5, 8]), ([told, target]) => {
  const { it } = held(3);
  it.heard(id("b"), slot(target));
  const values = told > 3 ? [{ slot: slot(4), proposal: proposal("x") }] : [];
  const answer = { type: "decisions", values, decided: slot(told), trimmed: slot(0) } as const;
  it.received(id("c"), answer, at(1000));
  assert.equal(it.complete, told <= 3);
  assert.equal(it.target, Math.max(target, told));
  const next = told > 3 ? 1000 : 1100;
  assert.equal(it.wakeAt(true), next);
  assert.equal(it.wakeAt(false), Math.max(target, told) > 3 ? next : Number.POSITIVE_INFINITY);
});

/** Log time after readings of the clock: steps, a pause, a jump back, a reading repeated. */
const time = table(
  "log time",
  [
    { reads: [0], sums: [100] },
    { reads: [10, 20, 20], sums: [110, 120, 120] },
    { reads: [250], sums: [350] },
    { reads: [251], sums: [350] },
    { reads: [100_000], sums: [350] },
    { reads: [100_000, 100_010], sums: [350, 360] },
    { reads: [-500, -490], sums: [100, 110] },
    { reads: [50, 20, 30], sums: [150, 150, 160] },
    { reads: [0.4, 0.8, 1.2], sums: [100, 100, 101] },
  ],
  ({ reads, sums }) => {
    const it = new LeadershipTime(logTime(100), at(0));
    assert.deepEqual(
      reads.map((n) => it.tick(at(n))),
      sums,
    );
  },
);

const when = table("log time: when", product([0, 40], [0, 100, 140, 150, 1000]), ([tick, due]) => {
  const it = new LeadershipTime(logTime(100), at(0));
  it.tick(at(tick));
  const wake = it.when(logTime(due));
  assert(wake > tick);
  assert(it.tick(wake) >= Math.min(due, 100 + tick + 250), "at that time it is due");
  if (due > 100 + tick) assert(wake - tick <= due - 100 - tick + 1, "and not long before");
});

/** The lower median: of every order of up to four clocks, one of them wrong by much. */
const wall = table(
  "wall time: median",
  product([0, 1, 2, 3], [10, 11, 12], [10, 11, 12], [-1e9, 1e9]),
  (row) => {
    const [others, b, c, wrong] = row;
    const clocks = [10, b, c, wrong].slice(0, others + 1);
    const sorted = [...clocks].sort((x, y) => x - y);
    const median = sorted[Math.ceil(sorted.length / 2) - 1];
    assert.equal(medianWall(clocks.map(wallMillis)), median);
    if (others >= 2)
      assert(Math.abs(medianWall(clocks.map(wallMillis)) - 11) <= 1 || (others === 3 && wrong > 0));
    assert.deepEqual(clocks, [10, b, c, wrong].slice(0, others + 1), "the list given is left alone");
  },
);

const noClock: Case = {
  name: "wall time: no clock at all",
  run: () => assert.equal(medianWall([]), 0),
};

const batches = table(
  "batch: joined and split",
  [[], [""], ["a"], ["a", ""], ["", "bc", "d"], ["big:70000", "x"]],
  (texts) => {
    const commands = texts.map(command);
    const body = joinBatch(commands);
    assert.deepEqual(
      splitBatch(body).map((c) => [...c]),
      commands.map((c) => [...c]),
    );
    for (const cut of [1, 3, 5]) {
      if (body.length - cut <= 0 || texts.length > 1) continue;
      assert.throws(() => splitBatch(body.subarray(0, body.length - cut)), RangeError);
    }
  },
);

export const agreedCases: readonly Case[] = [
  answers,
  bounded,
  asks,
  received,
  time,
  when,
  wall,
  noClock,
  batches,
];
