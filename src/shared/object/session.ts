/**
 * One client's standing: which of its calls comes next, and the outcomes that it may still ask for. A session's
 * calls are executed in the order of their seq, each exactly once (P6).
 */
import { callsInFlightMax, lateAnswersMax, nameCharsMax, objectsMax, sessionTtlMax } from "../limits.ts";
import { type ClusterId, type LogTime, logTime, must } from "../paxos/ids.ts";
import type { ByteSink } from "./byte-sink.ts";
import type { ByteSource } from "./byte-source.ts";
import type { Expiring } from "./expiry.ts";
import { readOutcome, writeOutcome } from "./outcome-bytes.ts";
import { type Outcome, type Seq, type SessionId, type SessionState, seq, sessionId } from "./types.ts";
import type { BlockedCall } from "./waiting-calls.ts";

const blocked: Outcome = { type: "blocked" };

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
  /** Outcomes that were not acknowledged, by seq, below `next`. Those up to the floor are of calls that blocked. */
  private outcomes = new Map<number, Outcome>();
  /** Calls whose outcome is "blocked"; made at the first one. They do not hold the floor back. */
  private blocked: Map<number, BlockedCall> | null = null;
  /** Of these, calls up to the floor. */
  private blockedLate = 0;
  /**
   * Calls that blocked and were answered since. The floor does not tell whether their client has the answer, since it
   * passed them when they blocked: each is acknowledged on its own.
   */
  private late: Set<number> | null = null;
  /** Seqs >= next that are skipped in their turn; made at the first cancel, as most sessions never see one. */
  private cancelled: Set<number> | null = null;
  /** By order: the objects that it called and that are told of its end. */
  private told: Set<number> | null = null;

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

  get kept(): Iterable<number> {
    return this.outcomes.keys();
  }

  /**
   * What its client is told of a call, in this order; nothing of one that is not known (any more). It must hear that a
   * call blocked even when it hears the answer at once, for else it would not acknowledge that on its own.
   */
  news(of: number): readonly Outcome[] {
    const outcome = this.outcomes.get(of);
    if (outcome === undefined) return [];
    return this.late?.has(of) ? [blocked, outcome] : [outcome];
  }

  /** Keeps the outcome of the call whose turn it is. */
  record(of: Seq, outcome: Outcome): void {
    must(of === this.next, "P6: calls take their turn in the order of their seq");
    // Begun anew now and then: dead tables of a Map keep what comes later (ARCHITECTURE, "Where the time goes").
    if (of % callsInFlightMax === 0) this.outcomes = new Map(this.outcomes);
    this.outcomes.set(of, outcome);
    this.next = seq(of + 1);
  }

  /** Forgets what the client has: all up to `acked` but for calls that blocked; of these, those named in `late`. */
  acknowledge(acked: number, late: readonly number[]): void {
    const floor = Math.min(acked, this.next - 1);
    for (let s = this.floor + 1; s <= floor; s++) {
      if (this.isBlocked(s)) this.blockedLate++;
      else if (!this.late?.has(s)) this.outcomes.delete(s);
    }
    this.floor = Math.max(this.floor, floor);
    for (const s of late) if (s <= this.floor && this.late?.delete(s)) this.outcomes.delete(s);
  }

  /** Whether the table would hold the outcomes of all seqs up to `last`, beside those of calls that blocked. */
  hasRoom(last: number): boolean {
    const { floor, blockedLate } = this;
    return last - floor + blockedLate <= callsInFlightMax && (this.late?.size ?? 0) <= lateAnswersMax;
  }

  isBlocked(s: number): boolean {
    return this.blocked?.has(s) ?? false;
  }

  get blockedCount(): number {
    return this.blocked?.size ?? 0;
  }

  blockedCall(s: number): BlockedCall | undefined {
    return this.blocked?.get(s);
  }

  blockedCalls(): readonly BlockedCall[] {
    return [...(this.blocked?.values() ?? [])];
  }

  /** The call whose turn it is blocks; its outcome is recorded when its method has returned. */
  block(call: BlockedCall): void {
    this.blocked ??= new Map();
    this.blocked.set(call.seq, call);
  }

  /** The call did not block after all. */
  unblock(s: number): void {
    this.blocked?.delete(s);
  }

  /** A blocked call gets its final outcome. */
  finish(s: number, outcome: Outcome): void {
    must(this.isBlocked(s), "a call that is not blocked is not resumed");
    this.unblock(s);
    if (s <= this.floor) this.blockedLate--;
    this.late ??= new Set();
    this.late.add(s);
    this.outcomes.set(s, outcome);
  }

  /** Its calls are dead, wherever their tickets stand. */
  end(): void {
    this.blocked = null;
  }

  /** The object of this order is to be told of the end of the session. */
  tell(order: number): void {
    this.told ??= new Set();
    this.told.add(order);
  }

  /** Who is to be told, in the order of first calls. */
  get listeners(): Iterable<number> {
    return this.told ?? [];
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

  /** Whether a cancel of this call has no effect any more: it is answered, to be skipped, or out of bounds. */
  cancelDone(s: number): boolean {
    if (s < this.next) return !this.isBlocked(s);
    return (this.cancelled?.has(s) ?? false) || !this.remembersCancel(s);
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
      sink.byte(this.late?.has(s) ? 1 : 0);
      writeOutcome(sink, outcome);
    }
    sink.count(this.cancelled?.size ?? 0);
    for (const s of this.cancelled ?? []) sink.count(s);
    sink.count(this.told?.size ?? 0);
    for (const order of this.told ?? []) sink.count(order);
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
    let after = 0;
    for (let n = source.count(2 * callsInFlightMax + lateAnswersMax); n > 0; n--) {
      const s = source.count(this.next - 1);
      if (s <= after) source.bad("an outcome out of order");
      const isLate = source.count(1) === 1;
      const outcome = readOutcome(source);
      if (isLate) this.late = (this.late ?? new Set()).add(s);
      else if (outcome.type !== "blocked" && s <= this.floor) source.bad("an outcome that is acknowledged");
      if (outcome.type === "blocked" && s <= this.floor) this.blockedLate++;
      this.outcomes.set(s, outcome);
      after = s;
    }
    for (let n = source.count(2 * callsInFlightMax); n > 0; n--) {
      const s = source.count();
      if (s < this.next) source.bad("a cancelled call that had its turn");
      this.cancelled ??= new Set();
      this.cancelled.add(s);
    }
    for (let n = source.count(objectsMax); n > 0; n--) this.tell(source.count(objectsMax));
  }

  /** Every seq above the floor has its outcome; those that say "blocked" have their call. */
  get isWhole(): boolean {
    let blocked = 0;
    let above = 0;
    for (const [s, { type }] of this.outcomes) {
      if (s > this.floor) above++;
      if (type !== "blocked") continue;
      if (!this.isBlocked(s) || this.late?.has(s)) return false;
      blocked++;
    }
    return above === this.next - 1 - this.floor && blocked === (this.blocked?.size ?? 0);
  }
}
