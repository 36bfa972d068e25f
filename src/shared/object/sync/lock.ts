/**
 * A lock, as Python's `threading.Lock`, but that only its owner releases it. The owner is a session, and within one a
 * holder; when the session ends, the lock goes to the next who waits. An owner that acquires again waits for itself.
 */
import { DClass, onCancel } from "../d-class.ts";
import { ourClass } from "../our-classes.ts";
import type { Reads } from "../surface.ts";
import type { Blocked, Ticket } from "../ticket.ts";
import type { SessionId } from "../types.ts";
import { callerAs, isSame, type Owner, patienceOf } from "./arguments.ts";
import { notOwner } from "./errors.ts";
import { emptyLine, takeOut, takeOutAll } from "./line.ts";
import { type Claim, claim, type Mutex, pass, positionOf } from "./mutex.ts";

export class DLock extends DClass implements Mutex {
  static reads = ["locked", "position", "token"] satisfies Reads<DLock>;
  owner: Owner | null = null;
  levels = 0;
  lastToken = 0;
  readonly claims = emptyLine<Claim>();

  /**
   * Takes the lock, or waits for it behind those who came before.
   *
   * @param blocking false: answers at once
   * @param timeout milliseconds of log time; -1 for ever, 0 not at all
   * @param holder tells owners of one session apart
   * @returns the fencing token, above 0 and above all before; false when the time was over
   * @throws VALUE_ERROR for a timeout that is none, or for one although it does not block
   * @example const token = await lock.acquire(true, 500);
   */
  acquire(
    blocking = true,
    timeout = -1,
    holder: string | null = null,
  ): number | false | Blocked<number | false> {
    const millis = patienceOf(blocking, timeout);
    return claim(this, callerAs(holder), millis);
  }

  /**
   * Hands the lock on to the first who waits.
   *
   * @param holder as it was acquired
   * @throws NOT_OWNER when the caller is not the owner; nothing changed
   * @example await lock.release();
   */
  release(holder: string | null = null): void {
    if (!isSame(this.owner, callerAs(holder))) throw notOwner("cannot release a lock that one does not own");
    pass(this);
  }

  /** Whether anybody owns it. */
  locked(): boolean {
    return this.owner !== null;
  }

  /** The fencing token of whoever owns it now; 0 when nobody does. */
  token(): number {
    return this.owner === null ? 0 : this.lastToken;
  }

  /**
   * How far the caller is from owning it: 0 for the owner, 1 for who is next; -1 for who does not wait for it.
   *
   * @param holder as in the call that waits
   * @example show(`${await lock.position()} before you`);
   */
  position(holder: string | null = null): number {
    return positionOf(this, callerAs(holder));
  }

  /**
   * Takes the lock away from its owner, who is not told: what it writes with its token is refused from now on.
   *
   * @returns whether anybody owned it
   */
  revoke(): boolean {
    const owned = this.owner !== null;
    if (owned) pass(this);
    return owned;
  }

  onSessionEnd(session: SessionId): void {
    takeOutAll(this.claims, session);
    if (this.owner?.session === session) pass(this);
  }

  onDeadline(ticket: Ticket): void {
    takeOut(this.claims, ticket);
  }

  [onCancel](ticket: Ticket): void {
    takeOut(this.claims, ticket);
  }
}

ourClass("DLock", DLock);
