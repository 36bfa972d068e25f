/** Time that passes only when a test says so, and dice from a seed. */
import type { Clock, Timer } from "../../src/shared/clock.ts";
import { type Millis, millis, wallMillis } from "../../src/shared/paxos/ids.ts";

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

/** mulberry32 */
export function diceOf(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
}

export class VirtualClock implements Clock {
  now = 1_000;
  readonly dice: () => number;
  private due: Due[] = [];
  private order = 0;

  constructor(seed: number) {
    this.dice = diceOf(seed);
  }

  moment() {
    return { now: millis(this.now), wall: wallMillis(this.now), random: this.dice() };
  }

  at(at: Millis, run: () => void): Timer {
    const due: Due = { at: Math.max(at, this.now), order: this.order++, run, cancelled: false };
    this.due.push(due);
    return {
      cancel: () => {
        due.cancelled = true;
      },
    };
  }

  soon(run: () => void): void {
    this.at(millis(this.now), run);
  }

  after(ms: number, run: () => void): void {
    this.at(millis(this.now + ms), run);
  }

  /** Lets time pass, and every promise settle between two timers. */
  async pass(ms: number): Promise<void> {
    const until = this.now + ms;
    for (;;) {
      await new Promise(setImmediate);
      const next = this.next(until);
      if (next === null) break;
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = Math.max(this.now, until);
  }

  /** Lets time pass until `done`; throws after a minute of virtual time. */
  async until(done: () => boolean, what = "a condition"): Promise<void> {
    const end = this.now + 60_000;
    for (;;) {
      await new Promise(setImmediate);
      if (done()) return;
      const next = this.next(end);
      if (next === null) throw new Error(`waited in vain for ${what}`);
      this.now = Math.max(this.now, next.at);
      next.run();
    }
  }

  /** Takes the earliest off, if it is due by then. */
  private next(until: number): Due | null {
    this.due = this.due.filter((d) => !d.cancelled);
    let first: Due | null = null;
    for (const d of this.due) {
      if (first === null || d.at < first.at || (d.at === first.at && d.order < first.order)) first = d;
    }
    if (first === null || first.at > until) return null;
    this.due.splice(this.due.indexOf(first), 1);
    return first;
  }
}
