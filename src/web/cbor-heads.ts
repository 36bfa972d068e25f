/** The heads and tags of CBOR (RFC 8949) that values of JavaScript need. */

/** Major types, in the upper three bits of a head. */
export const negative = 0x20;
export const bytesHead = 0x40;
export const textHead = 0x60;
export const listHead = 0x80;
export const mapHead = 0xa0;
export const tagHead = 0xc0;
export const simpleHead = 0xe0;
export const float64 = 0xfb;

/** Tags (RFC 8949, RFC 8746, and our own) of what has a type of its own in JavaScript. */
export const dateTag = 1;
export const bigintTag = 2;
export const setTag = 258;
export const mapTag = 259;
export const minusZeroTag = 900;
export const markedTextTag = 901;
export const arrayBufferTag = 902;
export const typedArrays = [
  [68, Uint8ClampedArray],
  [69, Uint16Array],
  [70, Uint32Array],
  [71, BigUint64Array],
  [72, Int8Array],
  [77, Int16Array],
  [78, Int32Array],
  [79, BigInt64Array],
  [85, Float32Array],
  [86, Float64Array],
] as const;
