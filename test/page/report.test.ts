/** The parts of what a page is told, alone. */
import { expect, test } from "vitest";
import type { Clock } from "../../src/shared/clock.ts";
import { metersMax, treeChildrenMax, treeTextCharsMax, treeValuesMax } from "../../src/shared/limits.ts";
import { type Calls, type Outcome, seq, sessionId } from "../../src/shared/object/types.ts";
import { millis, wallMillis } from "../../src/shared/paxos/ids.ts";
import { latencyBounds, quantile } from "../../src/shared/server/latency.ts";
import { Meters } from "../../src/shared/server/meters.ts";
import { treeOf } from "../../src/shared/server/state-tree.ts";

const session = sessionId("2.0");
const command: Calls = {
  type: "calls",
  session,
  firstSeq: seq(1),
  n: 1,
  ackedSeq: seq(0),
  ackedLate: [],
  payload: new Uint8Array(0),
};
const returned: Outcome = { type: "returned", value: new Uint8Array(0) };
/** A clock that stands. */
function clockAt(now: number): Clock {
  const moment = { now: millis(now), wall: wallMillis(0), random: 0 };
  return { moment: () => moment, at: () => ({ cancel: () => undefined }), soon: () => undefined };
}
const call = (object: string, method: string) => ({ object, method, args: [] });

test("meters count by class and method, and time the calls of this node's clients", () => {
  const since = millis(999_999_999);
  const meters = new Meters(clockAt(1_000_000_000), ({ n }) => (n === 1 ? since : null));
  meters.executed(command, call("A/x", "m"), seq(1), returned);
  meters.executed(command, call("A/y", "m"), seq(2), { type: "threw", error: new Uint8Array(0) });
  meters.executed({ ...command, n: 2 }, call("A", "m"), seq(3), returned);
  meters.executed(command, call("A", "n"), seq(4), { type: "blocked" });
  meters.read(call("A", "m"), returned, since);
  meters.answered();
  expect(meters.report).toMatchObject([
    { class: "A", method: "m", calls: 3, reads: 1, errors: 1, blocked: 0, latency: { count: 3 } },
    { class: "A", method: "n", calls: 1, errors: 0, blocked: 1, latency: { count: 0 } },
  ]);
});

test("names that callers make up cost no memory, nor do methods beyond the limit", () => {
  const meters = new Meters(clockAt(1_000_000_000), () => null);
  const unknown = { type: "refused", code: "UNKNOWN_METHOD", message: "", executed: "no" } as const;
  for (let i = 0; i < 10; i++) meters.executed(command, call("A", `x${i}`), seq(1), unknown);
  expect(meters.report).toMatchObject([{ class: "", method: "", calls: 10, errors: 10 }]);
  for (let i = 0; i < metersMax + 5; i++) meters.executed(command, call("A", `m${i}`), seq(1), returned);
  expect(meters.report).toHaveLength(metersMax + 1);
  expect(meters.report.at(-1)).toMatchObject({ class: "", calls: 15 });
});

test.each([
  [[0, 0, 4], 0.5, 0.375],
  [[0, 2, 2], 0.5, 0.25],
  [[4], 1, 0.125],
  [[], 0.5, null],
])("quantile of %j at %d", (buckets, share, expected) => {
  expect(quantile(buckets, share)).toBe(expected);
});

test("a time falls into the first bucket that takes it", () => {
  for (const took of [0, 0.0625, 0.125, 0.1875, 0.25, 1, 1.0625, 8, 1_000, 16_384, 16_385, 1e9]) {
    const meters = new Meters(clockAt(1_000_000_000), () => null);
    meters.read(call("A", "m"), returned, millis(1_000_000_000 - took));
    const bucket = meters.report[0]?.latency.buckets.indexOf(1) ?? -1;
    const expected = latencyBounds.findIndex((bound) => took <= bound);
    expect([took, bucket]).toEqual([took, expected < 0 ? latencyBounds.length : expected]);
  }
});

test("a tree shows values of every kind, runs nobody's code and has a bound", () => {
  const never = () => {
    throw new Error("code of the object ran");
  };
  class Odd extends Map<string, number> {
    override get size(): number {
      return never();
    }
    override entries = never;
    override [Symbol.iterator] = never;
  }
  const cycle: { self?: unknown; list: unknown[] } = { list: new Array(3) };
  cycle.self = cycle;
  const odd = Object.defineProperty({}, "x", { get: never, enumerable: true });
  const of = (value: unknown) => treeOf(value, (v) => v === odd);
  expect(of([1, "a", null, true, 3n, Number.NaN, -0, undefined, new Date(0)])).toMatchObject({
    t: "list",
    e: [
      1,
      "a",
      null,
      true,
      { v: "3n" },
      { v: "NaN" },
      { v: "-0" },
      { v: "undefined" },
      { v: "1970-01-01T00:00:00.000Z" },
    ],
  });
  expect(of(new Odd())).toMatchObject({ t: "map", c: "Odd", n: 0, e: [] });
  expect(of(cycle)).toMatchObject({
    e: [
      ["list", { n: 3 }],
      ["self", { v: "seen above" }],
    ],
  });
  expect(of(odd)).toMatchObject({ v: "proxy" });
  expect(
    of({
      get x() {
        return never();
      },
    }),
  ).toMatchObject({ e: [["x", { v: "accessor" }]] });
  expect(of("x".repeat(treeTextCharsMax + 1))).toMatchObject({ t: "text", n: treeTextCharsMax + 1 });
});

test("a tree has a bound, whatever the size of the state", () => {
  const of = (value: unknown) => treeOf(value, () => false);
  const wide = of(Array.from({ length: 1e6 }, () => 0));
  expect(wide).toMatchObject({ n: 1e6, e: { length: treeChildrenMax } });
  const many = of(Array.from({ length: 200 }, () => Array.from({ length: 200 }, () => 0)));
  expect(JSON.stringify(many).match(/0[,\]]/g)?.length).toBeLessThanOrEqual(treeValuesMax + 200);
  let deep: unknown = 0;
  for (let i = 0; i < 10_000; i++) deep = [deep];
  expect(JSON.stringify(of(deep))).toContain("too deep");
});
