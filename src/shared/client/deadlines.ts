/** Gives up calls whose time is over, with one timer for all of them. */
import type { Clock } from "../clock.ts";
import type { Millis } from "../paxos/ids.ts";
import { Alarm } from "./alarm.ts";
import type { PendingCall } from "./call.ts";

export class Deadlines {
  readonly #clock: Clock;
  readonly #expire: (call: PendingCall) => void;
  readonly #calls = new Set<PendingCall>();
  readonly #alarm: Alarm;

  constructor(clock: Clock, expire: (call: PendingCall) => void) {
    this.#clock = clock;
    this.#expire = expire;
    this.#alarm = new Alarm(clock, (now) => this.#sweep(now));
  }

  /** Expires `call` after this many milliseconds; an earlier deadline of it is forgotten. */
  set(call: PendingCall, after: number): void {
    call.deadline = this.#clock.moment().now + after;
    this.#calls.add(call);
    this.#alarm.setAt(call.deadline as Millis);
  }

  /** With the last call the timer goes too: it would keep a program alive that has nothing else to do. */
  delete(call: PendingCall): void {
    if (this.#calls.delete(call) && this.#calls.size === 0) this.#alarm.clear();
  }

  /** The alarm may ring for calls that are long answered: looking again then is cheaper than moving it each time. */
  #sweep(now: Millis): void {
    for (const call of [...this.#calls]) {
      // Mostly the first one is the earliest: then the timer is set once.
      if (call.deadline > now) this.#alarm.setAt(call.deadline as Millis);
      else {
        this.#calls.delete(call);
        this.#expire(call);
      }
    }
  }
}
