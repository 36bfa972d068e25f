/** The codec of browsers against the one of nodes: the same bytes, the same values, the same refusals. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NotSendable } from "../../src/shared/object/types.ts";
import { BadFrame } from "../../src/shared/wire/bad-frame.ts";
import * as large from "../../src/shared/wire/codec.ts";
import { writeCalls, writeCommandMessage } from "../../src/shared/wire/quick-write.ts";
import * as largeSendable from "../../src/shared/wire/sendable.ts";
import * as small from "../../src/web/cbor.ts";
import * as plainWrite from "../../src/web/plain-write.ts";
import * as smallSendable from "../../src/web/sendable.ts";
import { golden } from "../wire/golden.ts";
import { commands, fromHex, toHex } from "../wire/samples.ts";

const vectors: readonly string[] = Object.values(golden).flat();

type Result = { readonly value: unknown } | { readonly refused: string };

/** What a decoder makes of bytes. What it throws beside BadFrame is thrown. */
function read(decode: () => unknown): Result {
  try {
    return { value: decode() };
  } catch (error) {
    if (error instanceof BadFrame) return { refused: "BadFrame" };
    throw error;
  }
}

/** What an encoder makes of a value: hex, or where and why it refuses. */
function written(encode: () => Uint8Array): Result {
  try {
    return { value: toHex(encode()) };
  } catch (error) {
    if (error instanceof NotSendable) return { refused: `${error.path}: ${error.message}` };
    throw error;
  }
}

function expectSameReading(bytes: Uint8Array): void {
  const pairs: readonly (readonly [() => unknown, () => unknown])[] = [
    [() => large.decodeItem(bytes), () => small.decodeItem(bytes)],
    [() => large.decodeItems(bytes), () => small.decodeItems(bytes)],
    [() => large.decodeTagged(bytes, 0), () => small.decodeTagged(bytes, 0)],
    [() => large.decodeTagged(bytes, 3), () => small.decodeTagged(bytes, 3)],
  ];
  for (const [theirs, ours] of pairs) {
    const [expected, found] = [read(theirs), read(ours)];
    // Much quicker than an assertion, which only has the better words.
    if (!isDeepStrictEqual(found, expected))
      expect({ bytes: toHex(bytes), found }).toStrictEqual({ expected });
  }
}

function expectSameWriting(value: unknown): void {
  const alone = written(() => large.encodeOwn(largeSendable.sendable(value)));
  expect(written(() => small.encodeOwn(smallSendable.sendable(value)))).toStrictEqual(alone);
  const args = [1, value];
  const call = written(() => large.encodeItem([["C/m", "f", largeSendable.sendableArguments(args)]]));
  expect(
    written(() => small.encodeItem([["C/m", "f", smallSendable.sendableArguments(args)]])),
  ).toStrictEqual(call);
}

class Point {
  x = 1;
  #hidden = 2;
  inner: unknown;
  constructor(inner: unknown) {
    this.inner = inner;
  }
  get sum() {
    return this.x + this.#hidden;
  }
}
class Names extends Array<unknown> {}
class Ages extends Map<unknown, unknown> {}

const text = fc.string({
  unit: fc.oneof(fc.constant("\uFEFF"), fc.string({ unit: "grapheme", maxLength: 1 })),
});
const number = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.integer({ min: -(2 ** 33), max: 2 ** 33 }),
);
const bigint = fc.oneof(fc.bigInt(), fc.bigInt({ min: -(1n << 8194n), max: 1n << 8194n }));
const odd = fc.constantFrom<unknown>(
  () => 1,
  Symbol("s"),
  Promise.resolve(),
  "a\ud800",
  new DataView(new ArrayBuffer(2)),
  new Date(4_398_064_444_795_814),
);
const leaf = fc.oneof(
  fc.constantFrom(undefined, null, true, false, -0, 0, Number.NaN, -(2 ** 32), 2 ** 32, -(2 ** 32) - 1),
  fc.constantFrom("\uFEFF", `\uFEFF${"x".repeat(80)}`, "__proto__", "é".repeat(70), "\0", "x".repeat(70_000)),
  text,
  number,
  bigint,
  fc.date({ noInvalidDate: false, min: new Date(-(2 ** 50)), max: new Date(2 ** 50) }),
  fc.integer({ min: -10, max: 2 ** 33 }).map((seconds) => new Date(seconds * 1000)),
  fc.uint8Array().map((bytes) => bytes.buffer),
  fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  fc.oneof(fc.uint8Array(), fc.uint8ClampedArray(), fc.int8Array(), fc.float64Array(), fc.float32Array()),
  fc.oneof(fc.int16Array(), fc.uint16Array(), fc.int32Array(), fc.uint32Array(), fc.bigInt64Array()),
);

function anyOf(leaves: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      leaves,
      fc.array(tie("value")),
      fc.dictionary(text, tie("value"), { noNullPrototype: false }),
      fc.array(fc.tuple(leaves, tie("value"))).map((entries) => new Map(entries)),
      fc.array(tie("value")).map((items) => new Set(items)),
      tie("value").map((inner) => new Point(inner)),
      tie("value").map((inner) => Names.from([inner, inner])),
      tie("value").map((inner) => new Ages([[inner, inner]])),
      // biome-ignore lint/suspicious/noSparseArray: holes are what is tried
      tie("value").map((inner) => [, inner]),
    ),
  })).value;
}

describe("writing", () => {
  test("the golden vectors", () => {
    for (const hex of vectors) expect(toHex(small.encodeItem(large.decodeItem(fromHex(hex))))).toBe(hex);
  });

  test("any value that can be sent", () => {
    fc.assert(fc.property(anyOf(leaf), expectSameWriting), { numRuns: 1_500 });
  });

  test("values that cannot be sent are refused with the same words, and leave nothing behind", () => {
    fc.assert(fc.property(anyOf(fc.oneof(leaf, odd)), expectSameWriting), { numRuns: 1_000 });
    const cycle: unknown[] = [];
    cycle.push({ cycle });
    const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);
    const keys = [JSON.parse('{"__proto__":1}'), { "\udc00": 1 }, { "\uFEFFx": 1 }];
    const bigints = [
      1n << 8192n,
      -(1n << 8192n) - 1n,
      (1n << 8192n) - 1n,
      -(1n << 8192n),
      1n << 64n,
      -(1n << 64n),
    ];
    for (const value of [cycle, deep(64), deep(65), { a: [deep(61)] }, ...keys, ...bigints])
      for (const way of [
        value,
        { "a b": value },
        new Map([["k", value]]),
        new Map([[value, 1]]),
        new Set([value]),
      ])
        expectSameWriting(way);
  });

  test("too much is refused by both: nodes count what reading costs, programs count elements", () => {
    const wide = Array.from({ length: 30 }).reduce<unknown>((inner) => [inner, inner], 1);
    expect(() => large.encodeOwn(largeSendable.sendable(wide))).toThrow(/more than 1000000 steps/);
    expect(() => small.encodeOwn(smallSendable.sendable(wide))).toThrow(/more than 1000000 elements/);
  });

  test("long lists, maps and texts", () => {
    for (const n of [23, 24, 255, 256, 65_535, 65_536, 70_000]) {
      const list = Array.from({ length: n }, (_, i) => i);
      const map = new Map(list.map((i) => [`k${i}`, i] as const));
      for (const value of [list, map, Object.fromEntries(map), "€".repeat(n), new Uint8Array(n)])
        expectSameWriting(value);
    }
  });

  test("commands", () => {
    for (const command of commands) {
      if (command.type !== "calls") continue;
      expect(plainWrite.writeCalls()).toBe(null);
      const bytes = writeCalls({ ...command, ackedLate: [] }) ?? new Uint8Array(0);
      const message = writeCommandMessage(bytes, (length) => new Uint8Array(length));
      expect(toHex(plainWrite.writeCommandMessage(bytes))).toBe(toHex(message));
    }
  });
});

describe("reading", () => {
  test("the golden vectors", () => {
    for (const hex of vectors) {
      expect(small.decodeItem(fromHex(hex))).toStrictEqual(large.decodeItem(fromHex(hex)));
      expectSameReading(fromHex(hex));
    }
  });

  test("any value, and what becomes of it when bytes are changed", () => {
    const changes = fc.array(fc.tuple(fc.nat(2_000), fc.nat(255)), { maxLength: 3 });
    const property = fc.property(anyOf(leaf), changes, (value, damage) => {
      const sent = written(() => large.encodeItem(largeSendable.sendable(value)));
      const bytes = "value" in sent ? fromHex(String(sent.value)) : new Uint8Array(0);
      expectSameReading(bytes);
      for (const [at, byte] of damage) if (bytes.length > 0) bytes[at % bytes.length] = byte;
      expectSameReading(bytes);
    });
    fc.assert(property, { numRuns: 3_000 });
  });

  test("random bytes", () => {
    const head = fc.constantFrom(
      0x1b,
      0x3b,
      0x5b,
      0x78,
      0x81,
      0xa1,
      0xc1,
      0xc2,
      0xd8,
      0xd9,
      0xf9,
      0xfa,
      0xfb,
    );
    const bytes = fc
      .tuple(head, fc.uint8Array({ maxLength: 40 }))
      .map(([first, rest]) => Uint8Array.of(first, ...rest));
    fc.assert(fc.property(bytes, expectSameReading), { numRuns: 20_000 });
  });

  test("every float of 16 bits", () => {
    for (let bits = 0; bits < 0x10000; bits++) expectSameReading(Uint8Array.of(0xf9, bits >> 8, bits & 255));
  });

  test("every tag before every kind of item", () => {
    const tags = [0, 1, 2, 3, 4, 27, 28, 64, 68, 69, 71, 85, 86, 258, 259, 900, 901, 902, 57_343];
    const items = [
      "00",
      "17",
      "1805",
      "190100",
      "1a00010000",
      "1b0000000100000000",
      "20",
      "3903e7",
      "40",
      "420102",
    ];
    items.push(
      "480102030405060708",
      "6161",
      "64efbbbf2e",
      "63efbbbf",
      "80",
      "82f4f5",
      "a0",
      "a1616101",
      "a10101",
    );
    items.push("f5", "f6", "f7", "f97e00", "fa7fc00000", "fb4000000000000000", "c100", "ff", "9f", "f8ff");
    for (const tag of tags)
      for (const item of items)
        for (const head of [
          tag < 24 ? (0xc0 + tag).toString(16) : "",
          `d9${tag.toString(16).padStart(4, "0")}`,
        ])
          for (const outer of ["", "81", "a16161", "d9010381"])
            expectSameReading(fromHex(outer + head + item));
  });

  test("what has limits", () => {
    for (const [prefix, n] of [
      ["81", 63],
      ["81", 64],
      ["81", 67],
      ["81", 68],
    ] as const)
      expectSameReading(fromHex(`${prefix.repeat(n)}00`));
    const bigint = (bytes: number) => `c259${bytes.toString(16).padStart(4, "0")}${"ff".repeat(bytes)}`;
    for (const bytes of [0, 1, 1_024, 1_025].map((n) => fromHex(bigint(n)))) expectSameReading(bytes);
    const million = new Uint8Array(1_000_006).fill(0x80);
    million.set([0x9a, 0x00, 0x0f, 0x42, 0x41]);
    for (const bytes of [million, new Uint8Array(1_000_001), new Uint8Array(9_000_000), new Uint8Array(0)])
      expect(read(() => small.decodeItems(bytes))).toStrictEqual({ refused: "BadFrame" });
  });

  test("shares memory with the bytes only where codec.ts does", () => {
    const bytes = large.encodeItem([Uint8Array.of(1, 2)]);
    const [viewed] = small.decodeItem(bytes) as Uint8Array[];
    const [copied] = small.decodeTagged(bytes, 0) as Uint8Array[];
    bytes.fill(0xff);
    expect([viewed, copied]).toStrictEqual([Uint8Array.of(0xff, 0xff), Uint8Array.of(1, 2)]);
  });
});
