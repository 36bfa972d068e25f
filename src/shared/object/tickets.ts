/**
 * A queue of tickets for very many waiters: adding and taking at both ends and removal from anywhere cost the same
 * whatever its length. Used like an array; a ticket stands in it once.
 *
 * Each ticket has a place, a number that rises along the queue; places that were left stay empty and are passed once.
 */
import { ourClass } from "./our-classes.ts";
import { keyOf, type Ticket } from "./ticket.ts";

/**
 * @example
 * waiting = new Tickets<true>();
 * acquire() { return this.free > 0 ? (this.free--, true) : block(this.waiting); }
 * release() { if (!resume(this.waiting, true)) this.free++; }
 */
export class Tickets<T = unknown> {
  /** By place. */
  private readonly tickets = new Map<number, Ticket<T>>();
  private readonly places = new Map<string, number>();
  /** Invariant: all places in use are >= `first` and < `end`. */
  private first = 0;
  private end = 0;

  constructor(tickets: Iterable<Ticket<T>> = []) {
    this.push(...tickets);
  }

  get length(): number {
    return this.tickets.size;
  }

  /** Adds behind the last one what is not in it yet. @returns the new length */
  push(...tickets: readonly Ticket<T>[]): number {
    for (const ticket of tickets) if (this.put(ticket, this.end)) this.end++;
    return this.length;
  }

  /** Adds before the first one what is not in it yet. @returns the new length */
  unshift(...tickets: readonly Ticket<T>[]): number {
    for (let i = tickets.length - 1; i >= 0; i--)
      if (this.put(tickets[i] as Ticket<T>, this.first - 1)) this.first--;
    return this.length;
  }

  /** Takes the first one; undefined when there is none. */
  shift(): Ticket<T> | undefined {
    const place = this.length === 0 ? this.end : this.nextPlace(this.first);
    this.first = place;
    return this.take(place);
  }

  /** Takes the last one; undefined when there is none. */
  pop(): Ticket<T> | undefined {
    if (this.length === 0) this.end = this.first;
    else while (!this.tickets.has(this.end - 1)) this.end--;
    return this.take(this.end - 1);
  }

  /** @returns whether the ticket stood in it */
  delete(ticket: Ticket): boolean {
    const place = this.places.get(keyOf(ticket));
    return place !== undefined && this.take(place) !== undefined;
  }

  has(ticket: Ticket): boolean {
    return this.places.has(keyOf(ticket));
  }

  /** How many stand before it; -1 when it does not stand here. Takes time in proportion to the answer. */
  indexOf(ticket: Ticket): number {
    const place = this.places.get(keyOf(ticket));
    if (place === undefined) return -1;
    let before = 0;
    for (let at = this.first; at < place; at++) if (this.tickets.has(at)) before++;
    return before;
  }

  clear(): void {
    this.tickets.clear();
    this.places.clear();
  }

  /** From the first to the last; what is added meanwhile comes, too. */
  *[Symbol.iterator](): Generator<Ticket<T>, void> {
    for (let place = this.first; place < this.end; place++) {
      const ticket = this.tickets.get(place);
      if (ticket !== undefined) yield ticket;
    }
  }

  toSnapshot(): readonly Ticket<T>[] {
    return [...this];
  }

  static fromSnapshot(tickets: readonly Ticket[]): Tickets {
    const made = new Tickets();
    for (const ticket of tickets) made.push(ticket);
    return made;
  }

  private nextPlace(from: number): number {
    let place = from;
    while (!this.tickets.has(place)) place++;
    return place;
  }

  private put(ticket: Ticket<T>, place: number): boolean {
    const key = keyOf(ticket);
    if (this.places.has(key)) return false;
    this.places.set(key, place);
    this.tickets.set(place, ticket);
    return true;
  }

  private take(place: number): Ticket<T> | undefined {
    const ticket = this.tickets.get(place);
    if (ticket === undefined) return undefined;
    this.tickets.delete(place);
    this.places.delete(keyOf(ticket));
    return ticket;
  }
}

ourClass("Tickets", Tickets);
