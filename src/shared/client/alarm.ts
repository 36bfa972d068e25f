/** One timer that is set again and again: a caller needs not know whether it was set before. */
import { type Clock, never, type Timer } from "../clock.ts";
import type { Millis } from "../paxos/ids.ts";

export class Alarm {
  protected readonly clock: Clock;
  readonly #ring: (now: Millis) => void;
  #timer: Timer | null = null;
  #due = never;

  constructor(clock: Clock, ring: (now: Millis) => void) {
    this.clock = clock;
    this.#ring = ring;
  }

  get isSet(): boolean {
    return this.#timer !== null;
  }

  /** Rings `after` milliseconds from now, or earlier when it was set to ring earlier. */
  set(after: number): void {
    this.setAt((this.clock.moment().now + after) as Millis);
  }

  /** Rings at `at`, or earlier when it was set to ring earlier. */
  setAt(at: Millis): void {
    if (at >= this.#due) return;
    this.clear();
    this.#due = at;
    this.#timer = this.clock.at(at, () => {
      this.clear();
      this.#ring(this.clock.moment().now);
    });
  }

  clear(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#due = never;
  }
}
