/**
 * What it costs to decode a value, in steps of some 25 ns: readers stop at `decodeStepsMax`, and writers refuse what
 * readers would (writer-steps.ts). Bytes say little of it: three bytes can ask for a typed array, which takes as long
 * as twenty numbers. Nothing is imported here: only then do bundlers put the numbers where they are used.
 */

/** Any item; what an item costs beyond follows. */
export const itemSteps = 1;
export const listSteps = 2;
/** An integer of 64 bits, which becomes a bigint. */
export const wordSteps = 1;
/** A plain object, whose shape may be new to the engine, and each of its fields. */
export const objectSteps = 24;
export const fieldSteps = 10;
/** An entry of a Map, an item of a Set. */
export const entrySteps = 6;
/** A Map or Set itself. */
export const collectionSteps = 8;
/** A byte string that is a view onto the frame, and one that is a copy. */
export const viewSteps = 4;
export const bytesSteps = 10;
/** A typed array or an ArrayBuffer. */
export const bufferSteps = 24;
/** A date, and what else travels under a tag. */
export const tagSteps = 3;

/** @param n its length in bytes, or more */
export function textSteps(n: number): number {
  return (n < 64 ? 3 : 12) + (n >> 8);
}

/** @param n its length in bytes, or more */
export function bigintSteps(n: number): number {
  return 12 + ((3 * n) >> 2);
}
