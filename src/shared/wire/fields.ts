/**
 * Checks of single fields: every decoder takes what it reads through one of these. `what` names the field.
 */
import { type Code, codes, type Seq, type SessionId } from "../object/types.ts";
import {
  type ClusterId,
  type LogTime,
  logTime,
  type NodeId,
  type WallMillis,
  wallMillis,
} from "../paxos/ids.ts";
import type { Slot } from "../paxos/slot.ts";
import { bad } from "./bad-frame.ts";

const sessionIdPattern = /^[1-9][0-9]{0,15}\.[0-9]{1,5}$/;

export function tuple(v: unknown, what: string, length: number): readonly unknown[] {
  return Array.isArray(v) && v.length === length ? v : bad(what, `a list of ${length}`);
}

/** The items of a list, each read by `each`; at most `max` of them. */
export function list<T>(
  v: unknown,
  what: string,
  max: number,
  each: (item: unknown, what: string) => T,
): readonly T[] {
  if (!Array.isArray(v) || v.length > max) bad(what, `a list of at most ${max}`);
  return v.map((item) => each(item, `${what}[]`));
}

/** An integer from 0 to `max`. */
export function count(v: unknown, what: string, max = Number.MAX_SAFE_INTEGER): number {
  return Number.isSafeInteger(v) && (v as number) >= 0 && (v as number) <= max
    ? (v as number)
    : bad(what, `an integer from 0 to ${max}`);
}

/** 32 bits, unsigned. */
export function word(v: unknown, what: string): number {
  return count(v, what, 0xffffffff);
}

export function finite(v: unknown, what: string): number {
  return Number.isFinite(v) ? (v as number) : bad(what, "a finite number");
}

export function bool(v: unknown, what: string): boolean {
  return typeof v === "boolean" ? v : bad(what, "a boolean");
}

export function text(v: unknown, what: string, max: number): string {
  return typeof v === "string" && v.length <= max ? v : bad(what, `a text of at most ${max} characters`);
}

export function bytes(v: unknown, what: string): Uint8Array {
  return v instanceof Uint8Array ? v : bad(what, "a byte string");
}

/** Lower-case hex digits; `wanted` says what they stand for. */
export function hex(v: unknown, what: string, digits: 16 | 32 | 64, wanted = `${digits} hex digits`): string {
  return typeof v === "string" && v.length === digits && /^[0-9a-f]+$/.test(v) ? v : bad(what, wanted);
}

export function node(v: unknown, what: string): NodeId {
  return hex(v, what, 16, "a node id") as NodeId;
}

export function nodeOrNull(v: unknown, what: string): NodeId | null {
  return v === null ? null : node(v, what);
}

export function cluster(v: unknown, what: string): ClusterId {
  return hex(v, what, 32) as ClusterId;
}

export function session(v: unknown, what: string): SessionId {
  const isId = typeof v === "string" && sessionIdPattern.test(v);
  return isId ? (v as SessionId) : bad(what, "a session id");
}

export const seqField = count as (v: unknown, what: string) => Seq;
export const slotField = count as (v: unknown, what: string) => Slot;

export function logTimeField(v: unknown, what: string): LogTime {
  const n = finite(v, what);
  return n >= 0 ? logTime(n) : bad(what, "a log time");
}

export function wallField(v: unknown, what: string): WallMillis {
  return wallMillis(finite(v, what));
}

export function code(v: unknown, what: string): Code {
  return codes.includes(v as Code) ? (v as Code) : bad(what, "a known code");
}

/** Cuts a sentence to what decoders take; half a surrogate pair becomes U+FFFD. */
export function clip(sentence: string, max: number): string {
  return (sentence.length <= max ? sentence : `${sentence.slice(0, max - 1)}…`).toWellFormed();
}
