/** How many within a second: what comes beyond is refused until the second is over. */
import type { Millis } from "../paxos/ids.ts";

const windowMillis = 1_000;

export class Pace {
  private readonly max: number;
  private since = Number.NEGATIVE_INFINITY;
  private count = 0;

  constructor(max: number) {
    this.max = max;
  }

  /** @returns whether `n` more are within the limit; those that are not do not count */
  allows(n: number, now: Millis): boolean {
    if (now - this.since >= windowMillis) {
      this.since = now;
      this.count = 0;
    }
    if (this.count + n > this.max) return false;
    this.count += n;
    return true;
  }
}
