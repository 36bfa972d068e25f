/**
 * Puts calls into frames: gives them their numbers at the end of the turn, sends them in order, and sends what is
 * unanswered again. A node that is busy is left alone for a while; the order of numbers holds all the same.
 */
import type { Clock } from "../clock.ts";
import { callsPerCommandMax, frameBytesMax, joinedCallsBytesMax } from "../limits.ts";
import type { Outcome, Seq } from "../object/types.ts";
import type { ClientMessage } from "../wire/messages.ts";
import { Backoff } from "./backoff.ts";
import type { PendingCall } from "./call.ts";
import type { Calls, SentCommand } from "./calls.ts";
import type { NodeLink } from "./node-link.ts";
import type { Final } from "./outcome.ts";
import { partLength } from "./payload.ts";
import { Queue } from "./queue.ts";
import { Reads } from "./reads.ts";
import { busyMillis } from "./times.ts";

/** See `SessionOptions.proxy`. */
export type Mode = 0 | 1 | 2 | 3;

/** Where calls go now; null while there is no session or no link. */
export interface Route {
  readonly link: NodeLink;
  readonly calls: Calls;
}

export class Sender {
  readonly #clock: Clock;
  readonly #mode: Mode;
  readonly #route: () => Route | null;
  /** Calls to be sent as soon as possible, and those that `mode` 2 holds back. */
  readonly #queue = new Queue();
  readonly #batch = new Queue();
  /** Reads that were sent. */
  readonly reads = new Reads();
  #scheduled = false;
  /** The first command that a busy node refused. */
  #refusedFrom: Seq | null = null;
  /** A node is busy: nothing is sent until it rings. */
  readonly #resume: Backoff;
  #frameBytes = 0;

  /** @param route what is asked each time something could be sent */
  constructor(clock: Clock, mode: Mode, route: () => Route | null) {
    this.#clock = clock;
    this.#mode = mode;
    this.#route = route;
    this.#resume = new Backoff(clock, busyMillis, () => this.resend());
  }

  /** Calls that want to be sent. */
  get queued(): number {
    return this.#queue.size;
  }

  push(call: PendingCall): void {
    if (this.#mode === 2) {
      this.#batch.push(call);
      if (this.#batch.size >= callsPerCommandMax) this.release();
      return;
    }
    this.#queue.push(call);
    if (this.#mode === 1) this.#send();
    else this.schedule();
  }

  /** Lets go what `mode` 2 holds back. */
  release(): void {
    for (const call of this.#batch.take()) this.#queue.push(call);
    this.schedule();
  }

  /** Calls without a number, which are taken out; reads that were sent have none either. */
  take(): readonly PendingCall[] {
    return [...this.reads.take(), ...this.#queue.take(), ...this.#batch.take()];
  }

  *[Symbol.iterator](): Generator<PendingCall> {
    yield* this.#queue;
    yield* this.#batch;
    yield* this.reads;
  }

  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.soon(this.#turnEnds);
  }

  readonly #turnEnds = (): void => {
    this.#scheduled = false;
    this.#send();
  };

  /** Numbers and sends what may be sent now. */
  #send(): void {
    const route = this.#route();
    if (route === null || this.#resume.isSet) return;
    const { link, calls } = route;
    for (;;) {
      const writes = this.#next(calls);
      this.#number(link, calls, writes);
      const reads = this.reads.leave(calls.session, calls.lastSeq);
      for (const read of reads) this.#put(link, read, read.payload.length);
      if (writes.length === 0 && reads.length === 0) break;
      if (this.#mode === 1) this.#flush(link);
    }
    this.#flush(link);
  }

  /** In `mode` 3 each call is a command of its own, which the leader groups with those of others; in 2 all are one. */
  #number(link: NodeLink, calls: Calls, writes: readonly PendingCall[]): void {
    if (this.#mode === 3) for (const call of writes) this.#write(link, calls.number([call]));
    else if (writes.length > 0) this.#write(link, calls.number(writes));
  }

  /** Takes what may leave next: calls that get numbers, which are returned, and reads among them. */
  #next(calls: Calls): readonly PendingCall[] {
    const { reads } = this;
    const mode = this.#mode;
    const queue = this.#queue;
    const writes: PendingCall[] = [];
    const most = mode === 0 ? 1 - calls.open - reads.size : mode === 1 ? 1 : callsPerCommandMax;
    let bytes = 0;
    let n = 0;
    for (const call of queue) {
      if (n >= most) break;
      const isRead = reads.wants(call);
      if (isRead ? !reads.hasRoom : writes.length >= calls.room) break;
      bytes += partLength(call);
      if (n++ > 0 && bytes > joinedCallsBytesMax) break;
      queue.left(call);
      if (isRead) reads.add(call);
      else writes.push(call);
    }
    return writes;
  }

  #write(link: NodeLink, { bytes }: SentCommand): void {
    this.#put(link, { type: "command", bytes }, bytes.length);
  }

  /** A frame has a limit; several large messages go in several. */
  #put(link: NodeLink, message: ClientMessage, bytes: number): void {
    if (this.#frameBytes > 0 && this.#frameBytes + bytes > frameBytesMax / 2) this.#flush(link);
    this.#frameBytes += bytes;
    link.send(message);
  }

  #flush(link: NodeLink): void {
    link.flush();
    this.#frameBytes = 0;
  }

  /** A busy node took neither this command nor, for their order, those after it. */
  refused(calls: Calls, firstSeq: Seq): void {
    if (!calls.has(firstSeq)) return;
    if (this.#refusedFrom === null || firstSeq < this.#refusedFrom) this.#refusedFrom = firstSeq;
    this.#pause();
  }

  /** @returns the read and its final outcome; null when nobody waits for it, or when it goes again */
  readAnswered(id: number, outcome: Outcome): { readonly call: PendingCall; readonly outcome: Final } | null {
    const call = this.reads.answered(id);
    if (call === null || outcome.type === "blocked") return null;
    if (outcome.type === "refused" && outcome.code === "BUSY") {
      this.#pause();
    } else {
      this.answered();
      const final = this.reads.judge(call, outcome);
      if (final !== null) return { call, outcome: final };
    }
    this.#queue.putBack([call]);
    return null;
  }

  #pause(): void {
    if (!this.#resume.isSet) this.#resume.setNext();
  }

  /** Something was answered: the node is not busy any more. */
  answered(): void {
    this.#resume.reset();
  }

  /** Sends again what is unanswered, lowest seq first, as it was sent before; then what waits. */
  resend(everything = false): void {
    const from = everything ? 0 : this.#refusedFrom;
    this.#refusedFrom = null;
    this.#resume.clear();
    const route = this.#route();
    if (route === null) return;
    for (const command of from === null ? [] : route.calls.toResend(from)) this.#write(route.link, command);
    this.#send();
  }

  /** On another link: what was sent on the old one is lost. */
  relinked(): void {
    this.reset();
    this.resend(true);
  }

  /** Another session begins: what was refused belonged to the old one, but for reads, which changed nothing. */
  reset(): void {
    this.#queue.putBack(this.reads.take());
    this.#refusedFrom = null;
    this.#resume.clear();
  }
}
