/**
 * What rows of tables (state-table.ts) say of objects by number. Part of the format: the places stay. The file imports
 * nothing, so that bundlers put the numbers where they are used.
 */

export const objectKind = 0;
export const arrayKind = 1;
export const mapKind = 2;
export const setKind = 3;
export const dateKind = 4;
export const regexpKind = 5;
export const errorKind = 6;
export const bufferKind = 7;
export const viewKind = 8;
/** Of a class with `toSnapshot`. */
export const toldKind = 9;
/** The kind is below; the rest is what may still be done to the object: all, not adding, only writing, nothing. */
export const kindEnd = 16;
/** The attributes of most properties: 1 writable, 2 enumerable, 4 configurable. */
export const usual = 7;

type Native = new (...args: never) => object;

/** The first ones by kind. */
export const natives: readonly Native[] = [
  ...[Object, Array, Map, Set, Date, RegExp, Error, ArrayBuffer, DataView],
  ...[Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array],
  ...[Float32Array, Float64Array, BigInt64Array, BigUint64Array],
  ...[EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError, AggregateError],
];
