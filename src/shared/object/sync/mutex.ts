/**
 * What locks, re-entrant locks and conditions have in common: one owner, and a line of those who want to be it.
 * Nobody barges: whoever comes while others wait goes behind them, and the lock goes from hand to hand.
 *
 * With each change of owner comes a token, higher than all before: whoever writes elsewhere under the lock sends it
 * along, and what has seen a higher one refuses it (fencing).
 */
import { block, resume } from "../block.ts";
import { invocation } from "../invocation.ts";
import type { Blocked, Ticket } from "../ticket.ts";
import { isSame, type Owner } from "./arguments.ts";
import { join, type Line, placeOf, takeFirst } from "./line.ts";

/** Who wants the lock. */
export interface Claim {
  readonly ticket: Ticket<number | boolean>;
  readonly owner: Owner;
  /** How often the owner will have acquired it: more than once only behind a `wait`. */
  readonly levels: number;
  /** What the call answers: null for the token, else whether it was notified. */
  readonly notified: boolean | null;
}

export interface Mutex {
  owner: Owner | null;
  /** How often the owner acquired it; 0 when it is free. */
  levels: number;
  /** The newest token. */
  lastToken: number;
  /** Invariant: when the lock is free, nobody in it waits any more. */
  readonly claims: Line<Claim>;
}

/** Makes `owner` the owner of a free lock. @returns the token */
export function give(mutex: Mutex, owner: Owner, levels: number): number {
  mutex.owner = owner;
  mutex.levels = levels;
  mutex.lastToken = Math.max(mutex.lastToken + 1, invocation().index);
  return mutex.lastToken;
}

function grant(mutex: Mutex, { ticket, owner, levels, notified }: Claim): void {
  const token = give(mutex, owner, levels);
  resume(ticket, notified ?? token);
}

/** Takes the lock away from its owner: it goes to the first who waits, or is free. */
export function pass(mutex: Mutex): void {
  mutex.owner = null;
  mutex.levels = 0;
  const claim = takeFirst(mutex.claims);
  if (claim !== null) grant(mutex, claim);
}

/** Claims a lock for the running call. `millis`: null for ever, 0 not at all. */
export function claim(
  mutex: Mutex,
  owner: Owner,
  millis: number | null,
): number | false | Blocked<number | false> {
  if (mutex.owner === null) return give(mutex, owner, 1);
  if (millis === 0) return false;
  const queue: Ticket<number | false>[] = [];
  const blocked = block(queue, millis === null ? undefined : { after: millis, then: false });
  for (const ticket of queue) join(mutex.claims, { ticket, owner, levels: 1, notified: null });
  return blocked;
}

/** The end of a `wait`: it answers when its caller owns the lock again. */
export function claimBack(mutex: Mutex, claim: Claim): void {
  if (mutex.owner === null) grant(mutex, claim);
  else join(mutex.claims, claim);
}

/** 0 for the owner, 1 for who has the lock next; -1 for who neither has nor wants it. */
export function positionOf(mutex: Mutex, owner: Owner): number {
  return isSame(mutex.owner, owner) ? 0 : placeOf(mutex.claims, (claim) => isSame(claim.owner, owner));
}
