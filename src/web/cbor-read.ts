/**
 * CBOR (RFC 8949) as values. One pass reads and checks: what the scanner of shared/wire refuses is refused here, in
 * fewer words, and nothing is built that is not bounded by the bytes that there are.
 */
import { bigintBytesMax, decodeStepsMax, depthMax, frameBytesMax } from "../shared/limits.ts";
import { hexOf } from "../shared/object/hex.ts";
import { BadFrame } from "../shared/wire/bad-frame.ts";
import {
  bigintSteps,
  bufferSteps,
  bytesSteps,
  collectionSteps,
  entrySteps,
  fieldSteps,
  itemSteps,
  listSteps,
  objectSteps,
  tagSteps,
  textSteps,
  viewSteps,
} from "../shared/wire/steps.ts";
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
let view = /* @__PURE__ */ new DataView(src.buffer);
let steps = 0;
let stepsMax = 0;
let deepest = 0;
let isUsers = false;

function refuse(): never {
  throw new BadFrame(`bytes that cannot be decoded, at byte ${from}`);
}

/** @param users whether tags may occur; then byte strings are copies, else views */
function begin(bytes: Uint8Array, users: boolean, depth: number, most = decodeStepsMax): void {
  stepsMax = most;
  if (bytes.length === 0 || bytes.length > frameBytesMax) refuse();
  src = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length);
  from = 0;
  end = src.length;
  view = new DataView(src.buffer, src.byteOffset, end);
  steps = 0;
  deepest = depth;
  isUsers = users;
}

/** Passes over `n` bytes. @returns where they begin */
function skip(n: number): number {
  if (n > end - from) refuse();
  from += n;
  return from - n;
}

function byte(): number {
  return src[skip(1)] as number;
}

/** @param n steps of decoding */
function pay(n: number): void {
  steps += n;
  if (steps > stepsMax) refuse();
}

/** The argument of a head whose low five bits are `low`. */
function argument(low: number): number {
  if (low < 24) return low;
  if (low > 27) refuse();
  let n = 0;
  for (let left = 1 << (low - 24); left > 0; left--) n = n * 256 + byte();
  return n;
}

function read(depth: number): unknown {
  const first = byte();
  const low = first & 31;
  pay(itemSteps);
  switch (first & 0xe0) {
    case 0:
      return low === 27 ? view.getBigUint64(skip(8)) : argument(low);
    case negative:
      return low === 27 ? -1n - view.getBigUint64(skip(8)) : -1 - argument(low);
    case bytesHead: {
      pay(isUsers ? bytesSteps : viewSteps);
      const at = skip(argument(low));
      return isUsers ? src.slice(at, from) : src.subarray(at, from);
    }
    case textHead:
      return text(low);
    case listHead:
      return list(low, depth, listSteps, 0);
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
  const n = argument(low);
  const at = skip(n);
  pay(textSteps(n));
  try {
    const found = n < 24 ? short(at) : decoder.decode(src.subarray(at, from));
    return found.startsWith("\uFEFF") ? refuse() : found;
  } catch {
    return refuse();
  }
}

/** The decoder of the platform takes long to begin. */
function short(at: number): string {
  let found = "";
  for (let i = at; i < from; i++) {
    const char = src[i] as number;
    if (char > 127) return decoder.decode(src.subarray(at, from));
    found += String.fromCharCode(char);
  }
  return found;
}

/**
 * Each element takes a byte at least: a count beyond the bytes is refused before anything is made of it.
 *
 * @param cost in steps, and `each` of an element
 */
function enter(low: number, depth: number, cost: number, each: number): number {
  const n = argument(low);
  if (n > end - from || depth >= deepest) refuse();
  pay(cost + n * each);
  return n;
}

function list(low: number, depth: number, cost: number, each: number): unknown[] {
  const found: unknown[] = [];
  for (let left = enter(low, depth, cost, each); left > 0; left--) found.push(read(depth + 1));
  return found;
}

function fields(low: number, depth: number): unknown {
  const found: Record<string, unknown> = {};
  const n = enter(low, depth, listSteps, fieldSteps);
  if (n > 0) pay(objectSteps);
  for (let left = n; left > 0; left--) {
    const first = byte();
    const name = (first & 0xe0) === textHead ? text(first & 31) : refuse();
    if (name === "__proto__") refuse();
    found[name] = read(depth + 1);
  }
  return found;
}

function simple(low: number): unknown {
  if (low === 27) return view.getFloat64(skip(8));
  if (low === 26) return view.getFloat32(skip(4));
  if (low === 25) return half(view.getUint16(skip(2)));
  return low < 20 || low > 23 ? refuse() : [false, true, null, undefined][low - 20];
}

const float = /* @__PURE__ */ new DataView(new ArrayBuffer(4));

/** A float of 16 bits (RFC 8949, appendix D): one of 32 with the same bits further up is smaller by a power of two. */
function half(bits: number): number {
  float.setUint32(0, (bits & 0x7fff) << 13);
  const size = float.getFloat32(0) * 2 ** 112;
  const finite = size < 65_536 ? size : bits & 1023 ? Number.NaN : Number.POSITIVE_INFINITY;
  return bits >> 15 === 0 ? finite : -finite;
}

function readTagged(tag: number, depth: number): unknown {
  // What a tag stands before: read as it is, but only where it is of the right kind.
  const first = src[from] as number;
  const low = first & 31;
  const major = first & 0xe0;
  pay(tagSteps);
  if (tag === mapTag && major === mapHead) {
    from++;
    const found = new Map<unknown, unknown>();
    for (let left = enter(low, depth, collectionSteps, entrySteps); left > 0; left--)
      found.set(read(depth + 1), read(depth + 1));
    return found;
  }
  if (tag === setTag && major === listHead) {
    from++;
    return new Set(list(low, depth, collectionSteps, entrySteps));
  }
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
  if (tag === bigintTag || tag === bigintTag + 1) {
    if (bytes.length > bigintBytesMax) refuse();
    pay(bigintSteps(bytes.length));
    const n = BigInt(`0x0${hexOf(bytes)}`);
    return tag === bigintTag ? n : -1n - n;
  }
  pay(bufferSteps);
  if (tag === arrayBufferTag) return bytes.buffer;
  const [, type] = typedArrays.find(([known]) => known === tag) ?? refuse();
  return bytes.length % type.BYTES_PER_ELEMENT === 0 ? new type(bytes.buffer) : refuse();
}

/** Decodes the items of a frame. Byte strings are views onto it. @throws BadFrame */
export function decodeItems(frame: Uint8Array): readonly unknown[] {
  begin(frame, false, depthMax);
  const items: unknown[] = [];
  while (from < end) items.push(read(0));
  return items;
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
export function decodeTagged(bytes: Uint8Array, envelope: number, most?: number): unknown {
  begin(bytes, true, depthMax + envelope, most);
  return one();
}
