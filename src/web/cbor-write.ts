/**
 * Users' values and messages as CBOR (RFC 8949), byte by byte as the library behind shared/wire/codec.ts makes it. What
 * shared/wire/sendable.ts refuses there is refused here while it is written, with the same words.
 */
import { never } from "../shared/clock.ts";
import { bigintBytesMax, depthMax, elementsMax } from "../shared/limits.ts";
import { NotSendable } from "../shared/object/types.ts";
import {
  arrayBufferTag,
  bigintTag,
  bytesHead,
  dateTag,
  float64,
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

const encoder = /* @__PURE__ */ new TextEncoder();

let out = /* @__PURE__ */ new Uint8Array(1024);
let view = /* @__PURE__ */ new DataView(out.buffer);
let to = 0;

/** The way down to where we are: `steps[d]` leads out of `holders[d]`, from depth `base` on. Read when refusing. */
const steps: (string | number)[] = [];
const holders: object[] = [];
let root = "";
let base = 0;
let deepest = 0;
let elements = 0;

/** Arguments within a message: their limits and their path begin anew. */
class Arguments {
  readonly list: readonly unknown[];
  constructor(list: readonly unknown[]) {
    this.list = list;
  }
}

/** As in shared/wire/codec.ts: encodes one item. @returns bytes that nothing overwrites later */
export function encodeItem(value: unknown): Uint8Array {
  return encode(value, never);
}

/** As in shared/wire/sendable.ts. @throws NotSendable */
export function sendable(value: unknown): unknown {
  encode(value, depthMax);
  return value;
}

/** As in shared/wire/sendable.ts, but what cannot be sent is found when it is encoded. */
export function sendableArguments(args: readonly unknown[]): unknown {
  return new Arguments(args);
}

function encode(value: unknown, depth: number): Uint8Array {
  to = 0;
  begin("", 0, depth);
  write(value, 0);
  holders.length = 0;
  return out.slice(0, to);
}

function begin(name: string, from: number, depth: number): void {
  root = name;
  base = from;
  deepest = depth;
  elements = 0;
}

/** Makes sure that `n` more bytes fit. */
function reserve(n: number): void {
  if (to + n <= out.length) return;
  const larger = new Uint8Array(2 * (to + n));
  larger.set(out);
  out = larger;
  view = new DataView(out.buffer);
}

/** A first byte, and behind it `n` in so many bytes. */
function fixed(first: number, n: number, size: number): void {
  reserve(9);
  out[to++] = first;
  for (let left = size; left > 0; left--) out[to++] = n >>> (8 * (left - 1));
}

function float(n: number): void {
  fixed(float64, 0, 8);
  view.setFloat64(to - 8, n);
}

function head(major: number, n: number): void {
  if (n > 0xffff) fixed(major + 26, n, 4);
  else if (n > 0xff) fixed(major + 25, n, 2);
  else if (n > 23) fixed(major + 24, n, 1);
  else fixed(major + n, 0, 0);
}

function byteString(major: number, bytes: Uint8Array): void {
  head(major, bytes.length);
  reserve(bytes.length);
  out.set(bytes, to);
  to += bytes.length;
}

function write(value: unknown, depth: number): void {
  switch (typeof value) {
    case "string":
      return text(value, "text", depth);
    case "number":
      return number(value);
    case "bigint":
      return bigint(value, depth);
    case "boolean":
      return head(simpleHead, value ? 21 : 20);
    case "undefined":
      return head(simpleHead, 23);
    case "object":
      return value === null ? head(simpleHead, 22) : object(value, depth);
    default:
      refuse(`a ${typeof value}`, depth);
  }
}

/** A mark (U+FEFF) in front would be dropped by decoders: a dot goes before it. */
function text(value: string, what: "text" | "key", depth: number): void {
  if (!value.isWellFormed()) refuse(`a ${what} with half a surrogate pair`, depth);
  const isMarked = value.startsWith("\uFEFF");
  if (isMarked && what === "key") refuse("a key that begins with a byte order mark", depth);
  if (isMarked) head(tagHead, markedTextTag);
  byteString(textHead, encoder.encode(isMarked ? `.${value}` : value));
}

function number(n: number): void {
  if (!Number.isInteger(n) || n < -(2 ** 32) || n >= 2 ** 32) return float(n);
  if (Object.is(n, -0)) head(tagHead, minusZeroTag);
  if (n < 0) head(negative, -1 - n);
  else head(0, n);
}

function bigint(value: bigint, depth: number): void {
  const isNegative = value < 0n;
  const n = isNegative ? -1n - value : value;
  if (n >> BigInt(8 * bigintBytesMax) > 0n) refuse(`a bigint above ${bigintBytesMax} bytes`, depth);
  const end = 1n << 64n;
  if (value < end && value > -end) {
    fixed(isNegative ? 0x3b : 0x1b, 0, 8);
    return view.setBigUint64(to - 8, n);
  }
  const hex = n.toString(16);
  const digits = hex.length % 2 === 0 ? hex : `0${hex}`;
  head(tagHead, isNegative ? bigintTag + 1 : bigintTag);
  byteString(
    bytesHead,
    Uint8Array.from(digits.match(/../g) as string[], (pair) => Number(`0x${pair}`)),
  );
}

function object(value: object, depth: number): void {
  if (value instanceof Arguments) {
    begin("args", depth, depth + depthMax);
    return object(value.list, depth);
  }
  if (depth >= deepest) tooDeep(value, depth);
  holders[depth] = value;
  const proto = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return list(value, depth);
  if (proto === Object.prototype || proto === null) return fields(value, depth);
  if (value instanceof Date) return date(value.getTime(), depth);
  if (value instanceof Map) return map(value, depth);
  if (value instanceof Set) {
    head(tagHead, setTag);
    return list([...value], depth);
  }
  if (ArrayBuffer.isView(value)) return typedArray(value, depth);
  if (value instanceof ArrayBuffer) {
    head(tagHead, arrayBufferTag);
    return byteString(bytesHead, new Uint8Array(value));
  }
  if ("then" in value && typeof value.then === "function") refuse("a promise", depth);
  fields(value, depth);
}

/** The way is told up to where it first comes back to where it was. */
function tooDeep(value: object, depth: number): never {
  const way = [...holders.slice(base, depth), value];
  const repeat = way.findIndex((holder, d) => way.indexOf(holder) < d);
  if (repeat > 0) refuse("a cycle", base + repeat);
  refuse(`nesting deeper than ${depthMax}`, depth);
}

function count(major: number, n: number, depth: number): void {
  elements += n;
  if (elements > elementsMax) refuse(`a value of more than ${elementsMax} elements`, depth);
  head(major, n);
}

/** Holes become undefined. */
function list(items: readonly unknown[], depth: number): void {
  count(listHead, items.length, depth);
  for (let i = 0; i < items.length; i++) {
    steps[depth] = i;
    write(items[i], depth + 1);
  }
}

/** Own enumerable fields with string keys: instances of classes become plain objects. */
function fields(value: object, depth: number): void {
  const entries = Object.entries(value);
  count(mapHead, entries.length, depth);
  for (const [key, item] of entries) {
    steps[depth] = key;
    if (key === "__proto__") refuse("a field named __proto__", depth + 1);
    text(key, "key", depth + 1);
    write(item, depth + 1);
  }
}

function map(value: ReadonlyMap<unknown, unknown>, depth: number): void {
  head(tagHead, mapTag);
  count(mapHead, value.size, depth);
  let i = 0;
  for (const [key, item] of value) {
    steps[depth] = i;
    write(key, depth + 1);
    steps[depth] = typeof key === "string" ? key : i;
    write(item, depth + 1);
    i++;
  }
}

/** Dates travel as seconds. Beyond the year 140,000 some fractions of a second would arrive changed. */
function date(time: number, depth: number): void {
  const seconds = time / 1000;
  if (!Object.is(Math.round(seconds * 1000) + 0, time)) refuse("a date that is not exact in seconds", depth);
  head(tagHead, dateTag);
  if (Number.isInteger(seconds) && seconds >= 0 && seconds < 2 ** 32) fixed(0x1a, seconds, 4);
  else float(seconds);
}

function typedArray(value: ArrayBufferView, depth: number): void {
  const name = String((value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]);
  if (name !== "Uint8Array") {
    const [tag] = typedArrays.find(([, type]) => type.name === name) ?? refuse(`a ${name}`, depth);
    head(tagHead, tag);
  }
  byteString(bytesHead, new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
}

/** @param depth how many steps lead from the root to what is refused */
function refuse(what: string, depth: number): never {
  let path = root;
  for (let d = base; d < depth; d++) path += stepText(holders[d], steps[d]);
  // Holders would otherwise keep the refused value alive.
  holders.length = 0;
  throw new NotSendable(path, what);
}

function stepText(holder: object | undefined, step: string | number | undefined): string {
  if (holder instanceof Map && typeof step === "string") return `.get(${JSON.stringify(step)})`;
  if (typeof step === "number") return `[${step}]`;
  const name = String(step);
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
