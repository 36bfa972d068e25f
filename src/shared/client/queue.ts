/** Calls that have no number yet, oldest first. Those given up while they wait leave without being searched for. */
import type { PendingCall, Waiting } from "./call.ts";

export class Queue implements Waiting {
  /** In the order in which they are to leave. */
  #calls = new Set<PendingCall>();

  get size(): number {
    return this.#calls.size;
  }

  push(call: PendingCall): void {
    if (this.size === 0) this.#calls = new Set(); // as in calls.ts
    this.#calls.add(call);
    call.waiting = this;
  }

  /** Calls that were taken off before, oldest first: they go first again. */
  putBack(calls: readonly PendingCall[]): void {
    for (const call of [...calls, ...this.take()]) this.push(call);
  }

  /** It leaves, whatever its place. */
  left(call: PendingCall): void {
    this.#calls.delete(call);
    call.waiting = null;
  }

  /** Takes everything. */
  take(): readonly PendingCall[] {
    const all = [...this.#calls];
    this.#calls.clear();
    return all;
  }

  [Symbol.iterator](): Iterator<PendingCall> {
    return this.#calls.values();
  }
}
