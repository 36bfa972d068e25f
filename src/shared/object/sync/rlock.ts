/**
 * A re-entrant lock, as Python's `threading.RLock`: its owner may acquire it again, and it is free after as many
 * releases.
 */
import { ourClass } from "../our-classes.ts";
import type { Blocked } from "../ticket.ts";
import { callerAs, isSame, patienceOf } from "./arguments.ts";
import { notOwner } from "./errors.ts";
import { DLock } from "./lock.ts";
import { claim, pass } from "./mutex.ts";

export class DRLock extends DLock {
  /** As that of a lock; the owner gets the token of its first acquire at once. */
  override acquire(
    blocking = true,
    timeout = -1,
    holder: string | null = null,
  ): number | false | Blocked<number | false> {
    const millis = patienceOf(blocking, timeout);
    const owner = callerAs(holder);
    if (!isSame(this.owner, owner)) return claim(this, owner, millis);
    this.levels++;
    return this.lastToken;
  }

  /**
   * Undoes one acquire; the last one hands the lock on.
   *
   * @throws NOT_OWNER when the caller is not the owner; nothing changed
   */
  override release(holder: string | null = null): void {
    if (!isSame(this.owner, callerAs(holder))) throw notOwner("cannot release a lock that one does not own");
    if (this.levels > 1) this.levels--;
    else pass(this);
  }
}

ourClass("DRLock", DRLock);
