/**
 * Puts calls into frames: gives them their numbers at the end of the turn, sends them in order, and sends what is
 * unanswered again. A node that is busy is left alone for a while; the order of numbers holds all the same.
 */
import type { Clock } from "../clock.ts";
import { argumentsBytesMax, callsPerCommandMax, frameBytesMax } from "../limits.ts";
import type { Seq } from "../object/types.ts";
import { Alarm } from "./alarm.ts";
import { Backoff } from "./backoff.ts";
import type { PendingCall } from "./call.ts";
import type { Calls, SentCommand } from "./calls.ts";
import type { NodeLink } from "./node-link.ts";
import { partLength } from "./payload.ts";
import { Queue } from "./queue.ts";

/** See `SessionOptions.proxy`. */
export type Mode = 0 | 1 | 2 | 3;

const busyMillis = 20;
const busyMillisMax = 2_000;
const first = 1 as Seq;

/** Where calls go now; null while there is no session or no link. */
export interface Route {
  readonly link: NodeLink;
  readonly calls: Calls;
}

export class Sender {
  private readonly clock: Clock;
  private readonly mode: Mode;
  private readonly route: () => Route | null;
  /** Calls to be sent as soon as possible, and those that `mode` 2 holds back. */
  private readonly queue = new Queue();
  private readonly batch = new Queue();
  private scheduled = false;
  /** The first command that a busy node refused; nothing is sent until the alarm rings. */
  private refusedFrom: Seq | null = null;
  private readonly busy: Backoff;
  private readonly resume: Alarm;
  private frameBytes = 0;

  /** @param route what is asked each time something could be sent */
  constructor(clock: Clock, mode: Mode, route: () => Route | null) {
    this.clock = clock;
    this.mode = mode;
    this.route = route;
    this.busy = new Backoff(clock, busyMillis, busyMillisMax);
    this.resume = new Alarm(clock, () => this.resend());
  }

  /** Calls that want to be sent. */
  get queued(): number {
    return this.queue.size;
  }

  push(call: PendingCall): void {
    if (this.mode === 2) {
      this.batch.push(call);
      if (this.batch.size >= callsPerCommandMax) this.release();
      return;
    }
    this.queue.push(call);
    if (this.mode === 1) this.send();
    else this.schedule();
  }

  /** Lets go what `mode` 2 holds back. */
  release(): void {
    for (const call of this.batch.take()) this.queue.push(call);
    this.schedule();
  }

  /** Calls without a number, which are taken out. */
  take(): readonly PendingCall[] {
    return [...this.queue.take(), ...this.batch.take()];
  }

  *[Symbol.iterator](): Generator<PendingCall> {
    yield* this.queue;
    yield* this.batch;
  }

  schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.clock.soon(this.turnEnds);
  }

  private readonly turnEnds = (): void => {
    this.scheduled = false;
    this.send();
  };

  /** Numbers and sends what may be sent now. */
  private send(): void {
    const route = this.route();
    if (route === null || this.refusedFrom !== null) return;
    for (;;) {
      const calls = this.nextCommand(route.calls);
      if (calls.length === 0) break;
      this.write(route.link, route.calls.number(calls));
      if (this.mode === 1) this.flush(route.link);
    }
    this.flush(route.link);
  }

  private nextCommand(calls: Calls): readonly PendingCall[] {
    const taken: PendingCall[] = [];
    const most =
      this.mode === 0 ? 1 - calls.open : Math.min(calls.room, this.mode === 1 ? 1 : callsPerCommandMax);
    let bytes = 0;
    while (taken.length < most) {
      const call = this.queue.peek();
      if (call === null) break;
      bytes += partLength(call);
      if (taken.length > 0 && bytes > argumentsBytesMax) break;
      this.queue.shift();
      taken.push(call);
    }
    return taken;
  }

  /** A frame has a limit; several large commands go in several. */
  private write(link: NodeLink, { bytes }: SentCommand): void {
    if (this.frameBytes > 0 && this.frameBytes + bytes.length > frameBytesMax / 2) this.flush(link);
    this.frameBytes += bytes.length;
    link.send({ type: "command", bytes });
  }

  private flush(link: NodeLink): void {
    link.flush();
    this.frameBytes = 0;
  }

  /** A busy node took neither this command nor, for their order, those after it. */
  refused(calls: Calls, firstSeq: Seq): void {
    if (!calls.has(firstSeq)) return;
    this.refusedFrom = this.refusedFrom === null || firstSeq < this.refusedFrom ? firstSeq : this.refusedFrom;
    if (!this.resume.isSet) this.resume.set(this.busy.next());
  }

  /** Something was answered: the node is not busy any more. */
  answered(): void {
    this.busy.reset();
  }

  /** Sends again what is unanswered, lowest seq first, as it was sent before; then what waits. */
  resend(everything = false): void {
    const from = everything ? first : (this.refusedFrom ?? first);
    this.refusedFrom = null;
    this.resume.clear();
    const route = this.route();
    if (route === null) return;
    for (const command of route.calls.toResend(from)) this.write(route.link, command);
    this.send();
  }

  /** Another session begins: what was refused belonged to the old one. */
  reset(): void {
    this.refusedFrom = null;
    this.resume.clear();
  }
}
