/**
 * A line of waiting calls, first come, first served, where each says more of itself than its ticket does. Plain data,
 * so that it is in snapshots. Whatever the length of the line, each step costs the same.
 *
 * Each waiter has a place, a number that rises along the line; places that were left stay empty and are passed once.
 */
import { waits } from "../block.ts";
import type { Ticket } from "../ticket.ts";
import type { SessionId } from "../types.ts";

export interface Waiter {
  readonly ticket: Ticket;
}

export interface Line<W extends Waiter> {
  /** By place, in this order. */
  readonly waiters: Map<number, W>;
  /** Places by session and seq: a waiter is found whose time is over, or whose session ended. */
  readonly places: Map<SessionId, Map<number, number>>;
  /** Invariant: all places in use are >= `first` and < `end`. */
  first: number;
  end: number;
}

export function emptyLine<W extends Waiter>(): Line<W> {
  return { waiters: new Map(), places: new Map(), first: 0, end: 0 };
}

/** Puts a waiter at the end. */
export function join<W extends Waiter>(line: Line<W>, waiter: W): void {
  const { session, seq } = waiter.ticket;
  const own = line.places.get(session) ?? new Map<number, number>();
  own.set(seq, line.end);
  line.places.set(session, own);
  line.waiters.set(line.end++, waiter);
}

/** Takes the first one off; null when there is none. */
export function takeFirst<W extends Waiter>(line: Line<W>): W | null {
  while (line.waiters.size > 0) {
    const waiter = line.waiters.get(line.first++);
    if (waiter === undefined) continue;
    takeOut(line, waiter.ticket);
    // Hooks reach own fields of an object alone: a line that is kept elsewhere is not told who left it.
    if (waits(waiter.ticket)) return waiter;
  }
  line.first = line.end;
  return null;
}

/** Whoever has this ticket; undefined when it is not in the line. */
export function find<W extends Waiter>(line: Line<W>, { session, seq }: Ticket): W | undefined {
  const place = line.places.get(session)?.get(seq);
  return place === undefined ? undefined : line.waiters.get(place);
}

/** Takes out whoever has this ticket; null when it is not in the line. */
export function takeOut<W extends Waiter>(line: Line<W>, { session, seq }: Ticket): W | null {
  const own = line.places.get(session);
  const place = own?.get(seq);
  if (own === undefined || place === undefined) return null;
  own.delete(seq);
  if (own.size === 0) line.places.delete(session);
  const waiter = line.waiters.get(place) ?? null;
  line.waiters.delete(place);
  return waiter;
}

/** Takes out all of a session. @returns whether there were any */
export function takeOutAll<W extends Waiter>(line: Line<W>, session: SessionId): boolean {
  const own = line.places.get(session);
  if (own === undefined) return false;
  line.places.delete(session);
  for (const place of own.values()) line.waiters.delete(place);
  return true;
}

/** How many there are up to the first that is wanted; -1 when there is none. */
export function placeOf<W extends Waiter>(line: Line<W>, isWanted: (waiter: W) => boolean): number {
  let n = 0;
  for (const waiter of line.waiters.values()) {
    n++;
    if (isWanted(waiter)) return n;
  }
  return -1;
}
