/** States as tables: what is made from one is what it was made of, whatever its shape; and read-only copies. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clone, readOnly } from "../../src/shared/live/view.ts";
import { Tickets } from "../../src/shared/object/index.ts";
import type { Constructor } from "../../src/shared/object/registry.ts";
import { stateHash } from "../../src/shared/object/state-hash.ts";
import { objectOf, tableOf } from "../../src/shared/object/state-table.ts";
import { sessionId } from "../../src/shared/object/types.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import { decodeFeedState, encodeFeedState } from "../../src/shared/wire/feed-codec.ts";

class Holder {
  value: unknown;
}
class Node {
  next: Node | null = null;
  readonly id: number;
  constructor(id = 0) {
    this.id = id;
  }
}
class Bag extends Map<string, number> {
  label = "";
}

const classes = new Map<string, Constructor>(Object.entries({ Holder, Node, Bag, Tickets }));
const nameOf = (prototype: object): string => {
  const found = [...classes].find(([, ctor]) => ctor.prototype === prototype);
  if (found === undefined) throw new Error("a stranger");
  return found[0];
};
const classOf = (name: string): Constructor => classes.get(name) ?? Holder;

/** Through the bytes that travel. */
function moved(value: unknown): Holder {
  const holder = new Holder();
  holder.value = value;
  const table = tableOf(holder, nameOf);
  const state = { slot: slot(1), version: 0, hasDClass: false, waiting: [], table };
  const arrived = decodeFeedState(encodeFeedState(state)).table;
  if (arrived === null) throw new Error("no table");
  const made = objectOf(arrived, classOf, () => Object.create(Holder.prototype));
  expect(stateHash(made)).toBe(stateHash(holder));
  expect(made).toBeInstanceOf(Holder);
  return made as Holder;
}

const shared = { n: 1 };
const cycle: { self?: unknown; map: Map<unknown, unknown> } = { map: new Map() };
cycle.self = cycle;
cycle.map.set(cycle, cycle.map);
const holes: unknown[] = [1];
holes[2] = 3;
const named = Object.assign(["a"], { index: 4 });
const buffer = new ArrayBuffer(8);
const one = {};
const twice = [one, one];

describe("a table", () => {
  test.each<[string, unknown]>([
    ["numbers", [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 40, -1, 10n ** 30n]],
    ["texts", ["", "\ufeffmark", "ä€😀", "x".repeat(10_000)]],
    ["nothings", [null, undefined, true, false]],
    ["holes", holes],
    ["an array with a name", named],
    ["dates, patterns, errors", [new Date(5), new Date(Number.NaN), /a+/gi, new RangeError("low")]],
    ["maps and sets", [new Map<unknown, unknown>([[shared, new Set([1, "1"])]]), new Set([shared])]],
    ["bytes", [new Uint8Array([1, 2]), new Float64Array([1.5]), new DataView(new ArrayBuffer(3), 1)]],
    ["objects without a prototype", Object.assign(Object.create(null), { a: 1 })],
    ["frozen ones", [Object.freeze({ a: 1 }), Object.freeze([1, Object.seal({ b: 2 })])]],
    ["hidden and fixed properties", Object.defineProperty({ a: 1 }, "b", { value: 2 })],
    ["an own __proto__", JSON.parse('{"__proto__":{"x":1}}')],
    ["instances", [new Node(3), Object.assign(new Bag([["a", 1]]), { label: "b" })]],
  ])("%s", (_, value) => {
    const { value: made } = moved(value);
    expect(made).toStrictEqual(value);
    const holder = Object.assign(new Holder(), { value });
    const cloned = clone(holder, new Holder()) as Holder;
    expect(cloned.value).toStrictEqual(value);
    expect(cloned.value === value).toBe(typeof value !== "object");
    expect(stateHash(cloned)).toBe(stateHash(holder));
    if (Array.isArray(value)) {
      for (const [i, part] of value.entries()) {
        const other: unknown = (made as unknown[])[i];
        if (typeof part !== "object" || part === null) continue;
        expect(Object.getPrototypeOf(other)).toBe(Object.getPrototypeOf(part));
        expect([Object.isFrozen(other), Object.isSealed(other)]).toEqual([
          Object.isFrozen(part),
          Object.isSealed(part),
        ]);
      }
    }
  });

  test("keeps what is shared, and cycles", () => {
    const { value } = moved({
      a: shared,
      b: shared,
      cycle,
      views: [new Uint8Array(buffer), new Uint8Array(buffer, 4)],
    });
    const made = value as { a: object; b: object; cycle: typeof cycle; views: Uint8Array[] };
    expect(made.a).toBe(made.b);
    expect(made.cycle.self).toBe(made.cycle);
    expect(made.cycle.map.get(made.cycle)).toBe(made.cycle.map);
    expect(made.views[0]?.buffer).toBe(made.views[1]?.buffer);
  });

  test("a class that tells its state, also where it is met twice", () => {
    const tickets = new Tickets([1, 2].map((seq) => ({ session: sessionId("1.0"), seq })));
    const { value } = moved({ a: tickets, b: { c: [tickets] } });
    const made = value as { a: Tickets; b: { c: Tickets[] } };
    expect([...made.a]).toEqual([...tickets]);
    expect(made.b.c[0]).toBe(made.a);
  });

  test("a list of 100,000 links", () => {
    let first: Node | null = null;
    for (let i = 0; i < 100_000; i++) {
      const node: Node = new Node(i);
      node.next = first;
      first = node;
    }
    let count = 0;
    for (let node = moved(first).value as Node | null; node !== null; node = node.next) count++;
    expect(count).toBe(100_000);
  });

  test("what cannot be told is refused", () => {
    const getter = Object.defineProperty({}, "x", { get: () => 1 });
    for (const value of [() => 1, Symbol("s"), getter, { [Symbol("s")]: 1 }, new (class Stranger {})()])
      expect(() => moved(value)).toThrow();
  });

  test("plain data of any shape", () => {
    const value = fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
    });
    fc.assert(
      fc.property(value, (v) => {
        try {
          tableOf({ v }, nameOf);
          encodeFeedState({
            slot: slot(1),
            version: 0,
            hasDClass: false,
            waiting: [],
            table: tableOf({ v }, nameOf),
          });
        } catch {
          return;
        }
        expect(moved(v).value).toStrictEqual(v);
      }),
      { numRuns: 500, seed: 3 },
    );
  });

  test("another state has another hash", () => {
    const hashes = [
      0,
      -0,
      1,
      "1",
      "",
      null,
      undefined,
      [],
      [0],
      [[]],
      {},
      { a: 1 },
      { b: 1 },
      new Map(),
      new Set(),
      1n,
      [1, 2],
      [2, 1],
      ["ab", "c"],
      ["a", "bc"],
      new Map([["a", 1]]),
      new Set(["a", 1]),
      new Date(1),
      new Date(2),
      /a/,
      /a/g,
      new Uint8Array([1]),
      new Int8Array([1]),
      new Uint8Array([2]),
      twice,
      [{}, {}],
    ];
    expect(new Set(hashes.map((v) => stateHash({ v }))).size).toBe(hashes.length);
  });
});

describe("a read-only copy", () => {
  test("is equal, keeps what did not change, and follows cycles", () => {
    const value = { a: { n: 1 }, b: [new Date(1), new Map([["k", { x: 1 }]]), new Set([1])], cycle };
    const first = readOnly(value, undefined) as typeof value;
    expect(first).toEqual(value);
    value.a.n = 2;
    const second = readOnly(value, first) as typeof value;
    expect(second).toEqual(value);
    expect(second.b).toBe(first.b);
    expect(second.a).not.toBe(first.a);
    (value.b[1] as Map<string, unknown>).set("l", {});
    const third = readOnly(value, second) as typeof value;
    expect(third).toEqual(value);
    expect(third.b[0]).toBe(second.b[0]);
    expect((third.b[1] as Map<string, unknown>).get("k")).toBe(
      (second.b[1] as Map<string, unknown>).get("k"),
    );
    expect(first.a.n).toBe(1);
  });

  test("shows what changes beside the entries of a map, and keeps bytes and patterns", () => {
    const value = {
      bag: Object.assign(new Bag([["a", 1]]), { label: "b" }),
      raw: new Uint8Array([1]),
      re: /a/,
    };
    const first = readOnly(value, undefined) as typeof value;
    value.bag.label = "c";
    const second = readOnly(value, first) as typeof value;
    expect([first.bag.label, second.bag.label, second.bag.get("a")]).toEqual(["b", "c", 1]);
    expect(second.bag).toBeInstanceOf(Bag);
    expect([second.raw, second.re]).toEqual([first.raw, first.re]);
    expect(second.raw).toBe(first.raw);
    expect("a".replace(second.re, "b")).toBe("b");
  });
});
