/**
 * CBOR (RFC 8949) as values. One pass reads and checks: what the scanner of shared/wire refuses is refused here, in
 * fewer words, and nothing is built that is not bounded by the bytes that there are.
 */

import { bigintBytesMax, depthMax, elementsMax, frameBytesMax } from "../shared/limits.ts";
import { hexOf } from "../shared/object/hex.ts";
import { BadFrame } from "../shared/wire/bad-frame.ts";
import {
  arrayBufferTag,
  bigintTag,
  bytesHead,
  dateTag,
  listHead,
  mapHead,
  mapTag,
  markedTextTag,
  minusZeroTag,
  negative,
  setTag,
  simpleHead,
  tagHead,
  textHead,
  typedArrays,
} from "./cbor-heads.ts";

const decoder = /* @__PURE__ */ new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

let src = /* @__PURE__ */ new Uint8Array(0);
let from = 0;
let end = 0;
let elements = 0;
let deepest = 0;
let isUsers = false;

function refuse(): never {
  throw new BadFrame(`bytes that cannot be decoded, at byte ${from}`);
}

/** @param users whether tags may occur; then byte strings are copies, else views */
function begin(bytes: Uint8Array, users: boolean, depth: number): void {
  if (bytes.length === 0 || bytes.length > frameBytesMax) refuse();
  src = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  from = 0;
  end = src.length;
  elements = 0;
  deepest = depth;
  isUsers = users;
}

/** The next `n` bytes. */
function take(n: number): Uint8Array<ArrayBuffer> {
  if (n > end - from) refuse();
  from += n;
  return src.subarray(from - n, from);
}

function byte(): number {
  return take(1)[0] as number;
}

function viewOf(n: number): DataView {
  return new DataView(src.buffer, take(n).byteOffset, n);
}

/** The argument of a head whose low five bits are `low`. */
function argument(low: number): number {
  if (low < 24) return low;
  if (low > 27) refuse();
  let n = 0;
  for (const byte of take(1 << (low - 24))) n = n * 256 + byte;
  return n;
}

function read(depth: number): unknown {
  const first = byte();
  const low = first & 31;
  switch (first & 0xe0) {
    case 0:
      return low === 27 ? viewOf(8).getBigUint64(0) : argument(low);
    case negative:
      return low === 27 ? -1n - viewOf(8).getBigUint64(0) : -1 - argument(low);
    case bytesHead: {
      const bytes = take(argument(low));
      return isUsers ? bytes.slice() : bytes;
    }
    case textHead:
      return text(low);
    case listHead:
      return Array.from({ length: enter(low, depth) }, () => read(depth + 1));
    case mapHead:
      return fields(low, depth);
    case tagHead:
      return isUsers ? readTagged(argument(low), depth) : refuse();
    default:
      return simple(low);
  }
}

/** Well-formed UTF-8. A mark (U+FEFF) in front is refused because other decoders drop it. */
function text(low: number): string {
  const bytes = take(argument(low));
  try {
    const found = decoder.decode(bytes);
    return found.startsWith("\uFEFF") ? refuse() : found;
  } catch {
    return refuse();
  }
}

/** Each element takes a byte at least: a count beyond the bytes is refused before anything is made of it. */
function enter(low: number, depth: number): number {
  const n = argument(low);
  elements += n;
  if (n > end - from || elements > elementsMax || depth >= deepest) refuse();
  return n;
}

function fields(low: number, depth: number): unknown {
  const found: Record<string, unknown> = {};
  for (let left = enter(low, depth); left > 0; left--) {
    const first = byte();
    const key = (first & 0xe0) === textHead ? text(first & 31) : refuse();
    if (key === "__proto__") refuse();
    found[key] = read(depth + 1);
  }
  return found;
}

function simple(low: number): unknown {
  if (low === 27) return viewOf(8).getFloat64(0);
  if (low === 26) return viewOf(4).getFloat32(0);
  if (low === 25) return half(viewOf(2).getUint16(0));
  return low < 20 || low > 23 ? refuse() : [false, true, null, undefined][low - 20];
}

/** A float of 16 bits (RFC 8949, appendix D). */
function half(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const whole = fraction + (exponent === 0 ? 0 : 1024);
  const odd = fraction === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  const size = exponent === 31 ? odd : whole * 2 ** (Math.max(exponent, 1) - 25);
  return bits >> 15 === 0 ? size : -size;
}

function readTagged(tag: number, depth: number): unknown {
  // What a tag stands before: read as it is, but only where it is of the right kind.
  const first = src[from] as number;
  const low = first & 31;
  const major = first & 0xe0;
  if (tag === mapTag && major === mapHead) {
    from++;
    const found = new Map<unknown, unknown>();
    for (let left = enter(low, depth); left > 0; left--) found.set(read(depth + 1), read(depth + 1));
    return found;
  }
  if (tag === setTag && major === listHead) return new Set(read(depth) as unknown[]);
  if (tag === minusZeroTag && first === 0) {
    from++;
    return -0;
  }
  if (tag === markedTextTag && major === textHead) return (read(depth) as string).slice(1);
  if (tag === dateTag && (major === simpleHead ? low > 24 : major <= negative && low < 27))
    return new Date(Math.round((read(depth) as number) * 1000));
  return major === bytesHead ? ofBytes(tag, read(depth) as Uint8Array<ArrayBuffer>) : refuse();
}

function ofBytes(tag: number, bytes: Uint8Array<ArrayBuffer>): unknown {
  if (tag === arrayBufferTag) return bytes.buffer;
  if (tag === bigintTag || tag === bigintTag + 1) {
    if (bytes.length > bigintBytesMax) refuse();
    const n = BigInt(`0x0${hexOf(bytes)}`);
    return tag === bigintTag ? n : -1n - n;
  }
  const [, type] = typedArrays.find(([known]) => known === tag) ?? refuse();
  return bytes.length % type.BYTES_PER_ELEMENT === 0 ? new type(bytes.buffer) : refuse();
}

/** Decodes the items of a frame. Byte strings are views onto it. @throws BadFrame */
export function decodeItems(frame: Uint8Array): readonly unknown[] {
  begin(frame, false, depthMax);
  const items: unknown[] = [];
  while (from < end) items.push(read(0));
  return items.length > elementsMax ? refuse() : items;
}

function one(): unknown {
  const item = read(0);
  return from < end ? refuse() : item;
}

/** Decodes one item without tags. Byte strings are views onto `bytes`. @throws BadFrame */
export function decodeItem(bytes: Uint8Array): unknown {
  begin(bytes, false, depthMax);
  return one();
}

/** Decodes one item that may hold users' values; nothing in it shares memory with `bytes`. @throws BadFrame */
export function decodeTagged(bytes: Uint8Array, envelope: number): unknown {
  begin(bytes, true, depthMax + envelope);
  return one();
}
