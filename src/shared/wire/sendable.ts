/**
 * Looks at a user's value once before it is encoded: refuses what cannot travel, naming its path, and
 * replaces what the encoder would lose (-0, a leading byte order mark, instances of classes). Parts that
 * need no change are handed on as they are, so that plain data costs one pass and no copy.
 */
import { bigintBytesMax, decodeStepsMax, depthMax } from "../limits.ts";
import { NotSendable } from "../object/types.ts";
import { markedText, minusZero, wrappedBuffer } from "./codec.ts";
import { NumberKeys } from "./number-keys.ts";
import {
  bufferSteps,
  bytesSteps,
  collectionSteps,
  entrySteps,
  fieldSteps,
  itemSteps,
  listSteps,
  objectSteps,
} from "./steps.ts";
import { charsSteps, taggedSteps, tooMuch, valueSteps } from "./writer-steps.ts";

const bigintEnd = 1n << BigInt(8 * bigintBytesMax);
const typedArrays: ReadonlySet<unknown> = new Set([
  "Uint8Array",
  "Uint8ClampedArray",
  "Uint16Array",
  "Uint32Array",
  "BigUint64Array",
  "Int8Array",
  "Int16Array",
  "Int32Array",
  "BigInt64Array",
  "Float32Array",
  "Float64Array",
]);

/**
 * The way from the value down to where we are: `steps[d]` leads out of `holders[d]`. Read only when
 * refusing.
 */
const steps: (string | number)[] = [];
const holders: (object | null)[] = [];
let root = "";
/** Steps that it takes to decode what was looked at. */
let cost = 0;
let costMax = decodeStepsMax;
const numberKeys = new NumberKeys();

/** @param steps that it may take to decode it @throws NotSendable */
export function sendable(value: unknown, steps = decodeStepsMax): unknown {
  begin("", steps);
  return part(value, 0);
}

/** The arguments of one call. @throws NotSendable with a path that begins with `args` */
export function sendableArguments(args: readonly unknown[]): unknown {
  begin("args", decodeStepsMax);
  return listOf(args, 0);
}

function begin(name: string, most: number): void {
  costMax = most;
  root = name;
  cost = itemSteps;
  numberKeys.begin();
}

function part(value: unknown, depth: number): unknown {
  cost += itemSteps;
  switch (typeof value) {
    case "number":
      if (value !== 0 || !Object.is(value, -0)) return value;
      cost += taggedSteps;
      return minusZero;
    case "string":
      return textPart(value, depth);
    case "boolean":
    case "undefined":
      return value;
    case "object":
      return value === null ? null : objectPart(value, depth);
    case "bigint":
      if (value >= bigintEnd || value < -bigintEnd) refuse(`a bigint above ${bigintBytesMax} bytes`, depth);
      pay(valueSteps(value));
      return value;
    default:
      return refuse(`a ${typeof value}`, depth);
  }
}

function textPart(value: string, depth: number): unknown {
  if (!value.isWellFormed()) refuse("a text with half a surrogate pair", depth);
  pay(charsSteps(value.length));
  if (value.charCodeAt(0) !== 0xfeff) return value;
  cost += taggedSteps;
  return markedText(value);
}

function objectPart(value: object, depth: number): unknown {
  if (depth >= depthMax) {
    // The way is told up to where it first comes back to where it was.
    const way = [...holders.slice(0, depth), value];
    const repeat = way.findIndex((holder, d) => way.indexOf(holder) < d);
    if (repeat > 0) refuse("a cycle", repeat);
    refuse(`nesting deeper than ${depthMax}`, depth);
  }
  if (Array.isArray(value)) return listOf(value, depth);
  const proto = Object.getPrototypeOf(value);
  if (proto === Object.prototype || proto === null) return fields(value, depth, false);
  if (value instanceof Date) return date(value, depth);
  if (value instanceof Map) return mapOf(value, depth);
  if (value instanceof Set) return setOf(value, depth);
  if (ArrayBuffer.isView(value)) return view(value, depth);
  if (value instanceof ArrayBuffer) {
    pay(taggedSteps + bytesSteps + bufferSteps);
    return wrappedBuffer(value);
  }
  if ("then" in value && typeof value.then === "function") refuse("a promise", depth);
  return fields(value, depth, true);
}

/** @param n steps of decoding */
function pay(n: number): void {
  cost += n;
  if (cost > costMax) refuse(tooMuch(costMax), 0);
}

/** A key of a Map or an item of a Set. */
function keyPart(value: unknown, depth: number): unknown {
  if (typeof value === "number" || typeof value === "bigint") pay(numberKeys.note(value));
  return part(value, depth);
}

/** Holes become undefined; what has another constructor becomes a plain array. */
function listOf(value: readonly unknown[], depth: number): unknown {
  // Each item takes a step at least: a long list of holes is refused before it is looked at.
  pay(listSteps);
  if (cost + value.length > costMax) refuse(tooMuch(costMax), 0);
  holders[depth] = value;
  let copy: unknown[] | null = value.constructor === Array ? null : [];
  for (let i = 0; i < value.length; i++) {
    const before = value[i];
    steps[depth] = i;
    const after = part(before, depth + 1);
    if (copy === null && !Object.is(before, after)) copy = value.slice(0, i);
    if (copy !== null) copy[i] = after;
  }
  holders[depth] = null;
  return copy ?? value;
}

/** Own enumerable fields with string keys. An instance of a class always becomes a plain object. */
function fields(value: object, depth: number, instance: boolean): unknown {
  const keys = Object.keys(value);
  pay(listSteps + keys.length * fieldSteps + (keys.length > 0 ? objectSteps : 0));
  holders[depth] = value;
  const from = value as Readonly<Record<string, unknown>>;
  let copy: Record<string, unknown> | null = instance ? {} : null;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const before = from[key];
    steps[depth] = key;
    if (key === "__proto__") refuse("a field named __proto__", depth + 1);
    if (!key.isWellFormed()) refuse("a key with half a surrogate pair", depth + 1);
    if (key.charCodeAt(0) === 0xfeff) refuse("a key that begins with a byte order mark", depth + 1);
    pay(charsSteps(key.length));
    const after = part(before, depth + 1);
    if (copy === null && !Object.is(before, after)) {
      copy = {};
      for (const earlier of keys.slice(0, i)) copy[earlier] = from[earlier];
    }
    if (copy !== null) copy[key] = after;
  }
  holders[depth] = null;
  return copy ?? value;
}

/** Dates travel as seconds. Beyond the year 140,000 some fractions of a second would arrive changed. */
function date(value: Date, depth: number): Date {
  const time = value.getTime();
  if (!Object.is(Math.round((time / 1000) * 1000) + 0, time))
    refuse("a date that is not exact in seconds", depth);
  pay(taggedSteps);
  return value;
}

function collection(size: number): void {
  numberKeys.enter(size);
  pay(taggedSteps + collectionSteps + size * entrySteps);
}

function mapOf(value: ReadonlyMap<unknown, unknown>, depth: number): unknown {
  collection(value.size);
  holders[depth] = value;
  const copy = new Map<unknown, unknown>();
  let i = 0;
  for (const [key, item] of value) {
    steps[depth] = i++;
    const after = keyPart(key, depth + 1);
    steps[depth] = typeof key === "string" ? key : i - 1;
    copy.set(after, part(item, depth + 1));
  }
  holders[depth] = null;
  return copy;
}

function setOf(value: ReadonlySet<unknown>, depth: number): unknown {
  collection(value.size);
  holders[depth] = value;
  const copy = new Set<unknown>();
  for (const item of value) {
    steps[depth] = copy.size;
    copy.add(keyPart(item, depth + 1));
  }
  holders[depth] = null;
  return copy;
}

function view(value: ArrayBufferView, depth: number): unknown {
  const name = (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
  if (!typedArrays.has(name)) refuse(`a ${String(name)}`, depth);
  pay(taggedSteps + bytesSteps + bufferSteps);
  return value;
}

/** @param depth how many steps lead from the root to what is refused */
function refuse(what: string, depth: number): never {
  let path = root;
  for (let d = 0; d < depth; d++) path += stepText(holders[d] ?? null, steps[d]);
  // Holders would otherwise keep the refused value alive.
  holders.length = 0;
  throw new NotSendable(path, what);
}

function stepText(holder: object | null, step: string | number | undefined): string {
  if (holder instanceof Map && typeof step === "string") return `.get(${JSON.stringify(step)})`;
  if (typeof step === "number") return `[${step}]`;
  const name = String(step);
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
