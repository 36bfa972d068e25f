/**
 * What runs: one frame for each machine, changed from call to call; `invocation()` gives copies. It lets the code of
 * an object block its caller and resume calls, only those of the same object, so that each can be replayed alone.
 */
import { agreedRandom } from "./ambient.ts";
import { digestStart, mixNumber } from "./digest.ts";
import type { Instance } from "./instances.ts";
import type { Running } from "./invocation.ts";
import { disregard, type Outcomes, refuse } from "./outcomes.ts";
import type { Session } from "./session.ts";
import {
  type Blocked,
  blockedSign,
  type Deadline,
  isBlockedSign,
  makeTicket,
  type Ticket,
  type TicketQueue,
} from "./ticket.ts";
import type { Tickets } from "./tickets.ts";
import { type Outcome, type Seq, type SessionId, sessionId } from "./types.ts";
import { BlockedCall, type Caller, deadlineAfter, neverDue } from "./waiting-calls.ts";

/**
 * Long queues are now and then looked through for dead tickets: by chance, while as many come as stand in the queue,
 * about so many times. So dead tickets do not gather, and each that comes pays for the same few looks.
 */
const sweeps = 4;
const sweepLengthMin = 64;

/** What a frame needs of the calls that wait. */
export interface Wakes<S extends Caller = Session> {
  find(ticket: Ticket): BlockedCall<S> | undefined;
  block(call: BlockedCall<S>): void;
  /** The call that is running did not block after all, or was resumed before its method returned. */
  unblock(call: BlockedCall<S>): void;
  /** A blocked call loses its deadline. */
  waitOn(call: BlockedCall<S>): void;
  /** A blocked call gets its final outcome. */
  finish(call: BlockedCall<S>, outcome: Outcome): void;
}

export class Frame<S extends Caller = Session> implements Running {
  session: SessionId = sessionId("1.0");
  seq = 0;
  index = 0;
  slot = 0;
  user: string | null = null;
  now = 0;
  logTime = 0;
  readonly random = agreedRandom;
  /** The object whose code runs; null where it is none of the cluster's, or only read. */
  instance: Instance | null = null;
  /** Who may block now: the session whose call runs. */
  caller: S | null = null;
  /** What a declared read tried to do, which it must not. */
  tried: string | null = null;
  /** The call that is running, when it has blocked. */
  private pending: BlockedCall<S> | null = null;
  /** Its outcome, when it was resumed before its method returned. */
  private early: Outcome | null = null;
  private readonly outcomes: Outcomes | null;
  private readonly wakes: Wakes<S> | null;

  constructor(outcomes: Outcomes | null = null, wakes: Wakes<S> | null = null) {
    this.outcomes = outcomes;
    this.wakes = wakes;
  }

  get hasBlocked(): boolean {
    return this.pending !== null;
  }

  block<T>(queue: TicketQueue<T>, deadline: Deadline<T> | null): Blocked<T> {
    const { caller, instance, wakes } = this;
    if (caller === null || instance === null || wakes === null) return this.refuse("block");
    if (this.pending !== null) throw new Error("block() was called already: a method blocks its caller once");
    const after = deadline === null ? 0 : deadline.after;
    if (typeof after !== "number" || !Number.isFinite(after) || after < 0)
      throw new RangeError("the deadline of block() is { after: milliseconds from 0 on, then: an answer }");
    const due = deadline === null ? neverDue : deadlineAfter(this.logTime, after);
    const atDeadline = deadline === null ? null : this.encode(deadline.then, instance);
    // Reading the answer may have run code of the object.
    if (this.pending !== null) throw new Error("block() was called already: a method blocks its caller once");
    queue.push(makeTicket<T>(this.session, this.seq));
    this.pending = new BlockedCall(caller, this.seq as Seq, instance, due, atDeadline);
    wakes.block(this.pending);
    if (queue.length >= sweepLengthMin && !Array.isArray(queue)) this.sweep(queue as Tickets<T>);
    return blockedSign();
  }

  resume(ticket: Ticket, answer: unknown): boolean {
    const { instance, wakes } = this;
    if (instance === null || wakes === null) return this.refuse("resume");
    if (!this.waits(ticket)) return false;
    const outcome = this.encode(answer, instance);
    // Reading the answer may have run code of the object.
    const call = this.find(ticket);
    if (call === undefined) return false;
    if (call !== this.pending) {
      wakes.finish(call, outcome);
      return true;
    }
    wakes.unblock(call);
    this.early = outcome;
    return true;
  }

  waits(ticket: Ticket): boolean {
    return this.find(ticket) !== undefined;
  }

  waitOn(ticket: Ticket): void {
    const { instance, wakes } = this;
    if (instance === null || wakes === null) return this.refuse("resume");
    const call = this.find(ticket);
    if (call !== undefined && call !== this.pending) wakes.waitOn(call);
  }

  madeDClass(): void {
    if (this.instance !== null) this.instance.hasDClass = true;
  }

  /** The outcome of a method that blocked and returned `value`. */
  returned(value: unknown, of: string, method: string): Outcome {
    const { early } = this;
    if (!isBlockedSign(value)) {
      this.release();
      disregard(value);
      const message = `${of}.${method} called block() and must return what it gave`;
      return refuse("BLOCK_NOT_RETURNED", message, "yes");
    }
    this.pending = null;
    this.early = null;
    return early ?? { type: "blocked" };
  }

  /** The method blocked, but its caller does not wait: the ticket is dead. */
  release(): void {
    if (this.pending !== null && this.early === null) this.wakes?.unblock(this.pending);
    this.pending = null;
    this.early = null;
  }

  private find(ticket: Ticket): BlockedCall<S> | undefined {
    const call = this.wakes?.find(ticket);
    return call?.instance === this.instance ? call : undefined;
  }

  private encode(answer: unknown, { entry }: Instance): Outcome {
    const outcomes = this.outcomes as Outcomes;
    return answer instanceof Error ? outcomes.threw(answer) : outcomes.returned(answer, entry.name, null);
  }

  private refuse(what: string): never {
    this.tried = `${what} a call`;
    throw new Error(`${what}() works only inside a method that goes through the log`);
  }

  private sweep(queue: Tickets): void {
    if (mixNumber(digestStart, this.index) % queue.length >= sweeps) return;
    for (const ticket of queue) if (!this.waits(ticket)) queue.delete(ticket);
  }
}
