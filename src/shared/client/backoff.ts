/** How long to wait before trying again: doubling up to a limit, with chance so that clients do not march in step. */
import type { Clock } from "../clock.ts";

export class Backoff {
  readonly #clock: Clock;
  readonly #firstMillis: number;
  readonly #millisMax: number;
  #times = 0;

  constructor(clock: Clock, firstMillis: number, millisMax: number) {
    this.#clock = clock;
    this.#firstMillis = firstMillis;
    this.#millisMax = millisMax;
  }

  /** How many waits since the last success. */
  get failures(): number {
    return this.#times;
  }

  /** @returns milliseconds, from half of the full wait to all of it */
  next(): number {
    const full = Math.min(this.#millisMax, this.#firstMillis * 2 ** Math.min(this.#times, 20));
    this.#times++;
    return full * (0.5 + this.#clock.moment().random / 0x1_0000_0000 / 2);
  }

  reset(): void {
    this.#times = 0;
  }
}
