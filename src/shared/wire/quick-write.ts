/**
 * The commonest shape, written by hand: a command of calls, and the message that brings it. Byte by byte what the CBOR
 * library makes; clients make one for each call.
 */
import type { Calls } from "../object/types.ts";

/** Heads of CBOR (RFC 8949): a list of 7 with the tag of calls, an empty list, a short text, bytes. */
const listOfSeven = 0x87;
const callsTag = 1;
const listOfNone = 0x80;
const text0 = 0x60;
const bytes0 = 0x40;

/** Bytes of a head with this argument. */
function headLength(n: number): number {
  if (n < 24) return 1;
  if (n < 0x100) return 2;
  return n < 0x10000 ? 3 : 5;
}

function writeHead(to: Uint8Array, from: number, major: number, n: number): number {
  const length = headLength(n);
  if (length === 1) {
    to[from] = major + n;
    return from + 1;
  }
  to[from] = major + (length === 2 ? 24 : length === 3 ? 25 : 26);
  for (let i = length - 1, left = n; i > 0; i--, left = Math.floor(left / 256)) to[from + i] = left & 255;
  return from + length;
}

/** The bytes of a command of calls, as the general way makes them; null when it must go that way. */
export function writeCalls(c: Calls): Uint8Array | null {
  const { session: id, payload } = c;
  if (c.ackedLate.length > 0 || Math.max(c.firstSeq, c.ackedSeq) > 0xffffffff || id.length > 23) return null;
  const numbers = headLength(c.firstSeq) + headLength(c.n) + headLength(c.ackedSeq);
  const bytes = new Uint8Array(4 + id.length + numbers + headLength(payload.length) + payload.length);
  bytes[0] = listOfSeven;
  bytes[1] = callsTag;
  bytes[2] = text0 + id.length;
  for (let i = 0; i < id.length; i++) bytes[3 + i] = id.charCodeAt(i);
  let to = writeHead(bytes, 3 + id.length, 0, c.firstSeq);
  to = writeHead(bytes, to, 0, c.n);
  to = writeHead(bytes, to, 0, c.ackedSeq);
  bytes[to++] = listOfNone;
  to = writeHead(bytes, to, bytes0, payload.length);
  bytes.set(payload, to);
  return bytes;
}

/** A client's message [3, command]. */
export function writeCommandMessage(command: Uint8Array, slab: (length: number) => Uint8Array): Uint8Array {
  const bytes = slab(2 + headLength(command.length) + command.length);
  bytes[0] = 0x82;
  bytes[1] = 3;
  bytes.set(command, writeHead(bytes, 2, bytes0, command.length));
  return bytes;
}
