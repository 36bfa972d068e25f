/**
 * First in, first out, as Python's `queue.Queue`: `get` waits for an item and `put` for room, both in the order of the
 * calls. Timeouts are milliseconds of log time; -1 or absent is for ever.
 */
import { resume } from "../block.ts";
import { onCancel } from "../d-class.ts";
import type { Reads } from "../surface.ts";
import { patienceOf } from "../sync/arguments.ts";
import { valueError } from "../sync/errors.ts";
import { emptyLine, takeFirst, takeOut, takeOutAll } from "../sync/line.ts";
import type { Blocked, Ticket } from "../ticket.ts";
import { Tickets } from "../tickets.ts";
import type { SessionId } from "../types.ts";
import { Deque } from "./parts/deque.ts";
import { empty, full } from "./parts/errors.ts";
import { wait, waitAs } from "./parts/waiting.ts";

/** A call of `put` that waits for room. */
export interface Putting<T> {
  readonly ticket: Ticket<void>;
  readonly item: T;
}

export class Queue<T = unknown> {
  static reads = ["qsize", "empty", "full"] satisfies Reads<Queue>;
  private readonly maxsize: number;
  private readonly items = new Deque<T>();
  /** Invariant: when one of them still waits, there are no items. */
  private readonly getting = new Tickets<T>();
  /** Invariant: when one of them still waits, the queue is full. */
  private readonly putting = emptyLine<Putting<T>>();

  /** @param maxsize most items that it holds; 0 or less is no limit */
  constructor(maxsize = 0) {
    if (!Number.isSafeInteger(maxsize)) throw valueError("maxsize: a whole number; 0 is no limit");
    this.maxsize = maxsize;
  }

  /** Adds an item at the end; waits while the queue is full. @throws Full when the time is over; VALUE_ERROR */
  put(item: T, blocking = true, timeout = -1): void | Blocked<void> {
    const millis = patienceOf(blocking, timeout);
    if (resume<unknown>(this.getting, item)) return;
    if (!this.full()) return this.items.push(item);
    if (millis === 0) throw full("the queue is full");
    return waitAs<void, Putting<T>>(this.putting, millis, full("the queue is full"), (ticket) => ({
      ticket,
      item,
    }));
  }

  /** Takes the oldest item; waits while there is none. @throws Empty when the time is over; VALUE_ERROR */
  get(blocking = true, timeout = -1): T | Blocked<T> {
    const millis = patienceOf(blocking, timeout);
    for (const item of this.items.take()) {
      this._admit();
      return item;
    }
    if (millis === 0) throw empty("the queue is empty");
    return wait(this.getting, millis, empty("the queue is empty"));
  }

  /** @throws Full */
  put_nowait(item: T): void | Blocked<void> {
    return this.put(item, false);
  }

  /** @throws Empty */
  get_nowait(): T | Blocked<T> {
    return this.get(false);
  }

  qsize(): number {
    return this.items.length;
  }

  empty(): boolean {
    return this.items.length === 0;
  }

  /** Never, without a limit. */
  full(): boolean {
    return this.maxsize > 0 && this.items.length >= this.maxsize;
  }

  /** What a session that ended wanted to put is not put. */
  onSessionEnd(session: SessionId): void {
    takeOutAll(this.putting, session);
  }

  onDeadline(ticket: Ticket): void {
    takeOut(this.putting, ticket);
  }

  [onCancel](ticket: Ticket): void {
    takeOut(this.putting, ticket);
  }

  /** There is room for one: the first who waits for it has it. */
  _admit(): void {
    const putter = takeFirst(this.putting);
    if (putter === null) return;
    this.items.push(putter.item);
    resume(putter.ticket);
  }
}
