/**
 * The payload of a command, made in two steps: the arguments are encoded when the call is made, since the caller may
 * change them right afterwards, and the command is put together when it leaves. It is the list that `encodeCalls`
 * makes (RFC 8949): 0x83, object, method, arguments for each call, where null stands for the name of the call before.
 */
import { argumentsBytesMax, argumentsMax } from "../limits.ts";
import { NotSendable } from "../object/types.ts";
import { encodeItem, joinFrame } from "../wire/codec.ts";
import { sendableArguments } from "../wire/sendable.ts";
import { ConcoordError } from "./errors.ts";

/** A method of one object. Calls of the same `Target` in a row name it once. */
export interface Target {
  readonly object: string;
  readonly className: string;
  readonly method: string;
  /** How its calls begin: the head of a list of three, and both names. */
  readonly names: Uint8Array;
}

const listOfThree = Uint8Array.of(0x83);
/** How a call begins that has both names of the call before. */
const sameNames = Uint8Array.of(0x83, 0xf6, 0xf6);
const noArguments = Uint8Array.of(0x80);

export function target(object: string, method: string): Target {
  const className = object.split("/", 1)[0] as string;
  const names = joinFrame([listOfThree, encodeItem(object), encodeItem(method)]);
  return { object, className, method, names };
}

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
    return encodeItem(sendableArguments(args));
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
  return part.target.names.length + part.args.length;
}

export function joinParts(parts: readonly Part[]): Uint8Array {
  const pieces = [listHead(parts.length)];
  let before: Target | null = null;
  for (const { target, args } of parts) {
    pieces.push(target === before ? sameNames : target.names, args);
    before = target;
  }
  return joinFrame(pieces);
}

function listHead(n: number): Uint8Array {
  if (n < 24) return Uint8Array.of(0x80 + n);
  return n < 256 ? Uint8Array.of(0x98, n) : Uint8Array.of(0x99, n >> 8, n & 255);
}
