/** Calls that have no number yet, oldest first. Those given up while they wait leave without being searched for. */
import type { PendingCall, Waiting } from "./call.ts";

export class Queue implements Waiting {
  #calls: PendingCall[] = [];
  #head = 0;
  #live = 0;

  /** Calls that are still wanted. */
  get size(): number {
    return this.#live;
  }

  push(call: PendingCall): void {
    this.#calls.push(call);
    call.waiting = this;
    this.#live++;
  }

  /** Calls that were taken off before, oldest first: they go first again. */
  putBack(calls: readonly PendingCall[]): void {
    if (calls.length === 0) return;
    for (const call of calls) call.waiting = this;
    this.#calls = [...calls, ...this.#calls.slice(this.#head)];
    this.#head = 0;
    this.#live += calls.length;
  }

  /** The oldest call that is still wanted. */
  peek(): PendingCall | null {
    for (; this.#head < this.#calls.length; this.#head++) {
      const call = this.#calls[this.#head] as PendingCall;
      if (!call.settled) return call;
    }
    this.#calls = [];
    this.#head = 0;
    return null;
  }

  /** Takes off what `peek` answered. */
  shift(): void {
    (this.#calls[this.#head] as PendingCall).waiting = null;
    this.#head++;
    this.#live--;
  }

  /** A call that waits here was settled. Without a connection nothing is taken off, so the dead are swept out. */
  settled(): void {
    this.#live--;
    if (this.#calls.length - this.#head <= 2 * this.#live + 64) return;
    this.#calls = [...this];
    this.#head = 0;
  }

  /** Takes everything. */
  take(): readonly PendingCall[] {
    const all = [...this];
    this.#calls = [];
    this.#head = 0;
    this.#live = 0;
    return all;
  }

  *[Symbol.iterator](): Generator<PendingCall> {
    for (let i = this.#head; i < this.#calls.length; i++) {
      const call = this.#calls[i] as PendingCall;
      if (!call.settled) yield call;
    }
  }
}
