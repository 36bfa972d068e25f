/**
 * Calls that are answered later: a method blocks its caller, another one resumes it. In between nothing of the call is
 * left but its ticket and the entry in its session's table; no thread waits anywhere.
 */
import { running } from "./invocation.ts";
import type { Blocked, Deadline, Ticket } from "./ticket.ts";
import type { Tickets } from "./tickets.ts";

/**
 * Lets the caller of the method that is running wait, and adds the ticket of its call to `queue`. The method must
 * return what this gives; else its caller gets BLOCK_NOT_RETURNED, and the ticket is dead.
 *
 * @param queue where the ticket is added at the end
 * @param deadline after which the call is answered anyhow; without it, it waits until it is resumed
 * @returns a sign for the method to return
 * @throws Error outside of a method that goes through the log, or when the method has blocked already; RangeError for
 *   a deadline that is not a finite number of milliseconds from 0 on
 * @example acquire() { return this.free > 0 ? (this.free--, true) : block(this.waiting); }
 */
export function block<T>(queue: Ticket<T>[] | Tickets<T>, deadline?: Deadline<T>): Blocked<T> {
  return running("block").block(queue, deadline ?? null);
}

/**
 * Answers a call that waits. Of a queue, tickets are taken off the head until one still waits.
 *
 * @param to a ticket, or a queue of them
 * @param answer what the call returns or, if it is an Error, throws; encoded at once
 * @returns false when nobody waited any more: then nothing was given away
 * @throws Error outside of a method or hook that goes through the log
 * @example release() { if (!resume(this.waiting, true)) this.free++; }
 */
export function resume<T>(
  to: Ticket<T> | Ticket<T>[] | Tickets<T>,
  ...answer: [undefined] extends [T] ? [answer?: T | Error] : [answer: T | Error]
): boolean {
  const run = running("resume");
  const [value] = answer;
  if (!isQueue(to)) return run.resume(to, value);
  while (to.length > 0) {
    const ticket = to.shift();
    if (ticket !== undefined && run.resume(ticket, value)) return true;
  }
  return false;
}

/**
 * Whether a call still waits: its ticket is dead once it was resumed, cancelled or its session ended.
 *
 * @throws Error outside of a method or hook
 */
export function waits(ticket: Ticket): boolean {
  return running("waits").waits(ticket);
}

/**
 * Takes a blocked call's deadline away: it waits until it is resumed. In `onDeadline`, too.
 *
 * @throws Error outside of a method or hook that goes through the log
 */
export function waitOn(ticket: Ticket): void {
  running("waitOn").waitOn(ticket);
}

/** Queues may be of another copy of concoord, or the read-only view of one. */
function isQueue<T>(to: Ticket<T> | Ticket<T>[] | Tickets<T>): to is Ticket<T>[] | Tickets<T> {
  return "shift" in to;
}
