/**
 * What a leader stamps on its proposals so that all replicas execute with one clock: log time and wall time. Log time
 * is milliseconds of leadership: it grows only while a node leads, by little steps, so that neither a jump of a
 * clock nor a pause of a process nor an outage of the cluster makes sessions or deadlines run out.
 */
import { type LogTime, logTime, type Millis, millis, type WallMillis, wallMillis } from "./ids.ts";

/** The longest time that one turn may add: a longer one means that the process was paused. */
export const turnMillisMax = 250;

export class LeadershipTime {
  private sum: number;
  private last: Millis;
  constructor(from: LogTime, now: Millis) {
    this.sum = from;
    this.last = now;
  }

  tick(now: Millis): LogTime {
    this.sum += Math.min(Math.max(0, now - this.last), turnMillisMax);
    this.last = now;
    return logTime(Math.floor(this.sum));
  }

  /** Time in which nothing could be decided does not count. */
  skip(now: Millis): void {
    this.last = now;
  }

  /** When log time will be `at`, as long as this node leads and turns. */
  when(at: LogTime): Millis {
    return millis(this.last + Math.max(0, at - this.sum) + 1);
  }
}

/** The lower median of the clocks heard: no single wrong clock, and no minority of them, can move it. */
export function medianWall(clocks: readonly WallMillis[]): WallMillis {
  const sorted = [...clocks].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? wallMillis(0);
}
