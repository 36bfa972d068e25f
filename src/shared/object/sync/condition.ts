/**
 * A condition variable, as Python's `threading.Condition` with a re-entrant lock of its own. Who owns the lock may wait
 * to be notified; meanwhile the lock is free for others, and the wait answers when its caller owns it again.
 */
import { block, waitOn } from "../block.ts";
import { onCancel } from "../d-class.ts";
import { ourClass } from "../our-classes.ts";
import type { Blocked, Ticket } from "../ticket.ts";
import type { SessionId } from "../types.ts";
import { callerAs, countOf, isSame, type Owner, timeoutOf } from "./arguments.ts";
import { notOwner } from "./errors.ts";
import { emptyLine, find, join, takeFirst, takeOut, takeOutAll } from "./line.ts";
import { type Claim, claimBack, give, pass } from "./mutex.ts";
import { DRLock } from "./rlock.ts";

export class DCondition extends DRLock {
  /** Those who wait to be notified. */
  readonly sleepers = emptyLine<Claim>();

  /**
   * Frees all levels of the lock in one step, and answers when the caller owns them again: after a notify, or when
   * the time is over. The time limits the wait for a notify alone.
   *
   * @param timeout milliseconds of log time; -1 for ever
   * @returns true when it was notified, false when the time was over first
   * @throws NOT_OWNER when the caller does not own the lock, VALUE_ERROR for a timeout that is none
   * @example while (!(await ready())) await condition.wait();
   */
  wait(timeout = -1, holder: string | null = null): boolean | Blocked<boolean> {
    const millis = timeoutOf(timeout);
    const owner = this._owned(holder, "wait with");
    const { levels } = this;
    pass(this);
    if (millis === 0 && this.owner === null) {
      give(this, owner, levels);
      return false;
    }
    const queue: Ticket<boolean>[] = [];
    const timed = millis !== null && millis > 0;
    const blocked = block(queue, timed ? { after: millis, then: false } : undefined);
    const line = millis === 0 ? this.claims : this.sleepers;
    for (const ticket of queue) join(line, { ticket, owner, levels, notified: false });
    return blocked;
  }

  /**
   * Wakes up to `n` of those who wait, the first first; each then waits for the lock behind those who wait already.
   *
   * @throws NOT_OWNER when the caller does not own the lock, VALUE_ERROR for an `n` that is none
   * @example await condition.notify();
   */
  notify(n = 1, holder: string | null = null): void {
    this._wake(countOf("n", n, 0), holder);
  }

  /** Wakes all who wait. @throws NOT_OWNER when the caller does not own the lock */
  notify_all(holder: string | null = null): void {
    this._wake(Number.POSITIVE_INFINITY, holder);
  }

  /** The same as `notify_all`. */
  notifyAll(holder: string | null = null): void {
    this.notify_all(holder);
  }

  _owned(holder: string | null, what: string): Owner {
    const owner = callerAs(holder);
    if (!isSame(this.owner, owner)) throw notOwner(`cannot ${what} a lock that one does not own`);
    return owner;
  }

  _wake(n: number, holder: string | null): void {
    this._owned(holder, "notify with");
    for (let left = n; left > 0; left--) {
      const sleeper = takeFirst(this.sleepers);
      if (sleeper === null) return;
      join(this.claims, { ...sleeper, notified: true });
    }
  }

  override onSessionEnd(session: SessionId): void {
    takeOutAll(this.sleepers, session);
    super.onSessionEnd(session);
  }

  override [onCancel](ticket: Ticket): void {
    if (takeOut(this.sleepers, ticket) === null) super[onCancel](ticket);
  }

  override onDeadline(ticket: Ticket): void {
    const sleeper = takeOut(this.sleepers, ticket);
    if (sleeper !== null) claimBack(this, sleeper);
    // A wait ends with the lock, however long that takes.
    if (typeof find(this.claims, ticket)?.notified === "boolean") waitOn(ticket);
    else super.onDeadline(ticket);
  }
}

ourClass("DCondition", DCondition);
