/**
 * One client's standing: which of its calls comes next, and the outcomes that it may still ask for. A session's
 * calls are executed in the order of their seq, each exactly once (P6).
 */
import { callsInFlightMax, nameCharsMax, sessionTtlMax } from "../limits.ts";
import { type ClusterId, type LogTime, logTime, must } from "../paxos/ids.ts";
import type { ByteSink } from "./byte-sink.ts";
import type { ByteSource } from "./byte-source.ts";
import type { Expiring } from "./expiry.ts";
import { readOutcome, writeOutcome } from "./outcome-bytes.ts";
import { type Outcome, type Seq, type SessionId, type SessionState, seq, sessionId } from "./types.ts";

export class Session implements SessionState, Expiring {
  readonly id: SessionId;
  readonly cluster: ClusterId;
  readonly secretHash: string;
  readonly ttl: number;
  readonly user: string | null;
  /** How many sessions were opened before: ends at one moment come in this order. */
  readonly order: number;
  lastHeard: LogTime;
  /** Opened in the cluster from which this one was restored: whoever is heard, it ends in the first slot. */
  isForeign = false;
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
    return logTime(this.isForeign ? 0 : this.lastHeard + this.ttl + 1);
  }

  /** The slot in which it was opened. */
  get slot(): number {
    return Number.parseInt(this.id, 10);
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

  /** Writes all that a snapshot keeps of it. */
  write(sink: ByteSink): void {
    sink.text(this.id);
    sink.text(this.secretHash);
    sink.count(this.ttl);
    sink.count(this.user === null ? 0 : 1);
    if (this.user !== null) sink.text(this.user);
    sink.count(this.order);
    sink.float(this.lastHeard);
    sink.count(this.next);
    sink.count(this.floor);
    sink.count(this.outcomes.size);
    for (const [s, outcome] of this.outcomes) {
      sink.count(s);
      writeOutcome(sink, outcome);
    }
    sink.count(this.cancelled?.size ?? 0);
    for (const s of this.cancelled ?? []) sink.count(s);
  }

  /** Reads what `write` wrote. @throws RangeError, mostly a BadSnapshot */
  static read(source: ByteSource, cluster: ClusterId): Session {
    const id = sessionId(source.text(nameCharsMax));
    const secretHash = source.text(64);
    if (!/^[0-9a-f]{64}$/.test(secretHash)) source.bad("a secret's hash that is none");
    const ttl = source.count(sessionTtlMax);
    const user = source.count(1) === 0 ? null : source.text(nameCharsMax);
    const order = source.count();
    const heard = source.float();
    if (!Number.isFinite(heard) || heard < 0) source.bad("a time that is none");
    const session = new Session({ id, cluster, secretHash, ttl, user, lastHeard: logTime(heard) }, order);
    session.next = seq(source.count());
    session.floor = source.count();
    if (session.floor >= session.next) source.bad("a session that acknowledged what was not called");
    session.readCalls(source);
    return session;
  }

  private readCalls(source: ByteSource): void {
    let after = this.floor;
    for (let n = source.count(callsInFlightMax); n > 0; n--) {
      const s = source.count(this.next - 1);
      if (s <= after) source.bad("an outcome out of order");
      this.outcomes.set(s, readOutcome(source));
      after = s;
    }
    for (let n = source.count(2 * callsInFlightMax); n > 0; n--) {
      const s = source.count();
      if (s < this.next) source.bad("a cancelled call that had its turn");
      this.cancelled ??= new Set();
      this.cancelled.add(s);
    }
  }
}
