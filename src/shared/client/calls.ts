/**
 * The calls of one session that have a number: which are unanswered, up to where all are answered, and the commands
 * to send again after a reconnect, byte by byte as they were first sent. Knows no time and no connection.
 */
import { callsInFlightMax } from "../limits.ts";
import type { Outcome, Seq, SessionId } from "../object/types.ts";
import { must } from "../paxos/ids.ts";
import { encodeCallsCommand } from "../wire/command-codec.ts";
import type { PendingCall } from "./call.ts";
import { joinParts } from "./payload.ts";

/** A command that was sent, kept until each of its calls has its final answer. */
export class SentCommand {
  readonly #owner: Calls;
  readonly firstSeq: Seq;
  readonly bytes: Uint8Array;
  readonly ackedLate: readonly Seq[];
  /** Calls without a final answer. */
  left: number;
  /** Of these, calls that were given up: their cancel decides them, with or without this command. */
  givenUp = 0;
  #lateReturned = false;

  constructor(owner: Calls, firstSeq: Seq, n: number, bytes: Uint8Array, ackedLate: readonly Seq[]) {
    this.#owner = owner;
    this.firstSeq = firstSeq;
    this.bytes = bytes;
    this.ackedLate = ackedLate;
    this.left = n;
  }

  /** Whether only cancels are waited for: sending it again could only run what nobody wants any more. */
  get unwanted(): boolean {
    return this.givenUp === this.left;
  }

  /** The program gave up one of its calls. */
  giveUp(): void {
    this.givenUp++;
    this.mayNotRun();
  }

  /** What it acknowledges may never be heard now: another command must name it, too. */
  mayNotRun(): void {
    if (!this.#lateReturned) this.#owner.nameAgain(this.ackedLate);
    this.#lateReturned = true;
  }
}

export class Calls {
  readonly session: SessionId;
  /** Invariant: every seq from 1 to `last` is in `unanswered`, in `blocked`, or has its final answer. */
  #last = 0;
  /** Invariant: no seq up to here is in `unanswered`; `floor` + 1 is, or is `last` + 1. */
  #floor = 0;
  #unanswered = new Map<Seq, PendingCall>();
  readonly #blocked = new Map<Seq, PendingCall>();
  /** Seqs that blocked and were answered since, not named in a command so far. */
  #late: Seq[] = [];
  /** In the order of their seqs. */
  #commands = new Map<Seq, SentCommand>();

  constructor(session: SessionId) {
    this.session = session;
  }

  /** Calls whose next answer is on its way; those that are blocked may take for ever and do not count. */
  get awaited(): number {
    return this.#unanswered.size;
  }

  /** Calls without a final answer. */
  get open(): number {
    return this.#unanswered.size + this.#blocked.size;
  }

  /** How many calls may get a number now. The cluster keeps every outcome above the floor, and blocked calls. */
  get room(): number {
    return callsInFlightMax - (this.#last - this.#floor) - this.#blocked.size;
  }

  get lastSeq(): Seq {
    return this.#last as Seq;
  }

  /** Numbers `calls`, at least one and at most `room`, and makes a command of them. */
  number(calls: readonly PendingCall[]): SentCommand {
    const n = calls.length;
    must(n > 0 && n <= this.room, "calls in flight are limited");
    const firstSeq = (this.#last + 1) as Seq;
    // Begun anew now and then: dead tables of a Map keep what comes later (ARCHITECTURE, "Where the time goes").
    if (firstSeq % callsInFlightMax < n) {
      this.#unanswered = new Map(this.#unanswered);
      this.#commands = new Map(this.#commands);
    }
    const ackedLate = this.#takeLate();
    const bytes = encodeCallsCommand({
      type: "calls",
      session: this.session,
      firstSeq,
      n,
      ackedSeq: this.#floor as Seq,
      ackedLate,
      payload: joinParts(calls),
    });
    const command = new SentCommand(this, firstSeq, n, bytes, ackedLate);
    for (const call of calls) {
      const seq = ++this.#last as Seq;
      call.seq = seq;
      call.command = command;
      this.#unanswered.set(seq, call);
    }
    this.#commands.set(firstSeq, command);
    return command;
  }

  /** Only seqs up to the floor may be named: those above are not acknowledged at all so far. */
  #takeLate(): readonly Seq[] {
    if (this.#late.length === 0) return []; // never the list itself, which goes on changing
    const named = this.#late.filter((s) => s <= this.#floor).slice(0, callsInFlightMax);
    this.#late = this.#late.filter((s) => !named.includes(s));
    return named;
  }

  /**
   * Takes an answer in.
   * @returns the call when this is its final answer; null for a repeated or unknown one and for "blocked"
   */
  answer(seq: Seq, outcome: Outcome): PendingCall | null {
    const call = this.#unanswered.get(seq) ?? this.#blocked.get(seq);
    if (call === undefined) return null;
    const isLate = this.#blocked.delete(seq);
    this.#unanswered.delete(seq);
    this.#raiseFloor();
    if (outcome.type === "blocked") {
      this.#blocked.set(seq, call);
      return null;
    }
    if (isLate) this.#late.push(seq);
    const command = call.command as SentCommand;
    // A refused command is replaced by a cancel in the log: what it acknowledged was not heard.
    if (outcome.type === "refused" && outcome.executed === "no") command.mayNotRun();
    if (call.givenUp !== null) command.givenUp--;
    if (--command.left === 0) this.#commands.delete(command.firstSeq);
    return call;
  }

  nameAgain(late: readonly Seq[]): void {
    this.#late.push(...late);
  }

  #raiseFloor(): void {
    while (this.#floor < this.#last && !this.#unanswered.has((this.#floor + 1) as Seq)) this.#floor++;
  }

  /** What to send again, lowest seq first; `from` a command's first seq on, 0 for all. */
  *toResend(from: number): Generator<SentCommand> {
    for (const command of this.#commands.values())
      if (command.firstSeq >= from && !command.unwanted) yield command;
  }

  has(firstSeq: Seq): boolean {
    return this.#commands.has(firstSeq);
  }

  /** All calls without a final answer: the session ended, none will come. */
  unfinished(): readonly PendingCall[] {
    return [...this.#unanswered.values(), ...this.#blocked.values()];
  }
}
