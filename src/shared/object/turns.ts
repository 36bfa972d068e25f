/**
 * The turns of a session's calls: which are executed, which were before, which come too early, which are skipped.
 * Every outcome goes into the session's table and into the running digest.
 */
import { type LogTime, logTime } from "../paxos/ids.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import { type Effects, noEffects } from "./applied.ts";
import { digestStart, mixNumber, mixOutcome } from "./digest.ts";
import { Execution } from "./execution.ts";
import type { Heard } from "./heard.ts";
import { onCancel } from "./hooks.ts";
import type { Instance } from "./instances.ts";
import type { Wakes } from "./machine-frame.ts";
import { cancelled, rebuilt, skipped } from "./outcome.ts";
import { refuse } from "./outcomes.ts";
import type { ServedCode } from "./served-code.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";
import { makeTicket, type Ticket } from "./ticket.ts";
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
import { BlockedCall, neverDue, WaitingCalls } from "./waiting-calls.ts";

const expired = refuse("SESSION_EXPIRED", "the session has ended", "no");
const busy = refuse("BUSY", "too many calls of this session are not acknowledged", "no");
const badPayload = refuse("BAD_FRAME", "the calls of this command cannot be decoded", "no");

export class Turns implements Wakes {
  readonly execution: Execution;
  /** The calls that are blocked. */
  readonly waiting = new WaitingCalls();
  /** What the digest was after each of the newest outcomes. */
  readonly trail = new Trail();
  /** Who looks on. */
  heard: readonly Heard[] = [];
  private readonly codec: ObjectCodec;
  private readonly sessions: Sessions;
  private slot: Slot = slotZero;
  private now: LogTime = logTime(0);
  private sum = digestStart;
  /** Of this slot. */
  private effects: Effects = noEffects();

  constructor(codec: ObjectCodec, sessions: Sessions, code: ServedCode, firstIndex: number) {
    this.codec = codec;
    this.sessions = sessions;
    this.execution = new Execution(code, codec, firstIndex, this);
  }

  /** The running digest of outcomes: 32 bits, unsigned. */
  get digest(): number {
    return this.sum;
  }

  /** The state after `slot` comes from a snapshot, and so do its digest and the calls that are blocked. */
  restore(slot: Slot, digest: number, blocked: readonly BlockedCall[]): void {
    this.sum = digest;
    this.waiting.replace(blocked);
    this.trail.begin(slot, digest);
  }

  /** Starts a slot: deadlines that are over, then sessions that end, in the surroundings of calls. */
  begin(slot: Slot, now: LogTime, effects: Effects): void {
    this.slot = slot;
    this.now = now;
    this.effects = effects;
    for (const call of this.waiting.due(now)) this.expire(call);
    for (const session of this.sessions.expire(now)) this.ended(session);
  }

  /** The deadline of a call is over: its object may have another answer than the one agreed. */
  private expire(call: BlockedCall): void {
    const { session, seq: s, atDeadline } = call;
    // One before it may have resumed it.
    if (atDeadline === null || !this.waiting.has(call)) return;
    this.execution.over(call.instance, "deadline", session, s);
    this.execution.tell(call.instance, "onDeadline", session, s, makeTicket(session.id, s));
    if (this.waiting.has(call)) this.finish(call, atDeadline);
  }

  /** A session ended in this slot. Its blocked calls are dead before any object hears of it. */
  ended(session: Session): void {
    const left = new Set<Instance>();
    for (const call of session.blockedCalls()) {
      this.waiting.delete(call);
      for (const one of this.heard) one.finished?.(session.id, call.seq, expired);
      left.add(call.instance);
    }
    session.end();
    this.sum = mixNumber(mixNumber(this.sum, this.slot), session.order);
    this.trail.note(this.slot, session.id, seqZero, this.sum);
    this.effects.ended.push(session.id);
    for (const order of session.listeners) {
      const instance = this.execution.instanceAt(order);
      left.delete(instance);
      this.execution.over(instance, "sessionEnd", session, 0);
      this.execution.tell(instance, "onSessionEnd", session, 0, session.id);
    }
    for (const instance of left) this.execution.over(instance, "sessionEnd", session, 0, false);
  }

  find({ session, seq: s }: Ticket): BlockedCall | undefined {
    return this.sessions.get(session)?.blockedCall(s);
  }

  block(call: BlockedCall): void {
    call.session.block(call);
    this.waiting.add(call);
  }

  unblock(call: BlockedCall): void {
    call.session.unblock(call.seq);
    this.waiting.delete(call);
  }

  waitOn(call: BlockedCall): void {
    this.unblock(call);
    this.block(new BlockedCall(call.session, call.seq, call.instance, neverDue, null));
  }

  finish(call: BlockedCall, outcome: Outcome): void {
    const { session, seq: s } = call;
    this.waiting.delete(call);
    session.finish(s, outcome);
    this.note(session, s, outcome);
    this.repeat(session, s);
    for (const one of this.heard) one.finished?.(session.id, s, outcome);
  }

  rebuilt(instance: Instance): void {
    for (const call of this.waiting.of(instance)) this.finish(call, rebuilt);
  }

  /**
   * Executes a command of calls: those whose turn it is, in order; the rest is answered as it deserves.
   *
   * @param place of the command in its slot
   */
  calls(command: Calls, place: number): void {
    this.execution.command = place;
    const { firstSeq, n } = command;
    const end = firstSeq + n;
    const session = this.sessions.get(command.session);
    if (session === undefined) {
      for (let s = firstSeq; s < end; s = seq(s + 1)) this.answer(command.session, s, expired);
      return;
    }
    session.lastHeard = this.now;
    session.acknowledge(command.ackedSeq, command.ackedLate);
    for (let s = firstSeq; s < Math.min(end, session.next); s = seq(s + 1)) this.repeat(session, s);
    if (firstSeq > session.next) this.effects.expected.push({ session: session.id, seq: session.next });
    if (firstSeq > session.next || end <= session.next) return;
    if (!session.hasRoom(end - 1)) {
      for (let s = session.next; s < end; s = seq(s + 1)) this.answer(session.id, s, busy);
      return;
    }
    this.run(session, command);
    this.skip(session);
  }

  /** Executes the calls of a command from the session's next one on. */
  private run(session: Session, command: Calls): void {
    const calls = this.decodeCalls(command);
    const end = command.firstSeq + command.n;
    while (session.next < end) {
      const s = session.next;
      const call = calls?.[s - command.firstSeq];
      if (session.takeCancel()) this.settle(session, skipped);
      else if (call === undefined) this.settle(session, badPayload);
      else {
        const outcome = this.execution.execute(call, session, s);
        this.settle(session, outcome);
        for (const one of this.heard) one.executed(command, call, s, outcome);
      }
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
  private settle(session: Session, outcome: Outcome): void {
    const s = session.next;
    session.record(s, outcome);
    this.note(session, s, outcome);
    this.answer(session.id, s, outcome);
  }

  /** An outcome goes into the digest. */
  private note(session: Session, s: Seq, outcome: Outcome): void {
    const called = mixNumber(mixNumber(mixNumber(this.sum, this.slot), session.order), s);
    this.sum = mixOutcome(called, outcome);
    this.trail.note(this.slot, session.id, s, this.sum);
  }

  private answer(session: SessionId, s: Seq, outcome: Outcome): void {
    this.effects.answers.push({ session, seq: s, outcome });
  }

  /** Answers a call that had its turn before, if its outcome is still kept. */
  private repeat(session: Session, s: Seq): void {
    for (const outcome of session.news(s)) this.answer(session.id, s, outcome);
  }

  /** Passes over cancelled calls whose turn has come. */
  private skip(session: Session): void {
    while (session.takeCancel()) this.settle(session, skipped);
  }

  /**
   * Cancels calls: those that are blocked, at once; those whose turn has not come, when it comes; what was answered
   * keeps its outcome.
   */
  cancel(id: SessionId, seqs: readonly Seq[]): void {
    const session = this.sessions.get(id);
    if (session === undefined) {
      for (const s of seqs) this.answer(id, s, expired);
      return;
    }
    session.lastHeard = this.now;
    for (const s of seqs) {
      const blocked = session.blockedCall(s);
      if (blocked !== undefined) this.cancelBlocked(blocked);
      else if (s < session.next) this.repeat(session, s);
      else session.cancel(s);
    }
    this.skip(session);
  }

  private cancelBlocked(call: BlockedCall): void {
    const { session, seq: s, instance } = call;
    this.execution.over(instance, "cancel", session, s);
    this.finish(call, cancelled);
    this.execution.tell(instance, onCancel, session, s, makeTicket(session.id, s));
  }
}
