/**
 * What the connections of a node have together: what was sent on them leaves once in each turn, in one frame each. That
 * a call is blocked may wait a little, since nobody waits for it: where a lock goes from hand to hand the final answer
 * comes soon after, and goes in the same frame.
 */
import type { Clock, Timer } from "../clock.ts";
import { millis } from "../paxos/ids.ts";
import type { Connection } from "./connection.ts";

/** How long it waits at most that a call is blocked. */
const patientMillis = 10;

export class Together {
  /** Those to which something was sent that has not left. */
  readonly dirty = new Set<Connection>();
  /** Those to which something was sent that may wait. */
  readonly patient = new Set<Connection>();
  /** Those that were refused outside of their own frames. */
  readonly refused = new Set<Connection>();
  /** Bytes of what their clients asked for and that is not done. */
  bytes = 0;
  private readonly clock: Clock;
  private timer: Timer | null = null;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Something was sent on the connection. @param mayWait whether it need not leave with this turn */
  add(connection: Connection, mayWait: boolean): void {
    if (!mayWait) return void this.dirty.add(connection);
    this.patient.add(connection);
    this.timer ??= this.clock.at(millis(this.clock.moment().now + patientMillis), () => {
      this.timer = null;
      for (const connection of this.patient) this.dirty.add(connection);
      this.flush();
    });
  }

  /** All leaves that may not wait. */
  flush(): void {
    for (const connection of this.dirty) connection.flush();
  }

  forget(connection: Connection): void {
    this.dirty.delete(connection);
    this.patient.delete(connection);
    this.refused.delete(connection);
  }

  stop(): void {
    this.timer?.cancel();
  }
}
