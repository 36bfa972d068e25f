/** Cancels of calls that were sent and given up: each is repeated until the cluster has decided it. */
import type { Clock } from "../clock.ts";
import type { Seq, SessionId } from "../object/types.ts";
import { Alarm } from "./alarm.ts";
import { Backoff } from "./backoff.ts";
import type { PendingCall } from "./call.ts";
import type { NodeLink } from "./node-link.ts";

const repeatMillis = 500;
const repeatMillisMax = 4_000;

export class Cancels {
  private readonly undecided = new Set<PendingCall>();
  private fresh: Seq[] = [];
  private readonly backoff: Backoff;
  private readonly alarm: Alarm;

  /** @param repeat called when it is time to send them all again */
  constructor(clock: Clock, repeat: () => void) {
    this.backoff = new Backoff(clock, repeatMillis, repeatMillisMax);
    this.alarm = new Alarm(clock, () => {
      if (this.undecided.size === 0) return;
      repeat();
      this.alarm.set(this.backoff.next());
    });
  }

  add(call: PendingCall): void {
    this.undecided.add(call);
    this.fresh.push(call.seq as Seq);
    this.backoff.reset();
    this.alarm.set(this.backoff.next());
  }

  /** The call has its final answer. */
  delete(call: PendingCall): void {
    this.undecided.delete(call);
  }

  clear(): void {
    this.undecided.clear();
    this.fresh = [];
    this.alarm.clear();
  }

  /** Sends those that were added since, in one message. */
  sendFresh(link: NodeLink, session: SessionId): void {
    if (this.fresh.length === 0) return;
    link.send({ type: "cancel", session, seqs: this.fresh });
    this.fresh = [];
  }

  sendAll(link: NodeLink, session: SessionId): void {
    this.fresh = [];
    if (this.undecided.size === 0) return;
    link.send({ type: "cancel", session, seqs: [...this.undecided].map((call) => call.seq as Seq) });
  }
}
