/**
 * The turns of a session's calls: which are executed, which were before, which come too early, which are skipped.
 * Every outcome goes into the session's table and into the running digest.
 */
import { type LogTime, logTime } from "../paxos/ids.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import { answer, type Effects } from "./applied.ts";
import { digestStart, mixNumber, mixOutcome } from "./digest.ts";
import type { Execution } from "./execution.ts";
import { refuse, skipped } from "./outcome.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import { Trail } from "./trail.ts";
import {
  type Call,
  type Calls,
  type ObjectCodec,
  type Outcome,
  type Seq,
  type SessionId,
  seq,
  seqZero,
} from "./types.ts";

const expired = refuse("SESSION_EXPIRED", "the session has ended", "no");
const busy = refuse("BUSY", "too many calls of this session are not acknowledged", "no");
const badPayload = refuse("BAD_FRAME", "the calls of this command cannot be decoded", "no");

export class Turns {
  private readonly codec: ObjectCodec;
  private readonly sessions: Sessions;
  private readonly execution: Execution;
  /** What the digest was after each of the newest outcomes. */
  readonly trail = new Trail();
  private slot: Slot = slotZero;
  private now: LogTime = logTime(0);
  private sum = digestStart;

  constructor(codec: ObjectCodec, sessions: Sessions, execution: Execution) {
    this.codec = codec;
    this.sessions = sessions;
    this.execution = execution;
  }

  /** The running digest of outcomes: 32 bits, unsigned. */
  get digest(): number {
    return this.sum;
  }

  /** The state after `slot` comes from a snapshot, and so does its digest. */
  resume(slot: Slot, digest: number): void {
    this.sum = digest;
    this.trail.begin(slot, digest);
  }

  /** Starts a slot. */
  begin(slot: Slot, now: LogTime): void {
    this.slot = slot;
    this.now = now;
  }

  /** Tells of a session that ended in this slot. */
  ended(session: Session, effects: Effects): void {
    this.sum = mixNumber(mixNumber(this.sum, this.slot), session.order);
    this.trail.note(this.slot, session.id, seqZero, this.sum);
    effects.ended.push(session.id);
  }

  /** Executes a command of calls: those whose turn it is, in order; the rest is answered as it deserves. */
  calls(command: Calls, effects: Effects): void {
    const { firstSeq, n } = command;
    const end = firstSeq + n;
    const session = this.sessions.get(command.session);
    if (session === undefined) {
      for (let s = firstSeq; s < end; s = seq(s + 1)) answer(effects, command.session, s, expired);
      return;
    }
    session.lastHeard = this.now;
    session.acknowledge(command.ackedSeq, command.ackedLate);
    for (let s = firstSeq; s < Math.min(end, session.next); s = seq(s + 1)) repeat(effects, session, s);
    if (firstSeq > session.next) effects.expected.push({ session: session.id, seq: session.next });
    if (firstSeq > session.next || end <= session.next) return;
    if (!session.hasRoom(end - 1)) {
      for (let s = session.next; s < end; s = seq(s + 1)) answer(effects, session.id, s, busy);
      return;
    }
    this.run(session, command, effects);
    this.skip(session, effects);
  }

  /** Executes the calls of a command from the session's next one on. */
  private run(session: Session, command: Calls, effects: Effects): void {
    const calls = this.decodeCalls(command);
    const end = command.firstSeq + command.n;
    while (session.next < end) {
      const s = session.next;
      const call = calls?.[s - command.firstSeq];
      if (session.takeCancel()) this.settle(session, skipped, effects);
      else if (call === undefined) this.settle(session, badPayload, effects);
      else this.settle(session, this.execution.execute(call, session.id, s, session.user), effects);
    }
  }

  private decodeCalls(command: Calls): readonly Call[] | null {
    try {
      return this.codec.decodeCalls(command.payload, command.n);
    } catch {
      return null;
    }
  }

  /** Gives the call whose turn it is its outcome. */
  private settle(session: Session, outcome: Outcome, effects: Effects): void {
    const s = session.next;
    session.record(s, outcome);
    const called = mixNumber(mixNumber(mixNumber(this.sum, this.slot), session.order), s);
    this.sum = mixOutcome(called, outcome);
    this.trail.note(this.slot, session.id, s, this.sum);
    answer(effects, session.id, s, outcome);
  }

  /** Passes over cancelled calls whose turn has come. */
  private skip(session: Session, effects: Effects): void {
    while (session.takeCancel()) this.settle(session, skipped, effects);
  }

  /** Cancels calls whose turn has not come, at once or when it comes; what was executed keeps its outcome. */
  cancel(id: SessionId, seqs: readonly Seq[], effects: Effects): void {
    const session = this.sessions.get(id);
    if (session === undefined) {
      for (const s of seqs) answer(effects, id, s, expired);
      return;
    }
    session.lastHeard = this.now;
    for (const s of seqs) {
      if (s < session.next) repeat(effects, session, s);
      else session.cancel(s);
    }
    this.skip(session, effects);
  }
}

/** Answers a call that had its turn before, if its outcome is still kept. */
function repeat(effects: Effects, session: Session, s: Seq): void {
  const outcome = session.outcome(s);
  if (outcome !== null) answer(effects, session.id, s, outcome);
}
