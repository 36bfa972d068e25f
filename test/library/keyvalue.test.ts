/** KeyValue: its cases, and against a map with times. */
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { Registry } from "../../src/shared/object/registry.ts";
import { follow, library, Rig, type Step } from "./rig.ts";

const value = "ValueError VALUE_ERROR";
let registry: Registry = new Map();
beforeAll(async () => {
  registry = await library("KeyValue");
});

const steps: readonly Step[] = [
  ["get", ["a"], null],
  ["put", ["b/2", { n: 2 }], undefined],
  ["put", ["b/1", 1], undefined],
  ["put", ["b", 0], undefined],
  ["put", ["c", false], undefined],
  ["put", ["", 1], value],
  ["put", [5, 1], value],
  ["put", ["a", null], value],
  ["put", ["a"], value],
  ["put", ["a", 1, 0], value],
  ["put", ["a", 1, -1], value],
  ["put", ["a", 1, Number.POSITIVE_INFINITY], value],
  [
    "list",
    ["b/"],
    [
      { key: "b/1", value: 1 },
      { key: "b/2", value: { n: 2 } },
    ],
  ],
  ["list", ["x"], []],
  ["size", [], 4],
  ["get", ["c"], false],
  ["ttl", ["c"], null],
  ["ttl", ["x"], null],
  ["delete", ["c"], true],
  ["delete", ["c"], false],
  ["compareAndSet", ["b/2", { n: 1 }, 3], false],
  ["compareAndSet", ["b/2", { n: 2 }, 3], true],
  ["compareAndSet", ["b/2", null, 4], false],
  ["compareAndSet", ["d", null, 4], true],
  ["compareAndSet", ["d", 4, null], true],
  ["compareAndSet", ["d", null, null], true],
  ["compareAndSet", ["d", null, 1, "soon"], value],
  [
    "list",
    [],
    [
      { key: "b", value: 0 },
      { key: "b/1", value: 1 },
      { key: "b/2", value: 3 },
    ],
  ],
];

describe("KeyValue", () => {
  test.each([false, true])("its methods (snapshots: %s)", (restarting) =>
    follow(registry, "KeyValue", steps, restarting),
  );

  test("what has a time to live is gone when log time has passed it, and not before", () => {
    const rig = new Rig(registry, "KeyValue");
    const client = rig.client();
    client.call("put", "a", 1, 100);
    client.call("put", "b", 2, 100);
    client.call("put", "c", 3, 200);
    rig.pass(50);
    expect(client.call("put", "b", 4)).toBeUndefined();
    rig.pass(49);
    rig.restart();
    expect([rig.read("get", "a"), rig.read("ttl", "a"), rig.read("ttl", "b"), rig.read("size")]).toEqual([
      1,
      1,
      null,
      3,
    ]);
    rig.pass(1);
    expect([rig.read("get", "a"), rig.read("ttl", "a"), rig.read("size")]).toEqual([null, null, 2]);
    expect(rig.read("list")).toEqual([
      { key: "b", value: 4 },
      { key: "c", value: 3 },
    ]);
    expect([client.call("delete", "a"), client.call("compareAndSet", "c", 3, 5, 500)]).toEqual([false, true]);
    rig.pass(100);
    expect([rig.read("ttl", "c"), client.call("get", "c")]).toEqual([400, 5]);
    rig.pass(400);
    expect([client.call("compareAndSet", "c", 5, 6), client.call("compareAndSet", "c", null, 7)]).toEqual([
      false,
      true,
    ]);
    expect(client.call("ttl", "c")).toBe(null);
  });

  test("nothing runs out while the wall clock runs and log time stands", () => {
    const rig = new Rig(registry, "KeyValue");
    const client = rig.client();
    client.call("put", "a", 1, 100);
    rig.log.wall += 1_000_000;
    expect(client.call("get", "a")).toBe(1);
  });

  test("what ran out leaves the state with the next write", () => {
    const rig = new Rig(registry, "KeyValue");
    const client = rig.client();
    for (let i = 0; i < 50; i++) client.call("put", `k${i}`, i, 10 + i);
    rig.pass(1_000);
    client.call("put", "last", 1);
    const { entries, dues } = rig.state as unknown as Record<string, { get_size(): number }>;
    expect([entries?.get_size(), dues?.get_size()]).toEqual([1, 0]);
  });
});

interface Held {
  readonly value: number;
  readonly due: number;
}

const step = fc.record({
  method: fc.constantFrom("put", "delete", "compareAndSet", "pass"),
  key: fc.constantFrom("a", "a/b", "b"),
  expected: fc.constantFrom(null, 0, 1),
  next: fc.nat(1),
  ttl: fc.constantFrom(null, 1, 2, 5),
  passes: fc.nat(3),
});

test("KeyValue against a map with times", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (list) => {
      const rig = new Rig(registry, "KeyValue");
      const client = rig.client();
      const model = new Map<string, Held>();
      client.call("size");
      for (const { method, key, expected, next, ttl, passes } of list) {
        const held: Held = { value: next, due: rig.log.at + (ttl ?? Number.POSITIVE_INFINITY) };
        if (method === "pass") {
          rig.pass(passes);
          for (const [k, { due }] of model) if (due <= rig.log.at) model.delete(k);
        } else if (method === "put") {
          client.call("put", key, next, ttl);
          model.set(key, held);
        } else if (method === "delete") expect(client.call("delete", key)).toBe(model.delete(key));
        else {
          const fits = (model.get(key)?.value ?? null) === expected;
          expect(client.call("compareAndSet", key, expected, next, ttl)).toBe(fits);
          if (fits) model.set(key, held);
        }
        const sorted = [...model].sort(([a], [b]) => (a < b ? -1 : 1));
        expect(rig.read("list")).toEqual(sorted.map(([k, { value }]) => ({ key: k, value })));
        expect(rig.read("size")).toBe(model.size);
        const { due } = model.get(key) ?? { due: Number.POSITIVE_INFINITY };
        expect(rig.read("ttl", key)).toBe(due === Number.POSITIVE_INFINITY ? null : due - rig.log.at);
      }
    }),
    { numRuns: 200 },
  );
});
