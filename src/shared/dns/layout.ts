/** Where what lies in a message that this side made itself: its bytes are trusted, nothing is checked. */
import { headerBytes, u16At } from "./reader.ts";
import { types } from "./record.ts";

export interface Place {
  /** Where the type stands; class, TTL and length follow. */
  readonly fixed: number;
  /** Behind the record. */
  readonly end: number;
}

export interface Layout {
  /** Behind the question. */
  readonly questionEnd: number;
  /** The records of all sections, in order. */
  readonly records: readonly Place[];
  /** Where a pointer to an earlier name stands. */
  readonly pointers: readonly number[];
}

const fixedBytes = 10;
/** Only these have names that may be compressed, and how many at the start of their data (RFC 3597 4). */
const compressed: ReadonlyMap<number, number> = new Map([
  [types.NS, 1],
  [types.CNAME, 1],
  [types.SOA, 2],
]);

/** @param bytes a message with one question */
export function layoutOf(bytes: Uint8Array): Layout {
  const pointers: number[] = [];
  const questionEnd = nameEnd(bytes, headerBytes, []) + 4;
  const count = u16At(bytes, 6) + u16At(bytes, 8) + u16At(bytes, 10);
  const records: Place[] = [];
  for (let at = questionEnd, i = 0; i < count; i++) {
    const fixed = nameEnd(bytes, at, pointers);
    const data = fixed + fixedBytes;
    const end = data + u16At(bytes, fixed + 8);
    const names = compressed.get(u16At(bytes, fixed)) ?? 0;
    for (let n = 0, from = data; n < names; n++) from = nameEnd(bytes, from, pointers);
    records.push({ fixed, end });
    at = end;
  }
  return { questionEnd, records, pointers };
}

function nameEnd(bytes: Uint8Array, from: number, pointers: number[]): number {
  for (let at = from; ; ) {
    const length = bytes[at] as number;
    if (length === 0) return at + 1;
    if (length >= 0xc0) {
      pointers.push(at);
      return at + 2;
    }
    at += length + 1;
  }
}
