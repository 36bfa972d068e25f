/**
 * The commonest shape, read by hand: commands of calls, and in them one call. Clients send a command for each call, so
 * that every node reads as many commands as there are calls, and the general way through the CBOR library costs
 * several times as much. What is not of exactly the shape expected here answers null and goes the general way,
 * which also finds the words for what is wrong.
 */
import { callsPerCommandMax, nameCharsMax } from "../limits.ts";
import { type Call, type Calls, type SessionId, seq, sessionId } from "../object/types.ts";

/** Heads of CBOR (RFC 8949): a list of 7 with the tag of calls, lists of 0, 1 and 3, a short text. */
const listOfSeven = 0x87;
const callsTag = 1;
const listOfNone = 0x80;
const listOfOne = 0x81;
const listOfThree = 0x83;
const text0 = 0x60;
const bytes0 = 0x40;

/** Session ids and names come again and again: each place keeps the last text that fell on it. */
const places = 256;
const kept: string[] = new Array<string>(places).fill("");

/** A text of ASCII, decoded once and then the same string as long as it is kept; null for any other. */
function keptText(src: Uint8Array, from: number, length: number): string | null {
  let hash = length;
  for (let i = from; i < from + length; i++) {
    const char = src[i] as number;
    if (char >= 0x80) return null;
    hash = (hash * 31 + char) | 0;
  }
  const place = hash & (places - 1);
  const known = kept[place] as string;
  if (isText(known, src, from, length)) return known;
  const text = String.fromCharCode(...src.subarray(from, from + length));
  kept[place] = text;
  return text;
}

function isText(known: string, src: Uint8Array, from: number, length: number): boolean {
  if (known.length !== length) return false;
  for (let i = 0; i < length; i++) if (known.charCodeAt(i) !== src[from + i]) return false;
  return true;
}

const sessionIdPattern = /^[1-9][0-9]{0,15}\.[0-9]{1,5}$/;
/** The last id that was found right, by its string: it comes many times in a row. */
let lastSession = sessionId("1.0");

function keptSession(src: Uint8Array, from: number, length: number): SessionId | null {
  if (isText(lastSession, src, from, length)) return lastSession;
  const text = keptText(src, from, length);
  if (text === null || !sessionIdPattern.test(text)) return null;
  lastSession = sessionId(text);
  return lastSession;
}

/** What `argument` read last, and where it ended. */
let value = 0;
let at = 0;

/** Reads a head of the major type whose first byte is `major`, up to 32 bits, into `value`. */
function argument(src: Uint8Array, major: number): boolean {
  const low = (src[at++] as number) - major;
  if (low >= 0 && low < 24) {
    value = low;
    return true;
  }
  if (low < 24 || low > 26) return false;
  value = 0;
  for (let left = 1 << (low - 24); left > 0; left--) value = value * 256 + (src[at++] as number);
  return at <= src.length;
}

/** A command of calls that acknowledges nothing late; null when the bytes are, or may be, anything else. */
export function quickCalls(src: Uint8Array): Calls | null {
  if (src[0] !== listOfSeven || src[1] !== callsTag) return null;
  const idLength = (src[2] as number) - text0;
  if (!(idLength > 0 && idLength < 24 && src.length > idLength + 8)) return null;
  const session = keptSession(src, 3, idLength);
  if (session === null) return null;
  at = 3 + idLength;
  if (!argument(src, 0) || value === 0) return null;
  const firstSeq = seq(value);
  if (!argument(src, 0) || value === 0 || value > callsPerCommandMax) return null;
  const n = value;
  if (!argument(src, 0) || src[at] !== listOfNone) return null;
  const ackedSeq = seq(value);
  at++;
  if (!argument(src, bytes0) || at + value !== src.length) return null;
  return { type: "calls", session, firstSeq, n, ackedSeq, ackedLate: [], payload: src.subarray(at) };
}

/** What `quickCall` leaves to the general way. */
export interface Rest {
  readonly object: string;
  readonly method: string;
  /** The encoded list of arguments. */
  readonly args: Uint8Array;
}

/** The one call of a payload of one; null when the bytes are, or may be, anything else. */
export function quickCall(src: Uint8Array): Rest | null {
  if (src[0] !== listOfOne || src[1] !== listOfThree) return null;
  at = 2;
  const object = name(src, 2 * nameCharsMax + 1);
  if (object === null) return null;
  const method = name(src, nameCharsMax);
  if (method === null || at >= src.length) return null;
  return { object, method, args: src.subarray(at) };
}

function name(src: Uint8Array, max: number): string | null {
  if (!argument(src, text0) || value > max || at + value > src.length) return null;
  const from = at;
  at += value;
  return keptText(src, from, value);
}

const noArguments: readonly unknown[] = Object.freeze([]);

/** Whether the encoded arguments are none, and then that list. */
export function quickArguments(args: Uint8Array): Call["args"] | null {
  return args.length === 1 && args[0] === listOfNone ? noArguments : null;
}

/** The command of a client's message [3, command] that begins at `from`; null when there is another one. */
export function quickCommandMessage(frame: Uint8Array, from: number): Uint8Array | null {
  if (frame[from] !== 0x82 || frame[from + 1] !== 3) return null;
  at = from + 2;
  if (!argument(frame, bytes0) || at + value > frame.length) return null;
  return frame.subarray(at, at + value);
}
