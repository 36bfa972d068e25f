/**
 * Reads every buffer from network or disk once before it is decoded (CBOR, RFC 8949), so that the decoder
 * meets nothing that it would build without bounds or turn into something that was not sent. What it lets
 * pass decodes in time and memory proportional to its length, to the same value on every machine.
 */
import { bigintBytesMax, decodeStepsMax, depthMax, frameBytesMax } from "../limits.ts";
import { BadFrame } from "./bad-frame.ts";
import { NumberKeys } from "./number-keys.ts";
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
  wordSteps,
} from "./steps.ts";
import { isUtf8 } from "./utf8.ts";

/** Tags of our own: values that the CBOR library would otherwise change. codec.ts gives them their meaning. */
export const minusZeroTag = 900;
export const markedTextTag = 901;
export const arrayBufferTag = 902;

const dateTag = 1;
const bigintTag = 2;
const negativeBigintTag = 3;
const setTag = 258;
const mapTag = 259;

/** Bytes of one item of each typed array, by its tag (RFC 8746, little-endian), and of a whole ArrayBuffer. */
const itemBytes: ReadonlyMap<number, number> = new Map([
  [68, 1],
  [69, 2],
  [70, 4],
  [71, 8],
  [72, 1],
  [77, 2],
  [78, 4],
  [79, 8],
  [85, 4],
  [86, 8],
  [arrayBufferTag, 1],
]);

const proto = [0x5f, 0x5f, 0x70, 0x72, 0x6f, 0x74, 0x6f, 0x5f, 0x5f];

let src: Uint8Array = new Uint8Array(0);
let at = 0;
let end = 0;
let steps = 0;
let stepsMax = decodeStepsMax;
const numberKeys = new NumberKeys();
/** Whether the tag that follows stands before a key. */
let isKey = false;
let deepest = 0;
let tagsAllowed = false;

/**
 * @param bytes a CBOR sequence (RFC 8742)
 * @param tags whether tagged values may occur: in users' values, never in messages
 * @param depth how deep arrays and maps may nest
 * @param most steps of decoding
 * @returns how many items the sequence has, at least 1
 * @throws BadFrame naming what is wrong and where
 */
export function scan(bytes: Uint8Array, tags = false, depth = depthMax, most = decodeStepsMax): number {
  if (bytes.length > frameBytesMax) throw new BadFrame(`a frame of ${bytes.length} bytes is too long`);
  if (bytes.length === 0) throw new BadFrame("an empty frame");
  src = bytes;
  at = 0;
  end = bytes.length;
  steps = 0;
  stepsMax = most;
  numberKeys.begin();
  deepest = depth;
  isKey = false;
  tagsAllowed = tags;
  let items = 0;
  while (at < end) {
    item(0);
    items++;
  }
  return items;
}

/** How many steps it takes to decode users' values; 0 for what is no such value: nobody gets far with it. */
export function stepsOf(bytes: Uint8Array, depth: number): number {
  try {
    scan(bytes, true, depth);
    return steps;
  } catch (error) {
    if (error instanceof BadFrame) return 0;
    throw error;
  }
}

function refuse(what: string): never {
  throw new BadFrame(`${what} at byte ${at}`);
}

/** @param n steps of decoding */
function take(n: number): void {
  steps += n;
  if (steps > stepsMax) refuse(`more than ${stepsMax} steps of decoding`);
}

function item(depth: number): void {
  const head = byte();
  const low = head & 31;
  take(itemSteps);
  switch (head >> 5) {
    case 0:
    case 1:
      if (low === 27) take(wordSteps);
      argument(low);
      return;
    case 2:
      take(tagsAllowed ? bytesSteps : viewSteps);
      skip(argument(low));
      return;
    case 3:
      text(argument(low));
      return;
    case 4:
      array(argument(low), depth, false);
      return;
    case 5:
      map(argument(low), depth, false);
      return;
    case 6:
      tagged(argument(low), depth);
      return;
    default:
      simple(low);
  }
}

function byte(): number {
  if (at >= end) refuse("the bytes end too early");
  return src[at++] as number;
}

/** Passes over `n` bytes. */
function skip(n: number): void {
  if (n > end - at) refuse("the bytes end too early");
  at += n;
}

/** The count, length, tag or integer of a head whose low five bits are `low`. */
function argument(low: number): number {
  if (low < 24) return low;
  if (low > 27) refuse(low === 31 ? "an indefinite length" : "a reserved head");
  let n = 0;
  for (let left = 1 << (low - 24); left > 0; left--) n = n * 256 + byte();
  return n;
}

/** Well-formed UTF-8; a mark (U+FEFF) in front is refused because decoders drop it. */
function text(n: number): void {
  if (n > end - at) refuse("the bytes end too early");
  take(textSteps(n));
  if (n > 2 && src[at] === 0xef && src[at + 1] === 0xbb && src[at + 2] === 0xbf) refuse("a byte order mark");
  if (!isUtf8(src, at, at + n)) refuse("text that is not UTF-8");
  at += n;
}

/**
 * Each element takes a byte at least, so a count beyond the bytes is refused before anything is made of it.
 */
function enter(n: number, depth: number): void {
  if (n > end - at) refuse("a count beyond the bytes");
  if (depth >= deepest) refuse(`nesting deeper than ${deepest}`);
}

/** @param isSet whether its items become those of a Set */
function array(n: number, depth: number, isSet: boolean): void {
  enter(n, depth);
  if (isSet) numberKeys.enter(n);
  take(isSet ? collectionSteps + n * entrySteps : listSteps);
  for (let i = 0; i < n; i++) {
    if (isSet) hashed();
    item(depth + 1);
  }
}

/** An object's keys are texts; those of a Map (`anyKey`) are values. */
function map(n: number, depth: number, anyKey: boolean): void {
  enter(n, depth);
  if (anyKey) numberKeys.enter(n);
  if (anyKey) take(collectionSteps + n * entrySteps);
  else take(listSteps + n * fieldSteps + (n > 0 ? objectSteps : 0));
  for (let i = 0; i < n; i++) {
    if (anyKey) {
      hashed();
      item(depth + 1);
    } else key();
    item(depth + 1);
  }
}

/** What follows is looked up by its hash. */
function hashed(): void {
  const from = at;
  const head = byte();
  const low = head & 31;
  const n = head < 0x40 ? argument(low) : 0;
  if (head < 0x40) take(numberKeys.note(low === 27 ? 0n : head < 0x20 ? n : -1 - n));
  else if (head > 0xf8) take(numberKeys.note(0.5));
  isKey = head >> 5 === 6;
  at = from;
}

function key(): void {
  const head = byte();
  if (head >> 5 !== 3) refuse("a key that is not text");
  const n = argument(head & 31);
  const from = at;
  text(n);
  if (n === proto.length && proto.every((b, i) => src[from + i] === b)) refuse("a key named __proto__");
}

function tagged(tag: number, depth: number): void {
  if (!tagsAllowed) refuse(`tag ${tag}`);
  const head = byte();
  const major = head >> 5;
  const low = head & 31;
  const isHashed = isKey;
  isKey = false;
  take(tagSteps);
  switch (tag) {
    case dateTag:
      if (major === 7 ? low < 25 : major > 1 || low > 26) refuse("a date that is not a number");
      take(itemSteps);
      if (major === 7) simple(low);
      else argument(low);
      return;
    case bigintTag:
    case negativeBigintTag:
      if (isHashed) take(numberKeys.note(0n));
      bigint(major, low);
      return;
    case setTag:
      if (major !== 4) refuse("a set that is not a list");
      array(argument(low), depth, true);
      return;
    case mapTag:
      if (major !== 5) refuse("a map without entries");
      map(argument(low), depth, true);
      return;
    case minusZeroTag:
      if (head !== 0) refuse("a tag 900 without its zero");
      return;
    case markedTextTag:
      if (major !== 3) refuse("a tag 901 without its text");
      take(itemSteps);
      text(argument(low));
      return;
    default:
      typedArray(tag, major, low);
  }
}

function bigint(major: number, low: number): void {
  if (major !== 2) refuse("a bigint without bytes");
  const n = argument(low);
  if (n > bigintBytesMax) refuse(`a bigint of ${n} bytes`);
  take(itemSteps + bytesSteps + bigintSteps(n));
  skip(n);
}

function typedArray(tag: number, major: number, low: number): void {
  const size = itemBytes.get(tag);
  if (size === undefined) refuse(`tag ${tag}`);
  if (major !== 2) refuse("a typed array without bytes");
  take(itemSteps + bytesSteps + bufferSteps);
  const n = argument(low);
  if (n % size !== 0) refuse("a typed array of broken length");
  skip(n);
}

/** false, true, null, undefined and the floats; the other simple values mean nothing. */
function simple(low: number): void {
  if (low >= 20 && low < 24) return;
  if (low < 25 || low > 27) refuse("an unknown simple value");
  skip(1 << (low - 24));
}
