/**
 * One client's standing: which of its calls comes next, and the outcomes that it may still ask for. A session's
 * calls are executed in the order of their seq, each exactly once (P6).
 */
import { callsInFlightMax } from "../limits.ts";
import { type ClusterId, type LogTime, logTime, must } from "../paxos/ids.ts";
import type { Expiring } from "./expiry.ts";
import { type Outcome, type Seq, type SessionId, type SessionState, seq } from "./types.ts";

export class Session implements SessionState, Expiring {
  readonly id: SessionId;
  readonly cluster: ClusterId;
  readonly secretHash: string;
  readonly ttl: number;
  readonly user: string | null;
  /** How many sessions were opened before: ends at one moment come in this order. */
  readonly order: number;
  lastHeard: LogTime;
  next: Seq = seq(1);
  /** The client has the answers of all seqs up to here. Invariant: floor < next. */
  floor = 0;
  heapDue: LogTime;
  heapIndex = -1;
  /** Outcomes that were not acknowledged. Invariant: each seq is > floor and < next. */
  private readonly outcomes = new Map<number, Outcome>();
  /** Seqs >= next that are skipped in their turn; made at the first cancel, as most sessions never see one. */
  private cancelled: Set<number> | null = null;

  constructor(
    open: Pick<SessionState, "id" | "cluster" | "secretHash" | "ttl" | "user" | "lastHeard">,
    order: number,
  ) {
    this.id = open.id;
    this.cluster = open.cluster;
    this.secretHash = open.secretHash;
    this.ttl = open.ttl;
    this.user = open.user;
    this.order = order;
    this.lastHeard = open.lastHeard;
    this.heapDue = open.lastHeard;
  }

  /** The first log time at which more than `ttl` has passed since it was heard. */
  due(): LogTime {
    return logTime(this.lastHeard + this.ttl + 1);
  }

  outcome(of: number): Outcome | null {
    return this.outcomes.get(of) ?? null;
  }

  /** Keeps the outcome of the call whose turn it is. */
  record(of: Seq, outcome: Outcome): void {
    must(of === this.next, "P6: calls take their turn in the order of their seq");
    this.outcomes.set(of, outcome);
    this.next = seq(of + 1);
  }

  /** Forgets what the client has: all up to `acked`, and those named in `late`. */
  acknowledge(acked: number, late: readonly number[]): void {
    const floor = Math.min(acked, this.next - 1);
    for (let s = this.floor + 1; s <= floor; s++) this.outcomes.delete(s);
    this.floor = Math.max(this.floor, floor);
    for (const s of late) if (s <= this.floor) this.outcomes.delete(s);
  }

  /** Whether the table would hold the outcomes of all seqs up to `last`. */
  hasRoom(last: number): boolean {
    return last <= this.floor + callsInFlightMax;
  }

  /** Remembers to skip a seq whose turn has not come. What no client may have in flight is not remembered. */
  cancel(s: number): void {
    if (s < this.next || !this.remembersCancel(s)) return;
    this.cancelled ??= new Set();
    this.cancelled.add(s);
  }

  /** Whether a cancel of this seq, whose turn has not come, is within what a client may have in flight. */
  remembersCancel(s: number): boolean {
    return s <= Math.min(this.next - 1 + callsInFlightMax, this.floor + 2 * callsInFlightMax);
  }

  /** Whether a cancel of this call has no effect any more: it had its turn, is to be skipped, or is out of bounds. */
  cancelDone(s: number): boolean {
    return s < this.next || (this.cancelled?.has(s) ?? false) || !this.remembersCancel(s);
  }

  /** Whether the call whose turn it is was cancelled; asked once for each turn. */
  takeCancel(): boolean {
    return this.cancelled?.delete(this.next) ?? false;
  }
}
