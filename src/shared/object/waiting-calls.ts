/**
 * The calls that are blocked, all in the order in which they blocked, those with a deadline by its time, too. What a
 * session's table says of them is in session.ts.
 */

import { type LogTime, logTime } from "../paxos/ids.ts";
import type { ByteSink } from "./byte-sink.ts";
import type { ByteSource } from "./byte-source.ts";
import { type Expiring, Expiry } from "./expiry.ts";
import type { Instance } from "./instances.ts";
import { readOutcome, writeOutcome } from "./outcome-bytes.ts";
import type { Session } from "./session.ts";
import type { Outcome, Seq } from "./types.ts";

/** Not at the log time at which it blocked: no proposal is made for that any more. */
const soonest = 1;

/** A call whose method returned what `block` gave it, and that nobody has resumed. */
export class BlockedCall implements Expiring {
  readonly session: Session;
  readonly seq: Seq;
  /** Only its methods and hooks can resume the call. */
  readonly instance: Instance;
  /** `neverDue` without one. */
  readonly deadline: LogTime;
  /** Its outcome at the deadline; null without one. */
  readonly atDeadline: Outcome | null;
  heapDue: LogTime;
  heapIndex = -1;

  constructor(session: Session, seq: Seq, instance: Instance, deadline: LogTime, atDeadline: Outcome | null) {
    this.session = session;
    this.seq = seq;
    this.instance = instance;
    this.deadline = deadline;
    this.atDeadline = atDeadline;
    this.heapDue = deadline;
  }

  due(): LogTime {
    return this.deadline;
  }
}

/** Of calls without a deadline. */
export const neverDue = logTime(Number.POSITIVE_INFINITY);

/** When a call that blocks now is due. @param after ms, finite and not negative */
export function deadlineAfter(now: number, after: number): LogTime {
  return logTime(Math.max(now + after, now + soonest));
}

export class WaitingCalls {
  private readonly calls = new Set<BlockedCall>();
  private readonly expiry = new Expiry<BlockedCall>();

  get size(): number {
    return this.calls.size;
  }

  /** In the order in which they blocked. */
  [Symbol.iterator](): Iterator<BlockedCall> {
    return this.calls.values();
  }

  has(call: BlockedCall): boolean {
    return this.calls.has(call);
  }

  add(call: BlockedCall): void {
    this.calls.add(call);
    if (call.atDeadline !== null) this.expiry.add(call);
  }

  delete(call: BlockedCall): void {
    this.calls.delete(call);
    if (call.heapIndex >= 0) this.expiry.remove(call);
  }

  /** A snapshot stands for all that blocked so far. */
  replace(calls: Iterable<BlockedCall>): void {
    for (const call of [...this.calls]) this.delete(call);
    for (const call of calls) this.add(call);
  }

  of(instance: Instance): readonly BlockedCall[] {
    return [...this.calls].filter((call) => call.instance === instance);
  }

  /** The earliest deadline; Infinity when there is none. */
  nextDue(): LogTime {
    return this.expiry.next();
  }

  /** Those that are due, by (deadline, session, seq). They still wait. */
  due(now: LogTime): readonly BlockedCall[] {
    const due = this.expiry.take(now);
    return due.length > 1 ? due.sort(inOrder) : due;
  }
}

function inOrder(a: BlockedCall, b: BlockedCall): number {
  return a.deadline - b.deadline || a.session.order - b.session.order || a.seq - b.seq;
}

export function writeBlocked(sink: ByteSink, call: BlockedCall): void {
  sink.count(call.session.order);
  sink.count(call.seq);
  sink.count(call.instance.order);
  sink.count(call.atDeadline === null ? 0 : 1);
  if (call.atDeadline === null) return;
  sink.float(call.deadline);
  writeOutcome(sink, call.atDeadline);
}

/** A blocked call as a snapshot has it, before the objects are known. */
export interface BlockedRecord {
  readonly sessionOrder: number;
  readonly seq: number;
  readonly instanceOrder: number;
  readonly deadline: number;
  readonly atDeadline: Outcome | null;
}

/** @throws BadSnapshot */
export function readBlocked(source: ByteSource): BlockedRecord {
  const sessionOrder = source.count();
  const seq = source.count();
  const instanceOrder = source.count();
  if (source.count(1) === 0)
    return { sessionOrder, seq, instanceOrder, deadline: Number.POSITIVE_INFINITY, atDeadline: null };
  const deadline = source.float();
  if (!Number.isFinite(deadline) || deadline < 0) source.bad("a deadline that is none");
  const atDeadline = readOutcome(source);
  if (atDeadline.type === "blocked") source.bad("a deadline without an answer");
  return { sessionOrder, seq, instanceOrder, deadline, atDeadline };
}
