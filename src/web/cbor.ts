/**
 * CBOR for browsers and Workers: what shared/wire/codec.ts exports, in a tenth of the bytes. Bundlers for both take
 * this file instead of that one, as package.json says under `browser`. Who does not gets the library: it makes the
 * same bytes, reads the same values and refuses the same, but that it writes values which are slow to read: elements
 * are counted there, not what each costs (steps.ts). Nodes refuse such a call.
 */

export { decodeItem, decodeItems, decodeTagged } from "./cbor-read.ts";
export { encodeItem, encodeItem as encodeOwn } from "./cbor-write.ts";

/** @returns bytes that nobody else writes */
export function room(length: number): Uint8Array {
  return new Uint8Array(length);
}

/** Concatenates encoded messages to one frame (a CBOR sequence, RFC 8742), in a buffer of its own. */
export function joinFrame(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}
