/** Bytes that are short for what they ask a decoder to do: each is one item of CBOR (RFC 8949). */
import { frameBytesMax } from "../../src/shared/limits.ts";

/** @param major the major type of the head */
function counted(major: number, n: number, items: Uint8Array): Uint8Array {
  const head = [(major << 5) | 26, n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
  return Buffer.concat([Uint8Array.from(head), items]);
}

const list = (n: number, items: Uint8Array) => counted(4, n, items);
const map = (n: number, entries: Uint8Array) => counted(5, n, entries);
const tagged = (tag: number, item: Uint8Array) =>
  Buffer.concat([Uint8Array.of(0xd9, tag >> 8, tag & 255), item]);

function repeated(item: readonly number[], n: number): Uint8Array {
  return new Uint8Array(item.length * n).map((_, i) => item[i % item.length] as number);
}

/** Items that each name another text. */
function named(n: number, before: readonly number[], behind: readonly number[]): Uint8Array {
  const items: Uint8Array[] = [];
  for (let i = 0; i < n; i++) {
    const text = i.toString(36).padStart(6, "q");
    items.push(Uint8Array.from([...before, 0x66, ...Buffer.from(text), ...behind]));
  }
  return Buffer.concat(items);
}

/** The hash of an integer in V8, after Thomas Wang. */
function hashOf(n: number): number {
  let h = (~n + (n << 15)) | 0;
  h ^= h >>> 12;
  h = (h + (h << 2)) | 0;
  h ^= h >>> 4;
  h = Math.imul(h, 2057);
  return h ^ (h >>> 16);
}

/** Integers that all fall on one place of a hash table. */
function clashing(n: number): Uint8Array {
  const items = Buffer.alloc(5 * n);
  for (let key = 0, found = 0; found < n; key++) {
    if ((hashOf(key) & 0xffff) !== 7) continue;
    items[5 * found] = 0x1a;
    items.writeUInt32BE(key, 5 * found++ + 1);
  }
  return items;
}

/** Bigints of 16 bytes that end alike. */
function longIntegers(n: number): Uint8Array {
  const item = Buffer.alloc(18);
  item.set([0xc2, 0x50]);
  const items = Buffer.alloc(18 * n);
  for (let i = 0; i < n; i++) {
    item.writeUInt32BE(i + 1, 2);
    items.set(item, 18 * i);
  }
  return items;
}

const million = 1_000_000;
const fill = frameBytesMax - 16;
const long = (n: number, unit: readonly number[]) => counted(3, n * unit.length, repeated(unit, n));

export const bombs: Readonly<Record<string, Uint8Array>> = {
  "a count beyond the bytes": Uint8Array.of(0x9b, 0x7f, 255, 255, 255, 255, 255, 255, 255),
  "a length beyond the bytes": Uint8Array.of(0x5b, 0, 0, 0x10, 0, 0, 0, 0, 0),
  "an indefinite length": repeated([0x9f], million),
  "deep lists": repeated([0x81], million),
  "deep maps": repeated([0xa1, 0x60], million),
  "deep tags": repeated([0xc1], million),
  "nests beside each other": list(5_200, repeated([...Array<number>(62).fill(0x81), 0], 5_200)),
  "a million items": list(million, new Uint8Array(million)),
  "as many integers of 64 bits as fit": list(900_000, repeated([0x1b, 255, 1, 1, 1, 1, 1, 1, 1], 900_000)),
  "as many floats as fit": list(900_000, repeated([0xfb, 64, 1, 1, 1, 1, 1, 1, 1], 900_000)),
  "floats of 16 bits": list(490_000, repeated([0xf9, 64, 1], 490_000)),
  "empty lists": list(330_000, repeated([0x80], 330_000)),
  "empty texts": list(190_000, repeated([0x60], 190_000)),
  "short texts": list(190_000, named(190_000, [], [])),
  "short texts beyond ASCII": list(190_000, repeated([0x64, 0xc3, 0xa9, 0xc3, 0xa9], 190_000)),
  "longer texts beyond ASCII": list(70_000, repeated([0x78, 70, ...repeated([0xc3, 0xa9], 35)], 90_000)),
  "empty byte strings": list(90_000, repeated([0x40], 90_000)),
  "a text of a frame": long(fill, [97]),
  "a text of a frame, two bytes a character": long(fill / 2, [0xc3, 0xa9]),
  "a text of a frame, four bytes a character": long(fill / 4, [0xf0, 0x9f, 0x98, 0x80]),
  "a byte string of a frame": counted(2, fill, new Uint8Array(fill)),
  "an object of many names": map(71_000, named(71_000, [], [0])),
  "objects of one name each": list(24_000, named(24_000, [0xa1], [0])),
  "empty objects": list(330_000, repeated([0xa0], 330_000)),
  "records of the library": list(million, repeated([0xd9, 0xe0, 0, 0x80], million)),
  "shared references": list(million, repeated([0xd8, 28, 0x80], million)),
  "a bigint of a megabyte": counted(2, million, repeated([255], million)),
  "bigints as long as may be": list(1_200, repeated([0xc2, 0x59, 4, 0, ...repeated([255], 1_024)], 950)),
  "short bigints": list(28_000, repeated([0xc2, 0x48, 255, 1, 1, 1, 1, 1, 1, 1], 40_000)),
  "typed arrays": list(25_000, repeated([0xd8, 72, 0x40], 27_000)),
  dates: list(190_000, repeated([0xc1, 0], 190_000)),
  sets: list(70_000, repeated([0xd9, 1, 2, 0x80], 70_000)),
  "a Set of texts": tagged(258, list(90_000, named(90_000, [], []))),
  "a Set of numbers that clash": tagged(258, list(20_000, clashing(20_000))),
  "a Set of a few numbers that clash": tagged(258, list(3_900, clashing(3_900))),
  "a Set of bigints that end alike": tagged(258, list(20_000, longIntegers(20_000))),
  "a Set of a few bigints that end alike": tagged(258, list(2_000, longIntegers(2_000))),
  "a Map of texts": tagged(259, map(80_000, named(80_000, [], [0]))),
};
