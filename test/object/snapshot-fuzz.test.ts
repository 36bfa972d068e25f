/** Graphs of every shape come through a snapshot as they are; broken bytes give BadSnapshot and nothing else. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BadSnapshot } from "../../src/shared/object/bad-snapshot.ts";
import { keeperLog, keeping, snapshotOf } from "./keeper.ts";

class Item {
  a: unknown = 0;
  b: unknown = "";
}
class Told {
  data: unknown = null;
  toSnapshot(): unknown {
    return [this.data];
  }
  static fromSnapshot([data]: readonly unknown[]): Told {
    return Object.assign(new Told(), { data });
  }
}

const primitive = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.bigInt(),
  fc.constantFrom<unknown>(undefined, null, true, false, -0, Number.NaN, "__proto__", "\ud83d"),
);
/** A value, or the number of a node that stands for it. */
const edge = fc.oneof(
  primitive,
  fc.nat(30).map((node) => ({ node })),
);
const kinds = ["object", "bare", "array", "map", "set", "item", "told", "date", "error", "bytes"] as const;
const node = fc.record({
  kind: fc.constantFrom(...kinds),
  edges: fc.array(
    fc.tuple(fc.oneof(fc.string(), fc.constantFrom("a", "b", "3", "length", "x")), edge, edge),
    {
      maxLength: 8,
    },
  ),
  integrity: fc.constantFrom(0, 0, 0, 1, 2, 3),
});
type Node = typeof node extends fc.Arbitrary<infer T> ? T : never;

const shells: Readonly<Record<Node["kind"], (n: number) => object>> = {
  object: () => ({}),
  bare: () => Object.create(null),
  array: () => [],
  map: () => new Map(),
  set: () => new Set(),
  item: () => new Item(),
  told: () => new Told(),
  date: (n) => new Date(n * 1e9),
  error: (n) => new RangeError(`error ${n}`),
  bytes: (n) => new Uint16Array(n),
};

/** Objects that refer to one another at will. */
function build(nodes: readonly Node[]): unknown {
  const objects = nodes.map(({ kind, edges }) => shells[kind](edges.length));
  const meant = (e: unknown): unknown => {
    if (typeof e !== "object" || e === null || !("node" in e)) return e;
    const to = Number(e.node) % objects.length;
    // What toSnapshot gives must not hold the object itself: such parts hold texts alone.
    return nodes[to]?.kind === "told" ? `told ${to}` : objects[to];
  };
  for (const [i, { kind, edges, integrity }] of nodes.entries()) {
    const o = objects[i] as object;
    for (const [key, a, b] of edges) {
      if (o instanceof Map) o.set(meant(a), meant(b));
      else if (o instanceof Set) o.add(meant(a));
      else if (Array.isArray(o)) o[(o.length + key.length) % 40] = meant(a);
      else if (o instanceof Told) o.data = meant(a);
      else if (kind !== "bytes")
        Object.defineProperty(o, `k${key}`, {
          value: meant(a),
          writable: true,
          enumerable: true,
          configurable: true,
        });
    }
    if (kind === "told" || kind === "bytes") continue;
    if (integrity === 1) Object.preventExtensions(o);
    if (integrity === 2) Object.seal(o);
    if (integrity === 3) Object.freeze(o);
  }
  return objects;
}

test("any graph comes back as it is, and gives the same bytes again", () => {
  fc.assert(
    fc.property(fc.array(node, { minLength: 1, maxLength: 30 }), (nodes) => {
      const value = build(nodes);
      const bytes = snapshotOf(keeping(value, Item, Told).machine);
      const { machine } = keeperLog(Item, Told);
      machine.restore(bytes);
      expect(Buffer.compare(snapshotOf(machine), bytes)).toBe(0);
      // The stacks of errors are not taken, and the comparison looks at them.
      if (nodes.some(({ kind }) => kind === "error")) return;
      expect(isDeepStrictEqual(Reflect.get(machine.peek("Keeper/main") ?? {}, "value"), value)).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

const millisMax = 100;
const { machine: victim } = keeping("untouched", Item, Told);
const untouched = snapshotOf(victim);

function restore(bytes: Uint8Array): number {
  const started = performance.now();
  try {
    victim.restore(bytes);
  } catch (error) {
    if (!(error instanceof BadSnapshot)) throw error;
  }
  return performance.now() - started;
}

function survives(bytes: Uint8Array): void {
  // The machine may stop us for a moment: only what is slow again counts.
  if (restore(bytes) > millisMax)
    expect(Math.min(...Array.from({ length: 3 }, () => restore(bytes)))).toBeLessThan(millisMax);
}

const samples: readonly Uint8Array[] = [
  [1, -5, 1.5, 7n, "text", "ж", new Date(5), null, Object.assign([], { 1: 1 })],
  new Map<unknown, unknown>([
    ["k", new Set([1])],
    [{}, new Item()],
  ]),
  { frozen: Object.freeze({ a: [1] }), told: new Told(), error: new TypeError("t"), expression: /a+/g },
  [new Float64Array(4), new DataView(new ArrayBuffer(8)), Object.assign([], { 1000000: 1, x: 2 })],
].map((value) => snapshotOf(keeping(value, Item, Told).machine));

test("some bytes of a snapshot changed", () => {
  const change = fc.tuple(fc.nat(1_000), fc.nat(255));
  fc.assert(
    fc.property(
      fc.constantFrom(...samples),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      (bytes, changes) => {
        const broken = bytes.slice();
        for (const [at, to] of changes) broken[at % broken.length] = to;
        survives(broken);
      },
    ),
    { numRuns: 4_000 },
  );
});

test("every byte of a snapshot replaced by telling ones, and the rest cut off", () => {
  for (const bytes of samples)
    for (let at = 0; at < bytes.length; at++) {
      survives(bytes.subarray(0, at));
      for (const to of [0x00, 0x7f, 0x80, 0x88, 0x8c, 0x8d, 0x90, 0xa0, 0xa1, 0xa6, 0xff]) {
        const broken = bytes.slice();
        broken[at] = to;
        survives(broken);
      }
    }
});

test("any values behind the head of an object", () => {
  const head = untouched.length - "untouched".length - 2;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200, size: "max" }), (tail) => {
      survives(new Uint8Array([...untouched.subarray(0, head), ...tail]));
    }),
    { numRuns: 4_000 },
  );
});

test("counts that no bytes stand for take neither time nor memory, and no prototype is touched", () => {
  const head = untouched.subarray(0, untouched.length - "untouched".length - 2);
  const huge = [0xff, 0xff, 0xff, 0xff, 0x0f];
  const tails = [
    [0xa1, 0, ...huge, 0x8d, ...huge],
    [0xa1, 0, ...huge, 0x8d, 0xff, 0xff, 0xff, 0x0f, 1, 1, 1],
    [0xa2, 0, ...huge],
    [0xa0, 16, ...huge],
    [0x88, ...huge],
    [0x8a, ...huge],
    [0x8e, ...huge],
    Array.from({ length: 90_000 }, (_, i) => [0xa1, 0, 1][i % 3] as number),
    Array.from({ length: 90_000 }, (_, i) => [0xa2, 0, 1][i % 3] as number),
    [0xa0, 16, 1, ...new TextEncoder().encode("\u0004\u0012__proto__"), 0xa0, 16, 1, 6, 2, 120, 5],
  ];
  const before = process.memoryUsage();
  for (const tail of tails) for (let i = 0; i < 8; i++) restore(new Uint8Array([...head, ...tail]));
  const after = process.memoryUsage();
  expect(after.rss - before.rss).toBeLessThan(600e6);
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(100e6);
  expect(Reflect.get({}, "x")).toBe(undefined);
  expect(Object.keys(Object.prototype)).toEqual([]);
});
