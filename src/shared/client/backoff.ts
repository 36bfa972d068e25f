/** When to try again: waits that double up to a limit, with chance so that clients do not march in step. */
import type { Clock } from "../clock.ts";
import { Alarm } from "./alarm.ts";
import { waitMillisMax } from "./times.ts";

/** @example const redial = new Backoff(clock, 20, () => dial()); redial.setNext(); // later: redial.reset(); */
export class Backoff extends Alarm {
  readonly #firstMillis: number;
  readonly #millisMax: number;
  #times = 0;

  /** @param ring tries again */
  constructor(clock: Clock, firstMillis: number, ring: () => void, millisMax = waitMillisMax) {
    super(clock, ring);
    this.#firstMillis = firstMillis;
    this.#millisMax = millisMax;
  }

  /** How many waits since the last success. */
  get failures(): number {
    return this.#times;
  }

  /** Rings after the next wait, from half of it in full to all of it. */
  setNext(): void {
    const full = Math.min(this.#millisMax, this.#firstMillis * 2 ** Math.min(this.#times, 20));
    this.#times++;
    this.set(full * (0.5 + this.clock.moment().random / 0x1_0000_0000 / 2));
  }

  /** It went well: the next wait is the first one again. */
  reset(): void {
    this.#times = 0;
  }
}
