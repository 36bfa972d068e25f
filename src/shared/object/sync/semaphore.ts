/**
 * Counting semaphores, as Python's `threading.Semaphore` and `BoundedSemaphore`: anybody may release. Beside that each
 * permit is counted for the session that took it, and returns when that session ends.
 *
 * A release without a holder gives back a permit of the caller's session, else the one that was taken first by
 * anybody; a permit taken under a holder is given back under it alone, so that a repeated release does nothing twice.
 */
import { block, resume } from "../block.ts";
import { DClass, onCancel } from "../d-class.ts";
import { ourClass } from "../our-classes.ts";
import type { Reads } from "../surface.ts";
import type { Blocked, Ticket } from "../ticket.ts";
import type { SessionId } from "../types.ts";
import { callerAs, countOf, isSame, type Owner, patienceOf } from "./arguments.ts";
import { notOwner, valueError } from "./errors.ts";
import { emptyLine, join, type Line, placeOf, takeFirst, takeOut, takeOutAll } from "./line.ts";

interface Applicant {
  readonly ticket: Ticket<boolean>;
  readonly owner: Owner;
}

export class DSemaphore extends DClass {
  static reads = ["locked", "position", "value"] satisfies Reads<DSemaphore>;
  /** Invariant: when it is above 0, nobody in `line` waits any more. */
  permits: number;
  /** What `permits` never exceeds; null for no bound. */
  bound: number | null = null;
  readonly line: Line<Applicant> = emptyLine();
  /** Permits taken without a holder; the session that came first is the first. */
  readonly plain = new Map<SessionId, number>();
  /** Permits taken under a holder, by session and holder. */
  readonly named = new Map<SessionId, Map<string, number>>();

  /** @param value how many permits there are. @throws VALUE_ERROR below 0 */
  constructor(value = 1) {
    super();
    this.permits = countOf("value", value, 0);
  }

  /**
   * Takes a permit, or waits for one behind those who came before.
   *
   * @param blocking false: answers at once
   * @param timeout milliseconds of log time; -1 for ever, 0 not at all
   * @param holder gives the permit a name, under which alone it is released
   * @returns true; false when the time was over
   * @throws VALUE_ERROR for a timeout that is none, or for one although it does not block
   * @example if (await semaphore.acquire(true, 500)) await semaphore.release();
   */
  acquire(blocking = true, timeout = -1, holder: string | null = null): boolean | Blocked<boolean> {
    const millis = patienceOf(blocking, timeout);
    const owner = callerAs(holder);
    if (this.permits > 0) {
      this.permits--;
      this._count(owner, 1);
      return true;
    }
    if (millis === 0) return false;
    const queue: Ticket<boolean>[] = [];
    const blocked = block(queue, millis === null ? undefined : { after: millis, then: false });
    for (const ticket of queue) join(this.line, { ticket, owner });
    return blocked;
  }

  /**
   * Gives permits back: to those who wait, then to all.
   *
   * @throws VALUE_ERROR below 1, or for more than a bounded semaphore began with; NOT_OWNER when `holder` has fewer.
   *   Nothing is released then
   * @example await semaphore.release(2);
   */
  release(n = 1, holder: string | null = null): void {
    countOf("n", n, 1);
    const owner = callerAs(holder);
    const isNamed = owner.holder !== "";
    if (isNamed && (this.named.get(owner.session)?.get(owner.holder) ?? 0) < n)
      throw notOwner("cannot release permits that the holder does not have");
    if (this.permits + n > (this.bound ?? Number.MAX_SAFE_INTEGER))
      throw valueError("the semaphore would be released more often than it was acquired");
    if (isNamed) this._count(owner, -n);
    else this._takePlain(owner.session, n);
    this._return(n);
  }

  /** How many permits are free. */
  value(): number {
    return this.permits;
  }

  /** Whether no permit is free. */
  locked(): boolean {
    return this.permits === 0;
  }

  /** 1 for the caller who has a permit next; -1 for one who does not wait. */
  position(holder: string | null = null): number {
    const owner = callerAs(holder);
    return placeOf(this.line, (applicant) => isSame(applicant.owner, owner));
  }

  _count({ session, holder }: Owner, n: number): void {
    if (holder === "") return add(this.plain, session, n);
    const own = this.named.get(session) ?? new Map<string, number>();
    add(own, holder, n);
    if (own.size > 0) this.named.set(session, own);
    else this.named.delete(session);
  }

  /** Permits that nobody took come into being, as with Python's. */
  _takePlain(session: SessionId, n: number): void {
    let left = n - subtract(this.plain, session, n);
    for (const other of this.plain.keys()) {
      if (left === 0) return;
      left -= subtract(this.plain, other, left);
    }
  }

  _return(n: number): void {
    for (let left = n; left > 0; left--) {
      const applicant = takeFirst(this.line);
      if (applicant === null) {
        this.permits += left;
        return;
      }
      this._count(applicant.owner, 1);
      resume(applicant.ticket, true);
    }
  }

  onSessionEnd(session: SessionId): void {
    takeOutAll(this.line, session);
    let n = this.plain.get(session) ?? 0;
    for (const own of this.named.get(session)?.values() ?? []) n += own;
    this.plain.delete(session);
    this.named.delete(session);
    this._return(this.bound === null ? n : Math.min(n, this.bound - this.permits));
  }

  onDeadline(ticket: Ticket): void {
    takeOut(this.line, ticket);
  }

  [onCancel](ticket: Ticket): void {
    takeOut(this.line, ticket);
  }
}

/** A semaphore that refuses a release beyond the value it began with. */
export class DBoundedSemaphore extends DSemaphore {
  constructor(value = 1) {
    super(value);
    this.bound = this.permits;
  }
}

function add<K>(counts: Map<K, number>, key: K, n: number): void {
  const sum = (counts.get(key) ?? 0) + n;
  if (sum === 0) counts.delete(key);
  else counts.set(key, sum);
}

/** Takes up to `n` away. @returns how many */
function subtract<K>(counts: Map<K, number>, key: K, n: number): number {
  const taken = Math.min(n, counts.get(key) ?? 0);
  if (taken > 0) add(counts, key, -taken);
  return taken;
}

ourClass("DSemaphore", DSemaphore);
ourClass("DBoundedSemaphore", DBoundedSemaphore);
