/** Users' values: what arrives is what was sent, and what cannot be sent is named before anything is. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Call, NotSendable } from "../../src/shared/object/types.ts";
import { BadFrame } from "../../src/shared/wire/bad-frame.ts";
import { encodeItem } from "../../src/shared/wire/codec.ts";
import {
  decodeCalls,
  decodeError,
  decodeValue,
  encodeCalls,
  encodeError,
  encodeValue,
} from "../../src/shared/wire/values.ts";
import { fromHex, toHex } from "./samples.ts";

function trip(value: unknown): unknown {
  return decodeValue(encodeValue(value));
}

class Point {
  x = 1;
  #hidden = 2;
  inner: Point | null;
  constructor(inner: Point | null) {
    this.inner = inner;
  }
  get sum() {
    return this.x + this.#hidden;
  }
  *[Symbol.iterator]() {
    yield this.x;
  }
}
class Names extends Array<string> {}
class Ages extends Map<string, number> {}

const text = fc.string({ unit: "grapheme" });
const number = fc.oneof(fc.double(), fc.integer(), fc.maxSafeInteger());
const bigint = fc.oneof(fc.bigInt(), fc.bigInt({ min: -(1n << 8192n), max: (1n << 8192n) - 1n }));
const leaf = fc.oneof(
  fc.constantFrom(undefined, null, true, false, -0, Number.NaN, Number.POSITIVE_INFINITY, -(2 ** 32)),
  fc.constantFrom("\uFEFF", `\uFEFF${"x".repeat(80)}`, "__proto__", "é".repeat(70), "\0"),
  text,
  number,
  bigint,
  fc.date({ noInvalidDate: false, min: new Date(-(2 ** 50)), max: new Date(2 ** 50) }),
  fc.uint8Array(),
  fc.float64Array(),
  fc.int16Array(),
  fc.bigInt64Array(),
);
const key = text.filter((k) => k !== "__proto__" && !k.startsWith("\uFEFF"));
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, leaf, tie("list"), tie("object"), tie("map"), tie("set")),
  list: fc.array(tie("value")),
  object: fc.dictionary(key, tie("value"), { noNullPrototype: true }),
  map: fc.array(fc.tuple(leaf, tie("value"))).map((entries) => new Map(entries)),
  set: fc.array(leaf).map((items) => new Set(items)),
}));

describe("round trip", () => {
  test("any value", () => {
    fc.assert(
      fc.property(value, (v) => {
        expect(trip(v)).toStrictEqual(v);
      }),
      { numRuns: 400 },
    );
  });

  test("any calls", () => {
    // Of methods that no class can have, the arguments are not even looked at.
    const name = fc.string({ minLength: 1, maxLength: 128 }).filter((n) => !/^(_|constructor$)/.test(n));
    const call = fc.record({ object: name, method: name, args: fc.array(value) }, { noNullPrototype: true });
    fc.assert(
      fc.property(fc.array(call, { maxLength: 5 }), (calls) => {
        expect(decodeCalls(encodeCalls(calls), calls.length)).toStrictEqual(calls);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    0,
    23,
    24,
    255,
    256,
    65_535,
    65_536,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53 - 1,
    -1,
    -24,
    -25,
    -257,
    0.5,
  ])("the number %d", (n) => {
    for (const v of [n, -n, BigInt(Math.trunc(n)), [n], { n }]) expect(trip(v)).toStrictEqual(v);
  });

  test("texts of every length around the encoder's thresholds", () => {
    for (const unit of ["a", "é", "€", "😀", "\uFEFF"])
      for (const n of [0, 1, 2, 15, 16, 23, 24, 31, 32, 63, 64, 65, 85, 255, 256, 5_000, 70_000]) {
        const s = unit.repeat(n);
        for (const v of [s, `x${s}`, [s], new Map([[s, s]])]) expect(trip(v)).toStrictEqual(v);
      }
  });

  test("a map and an object of more than 65,535 entries", () => {
    const entries = Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i] as const);
    expect((trip(new Map(entries)) as Map<string, number>).size).toBe(70_000);
    expect(Object.keys(trip(Object.fromEntries(entries)) as object).length).toBe(70_000);
  });

  test("holes become undefined, instances plain objects, array buffers stay what they are", () => {
    // biome-ignore lint/suspicious/noSparseArray: the point of the test
    expect(trip([1, , 3])).toStrictEqual([1, undefined, 3]);
    expect(trip(new Point(new Point(null)))).toStrictEqual({ x: 1, inner: { x: 1, inner: null } });
    expect(trip(Names.from(["a"]))).toStrictEqual(["a"]);
    expect(trip(new Ages([["ann", 7]]))).toStrictEqual(new Map([["ann", 7]]));
    expect(trip(Buffer.from("abc"))).toStrictEqual(Uint8Array.of(97, 98, 99));
    expect(trip(Uint8Array.of(1, 2).buffer)).toStrictEqual(Uint8Array.of(1, 2).buffer);
    expect(trip(Object.assign(Object.create(null), { x: 1 }))).toStrictEqual({ x: 1 });
    expect(trip({ constructor: 1, toJSON: 2, tag: 3, value: 4 })).toStrictEqual({
      constructor: 1,
      toJSON: 2,
      tag: 3,
      value: 4,
    });
    expect(trip(new Date(Number.NaN))).toStrictEqual(new Date(Number.NaN));
    expect(trip(new Date(8.64e15))).toStrictEqual(new Date(8.64e15));
    expect(trip(new Date(-1))).toStrictEqual(new Date(-1));
  });

  test("a value is encoded as it is, not changed in place", () => {
    const v = { n: -0, list: [1, -0], at: new Point(null) };
    encodeValue(v);
    expect(v.at).toBeInstanceOf(Point);
    expect(Object.is(v.list[1], -0)).toBe(true);
  });

  test("what is decoded shares no memory with the bytes", () => {
    for (const v of [new Uint8Array(8), new Float64Array(2), new ArrayBuffer(8)]) {
      const bytes = encodeValue([v]);
      const decoded = decodeValue(bytes);
      bytes.fill(0xff);
      expect(decoded).toStrictEqual([v]);
    }
    expect((decodeValue(Buffer.from(encodeValue([new Uint8Array(3)]))) as unknown[])[0]?.constructor).toBe(
      Uint8Array,
    );
  });

  test("undefined is no bytes, small values are few", () => {
    expect(encodeValue(undefined).length).toBe(0);
    expect([0, 23, 24, 256, true, null, "ab", -0].map((v) => toHex(encodeValue(v)))).toStrictEqual([
      "00",
      "17",
      "1818",
      "190100",
      "f5",
      "f6",
      "626162",
      "d9038400",
    ]);
  });
});

const cycle: unknown[] = [];
cycle.push({ cycle });
const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
const shared = Array.from({ length: 30 }).reduce<unknown>((inner) => [inner, inner], 1);
class Thenable {}
Object.defineProperty(Thenable.prototype, "then", { value: () => 1 });
const thenable = new Thenable();
const refused: readonly (readonly [string, unknown, string, RegExp])[] = [
  ["function", { a: [0, () => 1] }, "a[1]", /a function/],
  ["symbol", [Symbol("x")], "[0]", /a symbol/],
  ["promise", { p: Promise.resolve(1) }, "p", /a promise/],
  ["thenable", thenable, "", /a promise/],
  ["cycle", cycle, "[0].cycle", /a cycle/],
  ["depth", deep(65), "[0]".repeat(64), /nesting deeper than 64/],
  ["elements", shared, "", /more than 1000000 steps/],
  ["__proto__", { a: JSON.parse('{"__proto__":1}') }, "a.__proto__", /__proto__/],
  ["half a pair", ["a\ud800"], "[0]", /half a surrogate pair/],
  ["key of half a pair", { "\udc00": 1 }, '["\\udc00"]', /half a surrogate pair/],
  ["marked key", { "\uFEFFx": 1 }, '["\uFEFFx"]', /byte order mark/],
  ["bigint", { n: 1n << 8192n }, "n", /a bigint above 1024 bytes/],
  ["negative bigint", [-(1n << 8192n) - 1n], "[0]", /a bigint/],
  ["data view", [new DataView(new ArrayBuffer(1))], "[0]", /a DataView/],
  ["date beyond", new Date(4_398_064_444_795_814), "", /a date/],
  ["in a map", new Map([["key", { f: () => 1 }]]), '.get("key").f', /a function/],
  ["in a set", new Set([1, Symbol.iterator]), "[1]", /a symbol/],
];

test.each(refused)("refused before anything is encoded: %s", (_, v, path, what) => {
  const error = caught(() => encodeValue(v));
  expect(error).toBeInstanceOf(NotSendable);
  expect(error.message).toMatch(what);
  if (what.source.includes("steps")) return;
  expect(error.path.replace(/^\./, "")).toBe(path.replace(/^\./, ""));
  const inCall = caught(() => encodeCalls([{ object: "C/m", method: "f", args: [1, v] }]));
  expect(inCall.path.startsWith("args[1]")).toBe(true);
});

function caught(run: () => unknown): NotSendable {
  try {
    run();
  } catch (error) {
    if (error instanceof NotSendable) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("after a refusal the next value is encoded as ever", () => {
  caught(() => encodeValue(cycle));
  expect(trip(deep(64))).toStrictEqual(deep(64));
});

test("calls: names that repeat are sent once; broken lists are refused", () => {
  const call: Call = { object: "Counter/main", method: "increment", args: [] };
  const one = encodeCalls([call]);
  const many = encodeCalls([call, call, call]);
  expect(many.length - one.length).toBe(2 * 4);
  expect(decodeCalls(many, 3)).toStrictEqual([call, call, call]);
  expect(() => decodeCalls(many, 2)).toThrow(/calls is not a list of 2/);
  expect(() => decodeCalls(encodeItem([[null, "m", []]]), 1)).toThrow(/calls\[\]\.object/);
  expect(() => decodeCalls(encodeItem([["o", "m", 5]]), 1)).toThrow(/calls\[\]\.args/);
  expect(() => decodeCalls(encodeItem(new Array(1_001).fill(["o", "m", []])), 1_001)).toThrow(BadFrame);
});

test("errors always arrive: of their data stays what can be sent", () => {
  const data = { least: 3, run: () => 1, nested: { list: [1n] }, "\ud800": 1 };
  const error = { name: "RangeError", message: "half \ud800", code: "TOO_LOW", data };
  expect(decodeError(encodeError(error))).toStrictEqual({
    name: "RangeError",
    message: "half \ufffd",
    code: "TOO_LOW",
    data: { least: 3, nested: { list: [1n] } },
  });
  expect(decodeError(encodeError({ name: "", message: "", code: null, data: {} })).code).toBe(null);
});

const hostile: readonly (readonly [string, string, RegExp])[] = [
  ["indefinite array", "9f01ff", /indefinite/],
  ["indefinite text", "7f6161ff", /indefinite/],
  ["stop code alone", "ff", /unknown simple/],
  ["count beyond the bytes", "9b00000000ffffffff01", /count beyond/],
  ["length beyond the bytes", "5affffffff00", /end too early/],
  ["reserved head", "1c", /reserved/],
  ["depth", `${"81".repeat(65)}00`, /deeper than 64/],
  ["__proto__ key", "a1695f5f70726f746f5f5f01", /__proto__/],
  ["__proto__ key of odd length", "a178095f5f70726f746f5f5f01", /__proto__/],
  ["key that is a number", "a10101", /not text/],
  ["record", "d9dfff831901f4816161", /tag 57343/],
  ["record of the older kind", "d86983190100816161f6", /tag 105/],
  ["regular expression", "d81b8266526567457870612e", /tag 27/],
  ["shared value", "d81c8101", /tag 28/],
  ["reference", "d81d00", /tag 29/],
  ["packed", "d8338400808000", /tag 51/],
  ["packed reference", "e0", /unknown simple/],
  ["decimal fraction", "c4820a01", /tag 4/],
  ["bundled strings", "d9dff9821a0000000800", /tag 57337/],
  ["long bigint", `c2590401${"00".repeat(1_025)}`, /bigint of 1025/],
  ["bigint of text", "c26161", /bigint without bytes/],
  ["set of text", "d901026161", /set that is not a list/],
  ["map of a list", "d9010380", /map without entries/],
  ["date of text", "c16161", /date/],
  ["typed array of broken length", "d856470000000000000000", /broken length/],
  ["UTF-8: lone continuation", "6180", /UTF-8/],
  ["UTF-8: overlong", "62c080", /UTF-8/],
  ["UTF-8: surrogate", "63eda080", /UTF-8/],
  ["UTF-8: beyond the last character", "64f4908080", /UTF-8/],
  ["UTF-8: cut", "62e282", /UTF-8/],
  ["raw byte order mark", "63efbbbf", /byte order mark/],
];

test.each(hostile)("the scanner refuses: %s", (_, hex, message) => {
  expect(() => decodeValue(fromHex(hex))).toThrow(BadFrame);
  expect(() => decodeValue(fromHex(hex))).toThrow(message);
});

test("a megabyte of the costliest values decodes quickly", () => {
  const bigints = new Array(1_000).fill(1n << 8000n);
  const started = performance.now();
  expect((trip(bigints) as unknown[]).length).toBe(1_000);
  expect(performance.now() - started).toBeLessThan(1_000);
});
