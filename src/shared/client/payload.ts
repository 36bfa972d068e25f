/**
 * The payload of a command, made in two steps: the arguments are encoded when the call is made, since the caller may
 * change them right afterwards, and the command is put together when it leaves. It is the list that `encodeCalls`
 * makes (RFC 8949): 0x83, object, method, arguments for each call, where null stands for the name of the call before.
 */
import { argumentsBytesMax, argumentsMax } from "../limits.ts";
import { NotSendable } from "../object/types.ts";
import { must } from "../paxos/ids.ts";
import { encodeCalls } from "../wire/values.ts";
import { ConcoordError } from "./errors.ts";

/** A method of one object. Calls of the same `Target` in a row name it once. */
export interface Target {
  readonly object: string;
  readonly className: string;
  readonly method: string;
  /** Both names, encoded. */
  readonly names: Uint8Array;
}

export function target(object: string, method: string): Target {
  const bytes = encodeCalls([{ object, method, args: [] }]);
  must(bytes[0] === 0x81 && bytes[1] === 0x83, "a payload lists calls");
  const className = object.split("/", 1)[0] as string;
  return { object, className, method, names: bytes.subarray(2, bytes.length - 1) };
}

const noArguments = Uint8Array.of(0x80);

/**
 * @returns the encoded list of arguments
 * @throws ConcoordError NOT_SENDABLE, TOO_BIG
 */
export function encodeArguments(args: readonly unknown[]): Uint8Array {
  if (args.length === 0) return noArguments;
  if (args.length > argumentsMax)
    throw new ConcoordError("TOO_BIG", `${args.length} arguments of at most ${argumentsMax}`, "no");
  const bytes = encoded(args);
  if (bytes.length <= argumentsBytesMax) return bytes;
  throw new ConcoordError(
    "TOO_BIG",
    `the arguments take ${bytes.length} bytes of ${argumentsBytesMax}`,
    "no",
  );
}

function encoded(args: readonly unknown[]): Uint8Array {
  try {
    // A list of one list of three: 0x81 0x83, two empty names, then the arguments.
    return encodeCalls([{ object: "", method: "", args }]).subarray(4);
  } catch (error) {
    if (error instanceof NotSendable) throw new ConcoordError("NOT_SENDABLE", error.message, "no", error);
    throw error;
  }
}

/** What of a call goes into a payload. */
export interface Part {
  readonly target: Target;
  readonly args: Uint8Array;
}

/** Bytes that a call takes at most. */
export function partLength(part: Part): number {
  return 1 + part.target.names.length + part.args.length;
}

export function joinParts(parts: readonly Part[]): Uint8Array {
  let length = 3;
  for (const part of parts) length += partLength(part);
  const bytes = new Uint8Array(length);
  let at = listHead(bytes, parts.length);
  let before: Target | null = null;
  for (const part of parts) {
    bytes[at++] = 0x83;
    if (part.target === before) {
      bytes[at++] = 0xf6;
      bytes[at++] = 0xf6;
    } else {
      bytes.set(part.target.names, at);
      at += part.target.names.length;
    }
    bytes.set(part.args, at);
    at += part.args.length;
    before = part.target;
  }
  return bytes.subarray(0, at);
}

function listHead(bytes: Uint8Array, n: number): number {
  if (n < 24) {
    bytes[0] = 0x80 + n;
    return 1;
  }
  if (n < 256) {
    bytes[0] = 0x98;
    bytes[1] = n;
    return 2;
  }
  bytes[0] = 0x99;
  bytes[1] = n >> 8;
  bytes[2] = n & 255;
  return 3;
}
