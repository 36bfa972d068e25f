/** Declared reads: what they may look at and make, and that they cannot write. */
import { describe, expect, test } from "vitest";
import { caught, Item, type Read, run } from "./membrane-rig.ts";

const reading: Readonly<Record<string, readonly [Read, unknown]>> = {
  "a field": [(s) => s.n, 1],
  "a list": [(s) => s.list, [3, 1, 2]],
  "a list's methods": [(s) => [s.list.at(-1), s.list.includes(2), s.list.indexOf(1)], [2, true, 1]],
  "a getter of the class": [(s) => s.total, 6],
  "what a getter makes": [(s) => s.sorted.reverse(), [3, 2, 1]],
  "a method of the class": [(s) => s.helper().double, 4],
  "one thing is itself": [
    (s) => [s.items[1] === s.helper(), s.own === s, s.set.has(s.items[0]), s.items.includes(s.helper())],
    [true, true, true, true],
  ],
  "a key that is an object": [(s) => s.byItem.get(s.items[0] as Item), "first"],
  "kinds of things": [
    (s) => [
      Array.isArray(s.list),
      s.items[0] instanceof Item,
      s.map instanceof Map,
      s.date instanceof Date,
      s.bytes instanceof Uint8Array,
      Object.prototype.toString.call(s.map),
      Object.prototype.toString.call(s.bytes),
      s.items.constructor === Array,
    ],
    [true, true, true, true, true, "[object Map]", "[object Uint8Array]", true],
  ],
  JSON: [
    (s) => JSON.stringify([s.nested, s.list, s.date]),
    '[{"a":{"b":[1]}},[3,1,2],"1970-01-01T00:00:01.234Z"]',
  ],
  "copies are writable": [
    (s) => {
      const list = [...s.list, ...s.bytes];
      list.push(4);
      const fields = { ...s.nested, more: 1 };
      fields.more++;
      const map = new Map(s.map);
      map.set("x", { v: 2 });
      const bytes = s.bytes.slice();
      bytes[0] = 9;
      return [list.sort(), fields, map.size, bytes, s.list.map((n) => n + 1).reverse(), s.list.toSorted()];
    },
    [[1, 1, 2, 2, 3, 3, 4], { a: { b: [1] }, more: 2 }, 2, Uint8Array.of(9, 2, 3), [3, 2, 4], [1, 2, 3]],
  ],
  "parts of it in something new": [
    (s) => ({
      first: s.items[0],
      list: [s.bytes, s.date],
      map: new Map([["m", s.map]]),
      set: new Set([s.nested]),
    }),
    {
      first: { id: 1, tags: [] },
      list: [Uint8Array.of(1, 2, 3), new Date(1_234)],
      map: new Map([["m", new Map([["k", { v: 1 }]])]]),
      set: new Set([{ a: { b: [1] } }]),
    },
  ],
  "maps and sets": [
    (s) => {
      const seen: unknown[] = [s.map.size, s.set.size, s.map.has("k"), s.map.get("none")];
      s.map.forEach((v, k, all) => {
        seen.push(k, v.v, all === s.map);
      });
      for (const [k, v] of s.map) seen.push(k, v.v);
      for (const k of s.map.keys()) seen.push(k);
      return [...seen, [...s.set.values()].length, [...s.map.entries()].length];
    },
    [1, 2, true, undefined, "k", 1, true, "k", 1, "k", 2, 1],
  ],
  "sets compared": [
    (s) => [...(Reflect.apply(Reflect.get(s.set, "union"), s.set, [new Set([7])]) as Set<unknown>)].length,
    3,
  ],
  dates: [
    (s) => [s.date.getTime(), new Date(s.date).getTime(), s.date > new Date(0), s.date],
    [1234, 1234, true, new Date(1234)],
  ],
  bytes: [
    (s) => [
      s.bytes[1],
      s.bytes.length,
      s.bytes.subarray(1),
      s.bytes.reduce((a, b) => a + b, 0),
      new Uint8Array(s.bytes),
      [...s.words.keys()],
    ],
    [2, 3, Uint8Array.of(2, 3), 6, Uint8Array.of(1, 2, 3), [0, 1]],
  ],
  buffers: [
    (s) => [s.buffer.byteLength, s.buffer.slice(2).byteLength, s.view.getUint8(0), s.view.byteLength],
    [4, 2, 0, 4],
  ],
  "an expression": [
    (s) => [s.pattern.exec("ab1")?.[1], "ab2".replace(s.pattern, "c"), s.pattern.test("x")],
    ["1", "ac", false],
  ],
  "what is frozen": [(s) => [s.frozen.inner.x, { ...s.frozen }], [1, { inner: { x: 1 } }]],
  "keys and descriptors": [
    (s) => [
      Object.keys(s.nested),
      "a" in s.nested,
      Object.getOwnPropertyDescriptor(s.list, "length")?.value,
      Object.entries(s.frozen).length,
    ],
    [["a"], true, 3, 1],
  ],
  "a callback on what is read": [(s) => s.items.find((item) => item.id === 2)?.tags, []],
  "an error of its own": [
    (s) => {
      throw Object.assign(new RangeError("no"), { item: s.items[0], bytes: s.bytes });
    },
    {
      error: {
        name: "RangeError",
        message: "no",
        code: null,
        data: { item: { id: 1, tags: [] }, bytes: Uint8Array.of(1, 2, 3) },
      },
    },
  ],
};

test.each(Object.entries(reading))("a read may look at %s", (_, [read, expected]) => {
  const { outcome } = run(read);
  const isError = typeof expected === "object" && expected !== null && "error" in expected;
  expect(outcome).toEqual(isError ? expected : { value: expected });
});

const writing: Readonly<Record<string, Read>> = {
  "set a field": (s) => (s.n = 2),
  "set by a setter": (s) => (s.total = 2),
  "set in a getter": (s) => s.cached,
  "add a field": (s) => Object.assign(s, { more: 1 }),
  "delete a field": (s) => Reflect.deleteProperty(s, "n"),
  "define a field": (s) => Object.defineProperty(s, "n", { value: 2 }),
  "change the prototype": (s) => Object.setPrototypeOf(s.nested, null),
  freeze: (s) => Object.freeze(s.nested),
  "prevent extensions": (s) => Reflect.preventExtensions(s.list),
  "write deep inside": (s) => (s.nested.a.b[0] = 2),
  "write inside of what is frozen": (s) => (s.frozen.inner.x = 2),
  "list: set": (s) => (s.list[0] = 1),
  "list: push": (s) => s.list.push(1),
  "list: pop": (s) => s.list.pop(),
  "list: shift": (s) => s.list.shift(),
  "list: unshift": (s) => s.list.unshift(1),
  "list: splice": (s) => s.list.splice(0, 1),
  "list: sort": (s) => s.list.sort(),
  "list: reverse": (s) => s.list.reverse(),
  "list: fill": (s) => s.list.fill(0),
  "list: copyWithin": (s) => s.list.copyWithin(0, 1),
  "list: length": (s) => (s.list.length = 0),
  "list: by the prototype": (s) => Array.prototype.push.call(s.list, 1),
  "list: in a callback": (s) => s.items.map((item) => item.rename("x")),
  "list: by the third argument": (s) => s.list.map((_, i, all) => (all[i] = 0)),
  "map: set": (s) => s.map.set("x", { v: 1 }),
  "map: delete": (s) => s.map.delete("k"),
  "map: clear": (s) => s.map.clear(),
  "map: a value": (s) => ((s.map.get("k") as { v: number }).v = 2),
  "map: in an iteration": (s) => {
    for (const v of s.map.values()) v.v = 2;
  },
  "map: in forEach": (s) =>
    s.map.forEach((v) => {
      v.v = 2;
    }),
  "set: add": (s) => s.set.add(2),
  "set: delete": (s) => s.set.delete(1),
  "set: clear": (s) => s.set.clear(),
  "set: an item": (s) => [...s.set].map((item) => item instanceof Item && item.rename("x")),
  "date: setTime": (s) => s.date.setTime(0),
  "date: setHours": (s) => s.date.setHours(0),
  "bytes: set an item": (s) => (s.bytes[0] = 9),
  "bytes: fill": (s) => s.bytes.fill(0),
  "bytes: set": (s) => s.bytes.set([1]),
  "bytes: sort": (s) => s.bytes.sort(),
  "bytes: reverse": (s) => s.words.reverse(),
  "bytes: through subarray": (s) => (s.bytes.subarray(1)[0] = 9),
  "bytes: in a callback": (s) => s.bytes.map((_, i, all) => (all[i] = 0)),
  "buffer: transfer": (s) => s.buffer.transfer(),
  "buffer: resize": (s) => s.buffer.resize(8),
  "view: setUint8": (s) => s.view.setUint8(0, 1),
  "a method that writes": (s) => s.helper().rename("x"),
  "Reflect.set": (s) => Reflect.set(s.nested, "a", 1),
};

describe.each(Object.entries(writing))("a read cannot %s", (_, write) => {
  test("it is refused, also when it catches that, and changes nothing", () => {
    const before = run(() => 0).state;
    for (const read of [write, caught(write)]) {
      const { outcome, state } = run(read);
      expect(outcome).toBe("READ_MUTATED no");
      const { callback: _a, own: _b, ...fields } = state;
      const { callback: _c, own: _d, ...unchanged } = before;
      expect(fields).toEqual(unchanged);
      expect(Object.isFrozen(state.nested)).toBe(false);
    }
  });
});
