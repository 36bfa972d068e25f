/**
 * A ticket stands for a call that waits: plain data, so that queues of them are in the snapshot and outlive any
 * replica. It is good for one answer; then it is dead wherever it stands.
 */
import type { SessionId } from "./types.ts";

declare const answers: unique symbol;

/**
 * A call that waits, or waited, to be resumed with a `T`. Hooks are given tickets that are equal, not identical, to
 * those in queues: compare session and seq.
 *
 * @example waiting: Ticket<true>[] = [];
 */
export interface Ticket<T = unknown> {
  readonly session: SessionId;
  /** Which of the session's calls waits. */
  readonly seq: number;
  /** For the compiler only. */
  readonly [answers]?: T;
}

declare const blocked: unique symbol;

/** What a method returns whose caller is answered later, with a `V`. */
export interface Blocked<V> {
  readonly [blocked]: V;
}

/** A symbol, since neither snapshots nor answers take one: nobody keeps it by mistake. */
const sign: unique symbol = Symbol.for("concoord.blocked");

/** What `block` gives, and what the method has to return. */
export function blockedSign<V>(): Blocked<V> {
  return sign as unknown as Blocked<V>;
}

/** Whether a method returned what `block` gave. */
export function isBlockedSign(value: unknown): boolean {
  return value === sign;
}

/** @example makeTicket(session, seq) */
export function makeTicket<T>(session: SessionId, seq: number): Ticket<T> {
  return { session, seq };
}

/** Equal for equal tickets. */
export function keyOf({ session, seq }: Ticket): string {
  return `${session}/${seq}`;
}

export function sameTicket(a: Ticket, b: Ticket): boolean {
  return a.session === b.session && a.seq === b.seq;
}

/** When a call that nobody resumes is answered, and how. */
export interface Deadline<T> {
  /** Milliseconds of log time from now: any finite number, not negative. */
  readonly after: number;
  /** What the call then returns or, if it is an Error, throws. */
  readonly then: NoInfer<T> | Error;
}

/** What block.ts needs of a queue: arrays and `Tickets` have it. */
export interface TicketQueue<T> {
  readonly length: number;
  push(ticket: Ticket<T>): number;
  shift(): Ticket<T> | undefined;
}
