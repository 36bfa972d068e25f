/**
 * The only file that touches the CBOR library (RFC 8949), behind typed functions.
 *
 * What the library would change or lose is closed here and in scanner.ts: records are off (they need `new
 * Function`), bigints decode in linear time, -0 and texts that begin with a byte order mark travel under
 * tags of their own. The entries `cbor-x/encode` and `cbor-x/decode` never load its native text reader, which
 * exists on some machines only: replicas decode every value with the same code.
 */
import { Tag } from "cbor-x/decode";
import { addExtension, Encoder } from "cbor-x/encode";
import { decodeStepsMax, depthMax } from "../limits.ts";
import { BadFrame } from "./bad-frame.ts";
import { arrayBufferTag, markedTextTag, minusZeroTag, scan } from "./scanner.ts";

const options = {
  useRecords: false,
  mapsAsObjects: true,
  variableMapSize: true,
  tagUint8Array: false,
} as const;
/** Byte strings are views onto the frame. */
const viewing = new Encoder(options);
/**
 * Byte strings are copies: users' objects keep and change them, and must not reach into a frame or the log.
 */
const copying = new Encoder({ ...options, copyBuffers: true });

const digits = Array.from({ length: 256 }, (_, b) => b.toString(16).padStart(2, "0"));
// The library's own loop takes quadratic time; the hexadecimal reader of the engine does not.
extend(2, (bytes: Uint8Array) => {
  let hex = "0x0";
  for (const b of bytes) hex += digits[b] as string;
  return BigInt(hex);
});
extend(minusZeroTag, () => -0);
extend(markedTextTag, (text: string) => text.slice(1));
extend(arrayBufferTag, (bytes: Uint8Array) => bytes.slice().buffer);

function extend<T>(tag: number, decode: (content: T) => unknown): void {
  addExtension({ tag, decode } as unknown as Parameters<typeof addExtension>[0]);
}

/** What stands for -0 in a value to encode. */
export const minusZero: unknown = new Tag(0, minusZeroTag);

/**
 * What stands for a text that begins with U+FEFF: a dot goes before the mark, so that no decoder drops it.
 */
export function markedText(text: string): unknown {
  return new Tag(`.${text}`, markedTextTag);
}

export function wrappedBuffer(buffer: ArrayBuffer): unknown {
  return new Tag(new Uint8Array(buffer), arrayBufferTag);
}

/**
 * The library's REUSE_BUFFER_MODE and RESET_BUFFER_MODE: one scratch buffer, overwritten by the next call.
 */
const scratchMode = 512 | 1024;
interface Scratch extends Uint8Array {
  readonly start: number;
  readonly end: number;
}
const encodeToScratch = viewing.encode.bind(viewing) as unknown as (value: unknown, mode: number) => Scratch;

/**
 * Small results share a slab, because a buffer of its own costs five times as much; each part of it is
 * written once. What keeps a few bytes for long would keep the slab alive with them: that takes `encodeOwn`.
 */
const slabBytes = 65_536;
const sharedBytesMax = 4_096;
let slab = new Uint8Array(slabBytes);
let used = 0;

/**
 * Encodes one item: numbers, texts, byte strings, null, booleans and arrays of these, or what sendable.ts
 * prepared.
 * @returns bytes that nothing overwrites later, in a buffer that they may share with others
 */
export function encodeItem(value: unknown): Uint8Array {
  const written = encoded(value);
  const bytes = room(written.length);
  bytes.set(written);
  return bytes;
}

/** @returns bytes that nobody else writes, in a buffer that they may share with others */
export function room(length: number): Uint8Array {
  if (length > sharedBytesMax) return new Uint8Array(length);
  if (used + length > slabBytes) {
    slab = new Uint8Array(slabBytes);
    used = 0;
  }
  const bytes = new Uint8Array(slab.buffer, used, length);
  used += length;
  return bytes;
}

/** As `encodeItem`, in a buffer of their own: for what is kept long, as the outcomes of a session. */
export function encodeOwn(value: unknown): Uint8Array {
  return new Uint8Array(encoded(value));
}

/** A view onto the scratch buffer. */
function encoded(value: unknown): Uint8Array {
  const scratch = encodeToScratch(value, scratchMode);
  return new Uint8Array(scratch.buffer, scratch.byteOffset + scratch.start, scratch.end - scratch.start);
}

/**
 * Decodes the items of a frame. Byte strings are views onto it.
 * @throws BadFrame
 */
export function decodeItems(frame: Uint8Array): readonly unknown[] {
  scan(frame);
  return decoded(() => viewing.decodeMultiple(plain(frame)));
}

/**
 * Decodes one item without tags. Byte strings are views onto `bytes`.
 * @throws BadFrame
 */
export function decodeItem(bytes: Uint8Array): unknown {
  if (scan(bytes) !== 1) throw new BadFrame("more than one item");
  return decoded(() => viewing.decode(plain(bytes)));
}

/**
 * Decodes one item that may hold users' values. Nothing in it shares memory with `bytes`.
 * @param envelope levels of nesting around the users' values
 * @param steps that it may take
 * @throws BadFrame
 */
export function decodeTagged(bytes: Uint8Array, envelope: number, steps = decodeStepsMax): unknown {
  if (scan(bytes, true, depthMax + envelope, steps) !== 1) throw new BadFrame("more than one item");
  return decoded(() => copying.decode(plain(bytes)));
}

/**
 * The library derives arrays from its input's class and writes a property onto it: it gets a view of its
 * own.
 */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function decoded<T>(decode: () => T): Exclude<T, void> {
  try {
    return decode() as Exclude<T, void>;
  } catch (cause) {
    throw new BadFrame("bytes that cannot be decoded", { cause });
  }
}

/** Concatenates encoded messages to one frame (a CBOR sequence, RFC 8742), in a buffer of its own. */
export function joinFrame(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const frame = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}
