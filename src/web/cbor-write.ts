/**
 * Users' values and messages as CBOR (RFC 8949), byte by byte as the library behind shared/wire/codec.ts makes it. What
 * shared/wire/sendable.ts refuses there is refused here while it is written, with the same words.
 */
import { bigintBytesMax, decodeStepsMax, depthMax } from "../shared/limits.ts";
import { NotSendable } from "../shared/object/types.ts";
import {
  bufferSteps,
  bytesSteps,
  charsSteps,
  collectionSteps,
  entrySteps,
  fieldSteps,
  itemSteps,
  listSteps,
  objectSteps,
  taggedSteps,
  tooMuch,
  valueSteps,
} from "../shared/wire/steps.ts";
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
import { byteString, head, long, restart, word, written } from "./cbor-out.ts";

const encoder = /* @__PURE__ */ new TextEncoder();

/** The way down to where we are: `steps[d]` leads out of `holders[d]`, from depth `base` on. Read when refusing. */
const steps: (string | number)[] = [];
const holders: object[] = [];
let root = "";
let base = 0;
let deepest = 0;
let cost = 0;
let costMax = 0;

/** Arguments within a message: their limits and their path begin anew. */
class Arguments {
  readonly list: readonly unknown[];
  constructor(list: readonly unknown[]) {
    this.list = list;
  }
}

/** As in shared/wire/codec.ts: encodes one item. @returns bytes that nothing overwrites later */
export function encodeItem(value: unknown): Uint8Array {
  return encode(value, Number.POSITIVE_INFINITY);
}

/** As in shared/wire/sendable.ts. @throws NotSendable */
export function sendable(value: unknown, steps = decodeStepsMax): unknown {
  costMax = steps;
  encode(value, depthMax);
  return value;
}

/** As in shared/wire/sendable.ts, but what cannot be sent is found when it is encoded. */
export function sendableArguments(args: readonly unknown[]): unknown {
  return new Arguments(args);
}

function encode(value: unknown, depth: number): Uint8Array {
  restart();
  begin("", 0, depth);
  write(value, 0);
  holders.length = 0;
  return written();
}

function begin(name: string, from: number, depth: number): void {
  root = name;
  base = from;
  deepest = depth;
  cost = 0;
}

/** @param n steps of decoding */
function pay(n: number): void {
  cost += n;
  if (cost > costMax && deepest < Number.POSITIVE_INFINITY) refuse(tooMuch(costMax), base);
}

function write(value: unknown, depth: number): void {
  cost += itemSteps;
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
  pay(charsSteps(value.length));
  if (isMarked) cost += taggedSteps;
  if (isMarked) head(tagHead, markedTextTag);
  byteString(textHead, encoder.encode(isMarked ? `.${value}` : value));
}

function number(n: number): void {
  if (!Number.isInteger(n) || n < -(2 ** 32) || n >= 2 ** 32) return long(float64, "setFloat64", n);
  if (Object.is(n, -0)) {
    cost += taggedSteps;
    head(tagHead, minusZeroTag);
  }
  if (n < 0) head(negative, -1 - n);
  else head(0, n);
}

function bigint(value: bigint, depth: number): void {
  const isNegative = value < 0n;
  const n = isNegative ? -1n - value : value;
  if (n >> BigInt(8 * bigintBytesMax) > 0n) refuse(`a bigint above ${bigintBytesMax} bytes`, depth);
  pay(valueSteps(value));
  const end = 1n << 64n;
  if (value < end && value > -end) {
    return word(isNegative ? 0x3b : 0x1b, n);
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
    costMax = decodeStepsMax;
    return object(value.list, depth);
  }
  if (depth >= deepest) tooDeep(value, depth);
  holders[depth] = value;
  const proto = Object.getPrototypeOf(value);
  if (Array.isArray(value)) return list(value, depth);
  if (proto === Object.prototype || proto === null) return fields(value, depth);
  if (value instanceof Date) return date(value.getTime(), depth);
  if (value instanceof Map) return map(value, depth);
  if (value instanceof Set) return set(value, depth);
  if (ArrayBuffer.isView(value)) return typedArray(value, depth);
  if (value instanceof ArrayBuffer) {
    pay(taggedSteps + bytesSteps + bufferSteps);
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

/** Holes become undefined. Each item takes a step at least. */
function list(items: readonly unknown[], depth: number): void {
  pay(listSteps);
  if (deepest < Number.POSITIVE_INFINITY && cost + items.length > costMax) refuse(tooMuch(costMax), base);
  head(listHead, items.length);
  for (let i = 0; i < items.length; i++) {
    steps[depth] = i;
    write(items[i], depth + 1);
  }
}

/** Own enumerable fields with string keys: instances of classes become plain objects. */
function fields(value: object, depth: number): void {
  const entries = Object.entries(value);
  pay(listSteps + entries.length * fieldSteps + (entries.length > 0 ? objectSteps : 0));
  head(mapHead, entries.length);
  for (const [key, item] of entries) {
    steps[depth] = key;
    if (key === "__proto__") refuse("a field named __proto__", depth + 1);
    text(key, "key", depth + 1);
    write(item, depth + 1);
  }
}

function collection(major: number, size: number): void {
  pay(taggedSteps + collectionSteps + size * entrySteps);
  head(major, size);
}

function set(value: ReadonlySet<unknown>, depth: number): void {
  head(tagHead, setTag);
  collection(listHead, value.size);
  let i = 0;
  for (const item of value) {
    steps[depth] = i++;
    write(item, depth + 1);
  }
}

function map(value: ReadonlyMap<unknown, unknown>, depth: number): void {
  head(tagHead, mapTag);
  collection(mapHead, value.size);
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
  pay(taggedSteps);
  head(tagHead, dateTag);
  if (Number.isInteger(seconds) && seconds >= 0 && seconds < 2 ** 32) long(0x1a, "setUint32", seconds);
  else long(float64, "setFloat64", seconds);
}

function typedArray(value: ArrayBufferView, depth: number): void {
  const name = String((value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]);
  pay(taggedSteps + bytesSteps + bufferSteps);
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
