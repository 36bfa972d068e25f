/** Time, chance and the end of the turn: the real ones in adapters, simulated ones in shared/sim. */
import type { Millis } from "./paxos/ids.ts";
import type { Moment } from "./paxos/types.ts";

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Monotonic time, wall time and fresh dice. */
  moment(): Moment;
  /** Calls back once at or soon after `at`, unless cancelled. */
  at(at: Millis, run: () => void): Timer;
  /** Calls back once after the input that is ready now was read: the end of this turn of the event loop. */
  soon(run: () => void): void;
}

/** When nothing happens any more. */
export const never = Number.POSITIVE_INFINITY;
