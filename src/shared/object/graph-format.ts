/**
 * How the values of one object stand in a snapshot. Each begins with a byte:
 *
 *   0..127          that number
 *   undefined, null, false, true, nan
 *   int, minus      a count: the integer, or its negative
 *   float           8 bytes, little-endian
 *   text            characters
 *   knownText       a count: which of the long texts before it
 *   bigint, minusBigint   its hexadecimal digits as a text
 *   ref             a count: which of the objects before it, in the order in which they begin
 *   holes           a count: how many places of an array are empty
 *   object + kind   flags, the class if it has one, the content of the kind, its own properties
 *   buffer          bytes
 *   view            which kind of view, offset, length, then the buffer
 *   hooked          the class, then what its toSnapshot gave
 *
 * Values stand in the order in which they are met, depth first. What a byte means is fixed for ever; what changes
 * otherwise gets a new version of the state's format.
 */
export const tag = {
  undefined: 0x80,
  null: 0x81,
  false: 0x82,
  true: 0x83,
  nan: 0x84,
  int: 0x85,
  minus: 0x86,
  float: 0x87,
  text: 0x88,
  knownText: 0x89,
  bigint: 0x8a,
  minusBigint: 0x8b,
  ref: 0x8c,
  holes: 0x8d,
  buffer: 0x8e,
  view: 0x8f,
  hooked: 0x90,
  /** Plus the kind. */
  object: 0xa0,
} as const;

/** The flags of an object; the lowest two bits are its integrity. */
export const flag = { classed: 4, bare: 8, properties: 16 } as const;

/** What may still be done to an object. */
export const integrity = { open: 0, closed: 1, sealed: 2, frozen: 3 } as const;

/** Of a property: writable, enumerable, configurable. */
export const attribute = { writable: 1, enumerable: 2, configurable: 4 } as const;

/** The attributes of a property as assignment makes it, in an object of each integrity: they are not written. */
export const usualAttributes: readonly number[] = [7, 7, 3, 2];

/** Names of properties and classes that are written once for each object of the cluster; later ones each time. */
export const namesMax = 65_536;

/** A text of this many characters is written once, however many values share it. */
export const longTextChars = 256;
/** Texts that are remembered for that. */
export const longTextsMax = 65_536;

/** Of arrays up to this length properties beside the elements are taken; to look for more would cost too much. */
export const namedArrayLengthMax = 65_536;

/** What every NaN in an array of floats becomes: its bits are left open by the language. */
export const nanBytes: Readonly<Record<number, readonly number[]>> = {
  4: [0, 0, 0xc0, 0x7f],
  8: [0, 0, 0, 0, 0, 0, 0xf8, 0x7f],
};
