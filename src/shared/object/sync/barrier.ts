/**
 * A barrier, as Python's `threading.Barrier` without an action: a fixed number of parties wait for one another, again
 * and again. A party that does not come in time, or whose session ends while it waits, breaks it for all.
 */
import { block, resume } from "../block.ts";
import { DClass, onCancel } from "../d-class.ts";
import { ourClass } from "../our-classes.ts";
import type { Reads } from "../surface.ts";
import type { Blocked, Ticket } from "../ticket.ts";
import type { SessionId } from "../types.ts";
import { countOf, timeoutOf } from "./arguments.ts";
import { brokenBarrier } from "./errors.ts";
import { emptyLine, join, type Line, takeFirst, takeOut, takeOutAll } from "./line.ts";

interface Party {
  readonly ticket: Ticket<number>;
}

export class DBarrier extends DClass {
  static reads = ["broken", "n_waiting", "parties"] satisfies Reads<DBarrier>;
  readonly size: number;
  /** Milliseconds that a wait without a timeout of its own takes at most; null for ever. */
  readonly patience: number | null;
  isBroken = false;
  /** The parties of this round that arrived. */
  readonly arrived: Line<Party> = emptyLine();

  /**
   * @param parties how many wait for one another, from 1 on
   * @param timeout of every wait without one of its own, milliseconds of log time; -1 for ever
   * @throws VALUE_ERROR
   */
  constructor(parties = 1, timeout = -1) {
    super();
    this.size = countOf("parties", parties, 1);
    this.patience = timeoutOf(timeout);
  }

  /**
   * Waits until all parties wait. The last one to come does not wait at all.
   *
   * @param timeout milliseconds of log time, -1 for ever; without it that of the barrier counts
   * @returns 0 for the first that came, parties - 1 for the last: each once a round
   * @throws BROKEN_BARRIER when it is broken, or breaks or is reset meanwhile; VALUE_ERROR for a timeout that is none
   * @example if ((await barrier.wait()) === 0) await begin();
   */
  wait(timeout: number | null = null): number | Blocked<number> {
    const millis = timeout === null ? this.patience : timeoutOf(timeout);
    if (this.isBroken) throw brokenBarrier("the barrier is broken");
    if (this.n_waiting() + 1 >= this.size) return this._open();
    if (millis === 0) throw this._break("a party did not wait for the others");
    const queue: Ticket<number>[] = [];
    const late = brokenBarrier("the others did not come in time");
    const blocked = millis === null ? block(queue) : block(queue, { after: millis, then: late });
    for (const ticket of queue) join(this.arrived, { ticket });
    return blocked;
  }

  /** Breaks the barrier for those who wait, and makes it usable again at once. */
  reset(): void {
    this._break("the barrier was reset");
    this.isBroken = false;
  }

  /** Breaks the barrier, until it is reset. */
  abort(): void {
    this._break("the barrier was aborted");
  }

  broken(): boolean {
    return this.isBroken;
  }

  /** How many wait now. */
  n_waiting(): number {
    return this.arrived.waiters.size;
  }

  parties(): number {
    return this.size;
  }

  _open(): number {
    let index = 0;
    for (let next = takeFirst(this.arrived); next !== null; next = takeFirst(this.arrived))
      resume(next.ticket, index++);
    return index;
  }

  _break(why: string): Error {
    this.isBroken = true;
    const error = brokenBarrier(why);
    for (let next = takeFirst(this.arrived); next !== null; next = takeFirst(this.arrived))
      resume(next.ticket, error);
    return error;
  }

  onSessionEnd(session: SessionId): void {
    if (takeOutAll(this.arrived, session)) this._break("the session of a party ended");
  }

  onDeadline(ticket: Ticket): void {
    if (takeOut(this.arrived, ticket) !== null) this._break("a party did not wait for the others any longer");
  }

  /** Who gave up its call did not come. */
  [onCancel](ticket: Ticket): void {
    takeOut(this.arrived, ticket);
  }
}

ourClass("DBarrier", DBarrier);
