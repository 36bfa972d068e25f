/** A count that goes down to 0 once, and those who wait for that. */
import { resume } from "../block.ts";
import type { Reads } from "../surface.ts";
import { countOf, timeoutOf } from "../sync/arguments.ts";
import type { Blocked } from "../ticket.ts";
import { Tickets } from "../tickets.ts";
import { wait } from "./parts/waiting.ts";

export class CountDownLatch {
  static reads = ["count"] satisfies Reads<CountDownLatch>;
  private left: number;
  /** Invariant: when one of them still waits, `left` is above 0. */
  private readonly waiting = new Tickets<boolean>();

  /** @param count of what has to happen; with 0 nobody waits */
  constructor(count = 1) {
    this.left = countOf("count", count, 0);
  }

  /** Counts down by `n`, never below 0; at 0 all who wait are answered. @throws VALUE_ERROR when n < 1 */
  countDown(n = 1): void {
    this.left = Math.max(0, this.left - countOf("n", n, 1));
    if (this.left === 0) while (resume(this.waiting, true));
  }

  /**
   * Waits until the count is 0.
   *
   * @param timeout ms of log time; -1 or absent is for ever, 0 only looks
   * @returns false when the time is over before
   * @throws VALUE_ERROR
   */
  wait(timeout = -1): boolean | Blocked<boolean> {
    const millis = timeoutOf(timeout);
    if (this.left === 0) return true;
    return millis === 0 ? false : wait(this.waiting, millis, false);
  }

  /** What is left. */
  count(): number {
    return this.left;
  }
}
