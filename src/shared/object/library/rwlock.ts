/**
 * A lock that many may hold to read, or one to write. First come, first served: readers wait behind a writer that
 * waits, so that none starves. An owner is a session and, where given, a holder; what an ended session held is free.
 */
import { resume } from "../block.ts";
import { onCancel } from "../d-class.ts";
import { invocation } from "../invocation.ts";
import type { Reads } from "../surface.ts";
import { callerAs, isSame, type Owner, patienceOf } from "../sync/arguments.ts";
import { notOwner } from "../sync/errors.ts";
import { emptyLine, type Line, takeFirst, takeOut, takeOutAll } from "../sync/line.ts";
import type { Blocked, Ticket } from "../ticket.ts";
import type { SessionId } from "../types.ts";
import { waitAs } from "./parts/waiting.ts";

/** A call that waits for the lock. */
export interface Claimant {
  readonly ticket: Ticket<number | boolean>;
  readonly owner: Owner;
  readonly writes: boolean;
}

/** One that reads. */
export interface Reader {
  readonly owner: Owner;
  /** How often it acquired the lock and did not release it. */
  levels: number;
}

type Acquired<T> = T | false | Blocked<T | false>;

export class RWLock {
  static reads = ["readers", "locked", "token"] satisfies Reads<RWLock>;
  /** By owner. Invariant: empty while somebody writes. */
  private readonly reading = new Map<string, Reader>();
  private writing: Owner | null = null;
  private lastToken = 0;
  private readonly line = emptyLine<Claimant>();

  /**
   * Acquires the lock to read. Whoever reads already does so at once, also when a writer waits.
   *
   * @param timeout ms of log time; -1 or absent is for ever, 0 tries once
   * @returns false when the time is over
   * @throws VALUE_ERROR
   */
  acquireRead(blocking = true, timeout = -1, holder?: string | null): Acquired<true> {
    const millis = patienceOf(blocking, timeout);
    const owner = callerAs(holder);
    const again = this.reading.get(keyOf(owner));
    if (again !== undefined) again.levels += 1;
    else if (this._isNext(false)) this._read(owner);
    else return this._wait<true>(owner, false, millis);
    return true;
  }

  /** @throws NOT_OWNER when the caller does not read */
  releaseRead(holder?: string | null): void {
    const key = keyOf(callerAs(holder));
    const reader = this.reading.get(key);
    if (reader === undefined) throw notOwner("cannot release a read lock that is not held");
    reader.levels -= 1;
    if (reader.levels > 0) return;
    this.reading.delete(key);
    this._serve();
  }

  /**
   * Acquires the lock to write; also whoever holds it waits until it is released.
   *
   * @returns a token, higher than all before; false when the time is over
   * @throws VALUE_ERROR
   */
  acquireWrite(blocking = true, timeout = -1, holder?: string | null): Acquired<number> {
    const millis = patienceOf(blocking, timeout);
    const owner = callerAs(holder);
    return this._isNext(true) ? this._write(owner) : this._wait<number>(owner, true, millis);
  }

  /** @throws NOT_OWNER when the caller does not write */
  releaseWrite(holder?: string | null): void {
    if (!isSame(this.writing, callerAs(holder)))
      throw notOwner("cannot release a write lock that is not held");
    this.writing = null;
    this._serve();
  }

  /** How many read. */
  readers(): number {
    return this.reading.size;
  }

  /** Whether somebody writes. */
  locked(): boolean {
    return this.writing !== null;
  }

  /** The writer's token; null when nobody writes. */
  token(): number | null {
    return this.writing === null ? null : this.lastToken;
  }

  onSessionEnd(session: SessionId): void {
    takeOutAll(this.line, session);
    if (this.writing?.session === session) this.writing = null;
    for (const [key, { owner }] of this.reading) if (owner.session === session) this.reading.delete(key);
    this._serve();
  }

  /** Readers behind a writer that gave up need not wait for the lock to be released. */
  onDeadline(ticket: Ticket): void {
    takeOut(this.line, ticket);
    this._serve();
  }

  [onCancel](ticket: Ticket): void {
    takeOut(this.line, ticket);
    this._serve();
  }

  /** Whether a newcomer has it at once: nobody is in its way and nobody was there before. */
  _isNext(writes: boolean): boolean {
    return this.line.waiters.size === 0 && this._isFree(writes);
  }

  _isFree(writes: boolean): boolean {
    return this.writing === null && (!writes || this.reading.size === 0);
  }

  _wait<T extends number | true>(owner: Owner, writes: boolean, millis: number | null): Acquired<T> {
    if (millis === 0) return false;
    return waitAs<T | false, Claimant>(this.line, millis, false, (ticket) => ({ ticket, owner, writes }));
  }

  /** Gives the lock to those at the head of the line, as far as it can. */
  _serve(): void {
    for (;;) {
      const first = firstOf(this.line);
      if (first === null || !this._isFree(first.writes)) return;
      // Whoever waits no more was taken out by a hook: it is this one.
      const next = takeFirst(this.line);
      if (next === null) return;
      if (next.writes) {
        resume(next.ticket, this._write(next.owner));
        return;
      }
      this._read(next.owner);
      resume(next.ticket, true);
    }
  }

  _read(owner: Owner): void {
    const key = keyOf(owner);
    const reader = this.reading.get(key);
    if (reader === undefined) this.reading.set(key, { owner, levels: 1 });
    else reader.levels += 1;
  }

  _write(owner: Owner): number {
    this.writing = owner;
    this.lastToken = Math.max(this.lastToken + 1, invocation().index);
    return this.lastToken;
  }
}

/** The first one, which stays in the line. */
function firstOf(line: Line<Claimant>): Claimant | null {
  for (let place = line.first; place < line.end; place++) {
    const claimant = line.waiters.get(place);
    if (claimant !== undefined) return claimant;
  }
  return null;
}

function keyOf({ session, holder }: Owner): string {
  return `${session} ${holder}`;
}
