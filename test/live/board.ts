/** A class that uses all that an object may: waiting calls, deadlines, D-classes, hooks, agreed time and chance. */

import {
  block,
  DLock,
  invocation,
  resume,
  type SessionId,
  type Ticket,
  Tickets,
} from "../../src/shared/object/index.ts";
import { type Constructor, describe, makeRegistry, type Registry } from "../../src/shared/object/registry.ts";

export class Card {
  readonly text: string;
  votes = 0;
  next: Card | null = null;
  constructor(text: string) {
    this.text = text;
  }
}

export class Board {
  static reads = ["size"] as const;
  cards = new Map<string, Card>();
  first: Card | null = new Card("first");
  log: unknown[] = [];
  tags = new Set<string>();
  waiting: Ticket<string>[] = [];
  dozing: Ticket<boolean>[] = [];
  line = new Tickets<number>();
  lock = new DLock();
  late = 0;
  left: SessionId[] = [];
  bytes = new Uint8Array(8);

  size(): number {
    return this.cards.size;
  }

  put(id: string, text: string): number {
    const card = new Card(text);
    card.next = this.first;
    this.cards.set(id, card);
    this.first = this.cards.size % 7 === 0 ? null : card;
    this.note("put", id);
    return this.cards.size;
  }

  vote(id: string): number {
    const card = this.cards.get(id);
    if (card === undefined) throw new RangeError(`no ${id}`);
    card.votes++;
    this.bytes[card.votes % 8] = card.votes;
    return card.votes;
  }

  dice(id: string): void {
    const { index, slot, now, logTime, seq } = invocation();
    this.note(id, [Math.random(), Date.now(), crypto.randomUUID(), index, slot, now, logTime, seq]);
  }

  half(id: string): void {
    this.tags.add(id);
    throw new Error("half done");
  }

  wait(id: string, millis: number) {
    this.note("wait", id);
    return millis === 0 ? block(this.waiting) : block(this.waiting, { after: millis, then: "too late" });
  }

  wake(id: string): boolean {
    this.note("wake", id);
    return resume(this.waiting, id);
  }

  /** Tickets whose time is over stay in this list, dead. */
  doze(millis: number) {
    return block(this.dozing, { after: millis, then: false });
  }

  rouse(): boolean {
    return resume(this.dozing, true);
  }

  queue(id: string) {
    this.note("queue", id);
    return block(this.line);
  }

  serve(id: string): boolean {
    this.note("serve", id);
    return resume(this.line, this.log.length);
  }

  acquire(id: string, millis: number) {
    this.note("acquire", id);
    return this.lock.acquire(true, millis);
  }

  release(): void {
    this.lock.release();
  }

  onDeadline(ticket: Ticket): void {
    this.late++;
    this.waiting = this.waiting.filter((t) => t.session !== ticket.session || t.seq !== ticket.seq);
  }

  onSessionEnd(session: SessionId): void {
    this.left.push(session);
    if (this.left.length > 5) this.left.shift();
  }

  private note(what: string, value: unknown): void {
    this.log.push({ what, value, by: invocation().session });
    if (this.log.length > 20) this.log.splice(0, 10);
  }
}

/** As a node has it whose module exports both classes. */
export const boardRegistry: Registry = makeRegistry([
  describe(Board, "Board", "", "", new Map<string, Constructor>([["Card", Card]])),
]);

/** All that a value holds as text, whatever it is frozen or copied. */
export function textOf(value: unknown, met: object[] = []): string {
  if (typeof value !== "object" || value === null)
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  const known = met.indexOf(value);
  if (known >= 0) return `#${known}`;
  met.push(value);
  const part = (v: unknown) => textOf(v, met);
  if (ArrayBuffer.isView(value))
    return `bytes ${String(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))}`;
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (value instanceof Map) return `map {${[...value].map(([k, v]) => `${part(k)} ${part(v)}`).join()}}`;
  if (value instanceof Set) return `set {${[...value].map(part).join()}}`;
  // Where it has been through a snapshot, it holds the same in another way.
  if (value instanceof Tickets) return `tickets ${part([...value])}`;
  if (Array.isArray(value)) return `[${value.map(part).join()}]`;
  const fields = Object.entries(value).map(([k, v]) => `${k} ${part(v)}`);
  return `${value.constructor.name} {${fields.join()}}`;
}
