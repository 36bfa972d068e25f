/**
 * What runs: one frame for all calls, changed from one to the next; `invocation()` gives copies. It lets the code of an
 * object block its caller and resume calls, only those of the same object, so that each can be replayed alone.
 *
 * Here are the rules, and what programs do that follow an object: there nobody is answered, and a call that waits is
 * only a ticket that lives. Replicas answer (machine-frame.ts). Where nothing waits, nothing can be blocked or resumed.
 */
import { agreedRandom } from "./ambient.ts";
import { digestStart, mixNumber } from "./digest.ts";
import type { Running } from "./invocation.ts";
import { disregard } from "./outcomes.ts";
import {
  type Blocked,
  blockedSign,
  type Deadline,
  keyOf,
  makeTicket,
  type Ticket,
  type TicketQueue,
} from "./ticket.ts";
import type { Tickets } from "./tickets.ts";
import { nobody, type Outcome } from "./types.ts";

/**
 * Long queues are now and then looked through for dead tickets: by chance, while as many come as stand in the queue,
 * about so many times. So dead tickets do not gather, and each that comes pays for the same few looks.
 */
const sweeps = 4;
const sweepLengthMin = 64;

export class Frame implements Running {
  session = nobody;
  seq = 0;
  index = 0;
  slot = 0;
  user: string | null = null;
  now = 0;
  logTime = 0;
  readonly random = agreedRandom;
  /** Whether the code that runs is a method, which may block its caller. */
  mayBlock = false;
  /** Whether that has blocked its caller. */
  hasBlocked = false;
  /** The object may hold a D-class: one was made while its code ran. */
  hasDClass = false;
  readonly #living: Map<string, Ticket> | null;

  /** @param living the tickets that live, by their keys; null where nothing waits */
  constructor(living: Map<string, Ticket> | null = null) {
    this.#living = living;
  }

  block<T>(queue: TicketQueue<T>, deadline: Deadline<T> | null): Blocked<T> {
    if (!this.mayBlock) return this.refuse("block");
    this.#mustBlockOnce();
    const after = deadline === null ? 0 : deadline.after;
    if (!Number.isFinite(after) || after < 0)
      throw new RangeError("block(): a deadline is { after: milliseconds, then: answer }");
    const answer = deadline === null ? null : this.answer(deadline.then);
    // Reading the answer may have run code of the object.
    this.#mustBlockOnce();
    const ticket = makeTicket<T>(this.session, this.seq);
    queue.push(ticket);
    this.hasBlocked = true;
    this.wait(ticket, after, answer);
    if (queue.length >= sweepLengthMin && !Array.isArray(queue)) this.#sweep(queue as Tickets<T>);
    return blockedSign();
  }

  resume(ticket: Ticket, value: unknown): boolean {
    if (!this.mayResume) return this.refuse("resume");
    if (!this.waits(ticket)) return false;
    const answer = this.answer(value);
    // Reading the answer may have run code of the object.
    if (!this.waits(ticket)) return false;
    this.wake(ticket, answer);
    return true;
  }

  waitOn(ticket: Ticket): void {
    if (!this.mayResume) return this.refuse("resume");
    if (this.waits(ticket)) this.forgetDeadline(ticket);
  }

  waits(ticket: Ticket): boolean {
    return this.#living?.has(keyOf(ticket)) === true;
  }

  madeDClass(): void {
    this.hasDClass = true;
  }

  /** The method blocked, but its caller does not wait: the ticket is dead. */
  release(): void {
    if (this.hasBlocked) this.#living?.delete(keyOf(this));
  }

  protected get mayResume(): boolean {
    return this.#living !== null;
  }

  /** What an answer is kept as. */
  protected answer(value: unknown): Outcome | null {
    disregard(value);
    return null;
  }

  /** @param _after milliseconds after which it has the answer; null for a call without a deadline */
  protected wait(ticket: Ticket, _after: number, _answer: Outcome | null): void {
    this.#living?.set(keyOf(ticket), ticket);
  }

  protected wake(ticket: Ticket, _answer: Outcome | null): void {
    this.#living?.delete(keyOf(ticket));
  }

  /** It is another one now: that of the deadline is not found any more. */
  protected forgetDeadline(ticket: Ticket): void {
    this.#living?.set(keyOf(ticket), { ...ticket });
  }

  protected refuse(what: string): never {
    throw new Error(`${what}() works only inside a method that goes through the log`);
  }

  #mustBlockOnce(): void {
    if (this.hasBlocked) throw new Error("block(): a method blocks its caller once");
  }

  #sweep(queue: Tickets): void {
    if (mixNumber(digestStart, this.index) % queue.length >= sweeps) return;
    for (const ticket of queue) if (!this.waits(ticket)) queue.delete(ticket);
  }
}
