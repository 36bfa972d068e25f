/**
 * The state machine above Paxos: it executes what the log decides, slot by slot, and gives the same state and the
 * same outcomes on every replica (P5). Within a slot: log time advances, then deadlines are over, then sessions end,
 * then commands run.
 */
import { type LogTime, logTime, must, unreachable, type WallMillis, wallMillis } from "../paxos/ids.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import type { Proposal, Stamp } from "../paxos/types.ts";
import { type Genesis, Views } from "../paxos/view.ts";
import type { ObjectAddress } from "./address.ts";
import { type Applied, type Effects, noEffects, type Upgraded } from "./applied.ts";
import { type Capture, capture } from "./capture.ts";
import type { Execution } from "./execution.ts";
import { HeldCode } from "./held-code.ts";
import { readClasses, readState } from "./machine-state.ts";
import type { ClassEntry, Registry } from "./registry.ts";
import { ServedCode } from "./served-code.ts";
import { Sessions } from "./sessions.ts";
import { commandsOf } from "./slot-commands.ts";
import type { SlotContext } from "./surround.ts";
import type { Trail } from "./trail.ts";
import { Turns } from "./turns.ts";
import {
  type Call,
  type ClassInfo,
  type Command,
  type ObjectCodec,
  type Outcome,
  type Seq,
  type SessionId,
  type SessionState,
  sessionId,
} from "./types.ts";

export type { Applied } from "./applied.ts";

/** Calls that a founding second is worth: indexes of a re-created cluster are above those of the one before. */
const callsPerSecond = 2 ** 20;

export class StateMachine {
  private readonly codec: ObjectCodec;
  private readonly genesis: Genesis;
  /** P10: the code that the cluster executes. */
  readonly code: ServedCode;
  private readonly views: Views;
  private readonly sessions: Sessions;
  private readonly execution: Execution;
  readonly turns: Turns;
  private at: Slot = slotZero;
  private time: LogTime = logTime(0);
  private wall: WallMillis = wallMillis(0);

  constructor(options: {
    readonly genesis: Genesis;
    readonly registry: Registry;
    readonly codec: ObjectCodec;
  }) {
    this.codec = options.codec;
    this.genesis = options.genesis;
    this.code = new ServedCode(new HeldCode(options.registry));
    this.views = new Views([options.genesis.view]);
    this.sessions = new Sessions(options.genesis.cluster, options.genesis.view.first);
    const firstIndex = options.genesis.created * callsPerSecond;
    this.turns = new Turns(options.codec, this.sessions, this.code, firstIndex);
    this.execution = this.turns.execution;
  }

  /** The last slot that was executed. */
  get executed(): Slot {
    return this.at;
  }

  /** The running digest of outcomes: 32 bits, unsigned. */
  get digest(): number {
    return this.turns.digest;
  }

  /** What the digest was after each of the newest outcomes. */
  get trail(): Trail {
    return this.turns.trail;
  }

  /** How many calls the cluster executed, counted from its founding second * 2^20. */
  get callIndex(): number {
    return this.execution.callIndex;
  }

  get logTime(): LogTime {
    return this.time;
  }

  get sessionCount(): number {
    return this.sessions.size;
  }

  /** The open ones, in the order in which they were opened. */
  get openSessions(): Iterable<SessionState> {
    return this.sessions.all();
  }

  /** Calls that wait for another call to resume them. */
  get blockedCount(): number {
    return this.turns.waiting.size;
  }

  /** The classes that the cluster serves; empty before slot 1. */
  get classes(): readonly ClassInfo[] {
    return this.code.classes;
  }

  /** The log time of the next deadline or end of a session; Infinity when there is none. */
  nextDue(): LogTime {
    return logTime(Math.min(this.sessions.nextDue(), this.turns.waiting.nextDue()));
  }

  session(id: SessionId): SessionState | null {
    return this.sessions.get(id) ?? null;
  }

  sessionByHash(secretHash: string): SessionId | null {
    return this.sessions.find(secretHash)?.id ?? null;
  }

  /** The outcome of a call that its client has not acknowledged; null when it is not known (any more). */
  outcomeOf(session: SessionId, of: Seq): Outcome | null {
    return this.sessions.get(session)?.outcome(of) ?? null;
  }

  objects(count = Number.POSITIVE_INFINITY): readonly ObjectAddress[] {
    return this.execution.list(count);
  }

  /** The object "Class/name", to look at only; undefined when no call made it. */
  peek(objectKey: string): object | undefined {
    return this.execution.peek(objectKey);
  }

  /**
   * Runs declared reads of a session on the state as it is, and changes nothing.
   *
   * @param seed of their dice, 32 bits, unsigned
   * @returns an outcome for each call: READ_MUTATED when it tried to write, STALE_CLASS when it must go through the log
   * @example machine.read([{ object: "Counter/main", method: "getvalue", args: [] }], session, seed)
   */
  read(calls: readonly Call[], session: SessionId, seed: number): readonly Outcome[] {
    const { at: slot, wall, time: logTime } = this;
    const user = this.sessions.get(session)?.user ?? null;
    return this.execution.read({ slot, wall, logTime, seed }, calls, session, user);
  }

  /**
   * Executes the next slot. Bytes that do not decode are skipped, on every replica alike.
   *
   * @throws Broken when `slot` is not the next one
   * @example for (const { slot, proposal } of output.decided) send(machine.apply(slot, proposal).answers);
   */
  apply(slot: Slot, proposal: Proposal): Applied {
    must(slot === this.at + 1, "P5: slots are executed in order, without gaps");
    must(!this.code.isPlanned, "P10: an upgrade is carried out before the next slot is executed");
    this.at = slot;
    const effects = noEffects();
    const { stamp, change } = proposal;
    if (change !== null) this.views.decide(slot, change);
    this.views.forget(slot);
    if (stamp === null) return effects;
    this.advance(stamp);
    const context = { slot, wall: this.wall, logTime: this.time, seed: stamp.seed };
    this.execution.begin(context);
    try {
      this.turns.begin(slot, this.time, effects);
      for (const [index, command] of commandsOf(proposal.body, this.codec))
        this.command(command, index, context, effects);
    } finally {
      this.execution.end();
    }
    this.upgrade(effects);
    return effects;
  }

  /** This node holds more code. @returns what the upgrade leaves behind that waited for it; null when none did */
  hold(entries: Iterable<ClassEntry>): Applied | null {
    this.code.hold(entries);
    const effects = noEffects();
    return this.upgrade(effects) ? effects : null;
  }

  /** Goes on with other code that no log decided, to see what it does. @returns null when it is the same code */
  rehearse(classes: readonly ClassInfo[]): Upgraded | null {
    const { at: slot, wall, time: logTime, code } = this;
    const view = this.views.newest.number;
    const command = { type: "upgrade", view, upgrades: code.upgrades, classes } as const;
    code.plan(command, view, { slot, wall, logTime, seed: slot >>> 0 });
    return code.carryOut(this.execution.objects);
  }

  /** New code needs a snapshot soon: who does not hold the old code can begin with that alone. */
  private upgrade(effects: Effects): boolean {
    effects.upgraded = this.execution.upgrade(this.at);
    if (effects.upgraded?.problem === null) effects.snapshot = true;
    return effects.upgraded !== null;
  }

  /**
   * The state after the slot that was executed last, as a snapshot.
   *
   * @example for (const piece of machine.capture().pieces) sink.write(piece);
   */
  capture(): Capture {
    must(!this.code.isPlanned, "P10: an upgrade is carried out before its slot is captured");
    const { at: slot, time: logTime, wall, callIndex, digest, sessions } = this;
    const { classes, upgrades } = this.code;
    const head = { slot, views: this.views.all, logTime, wall, callIndex, digest, classes, upgrades };
    const { openedCount: opened } = sessions;
    const { objects: instances } = this.execution;
    const blocked = [...this.turns.waiting];
    return capture({ ...head, opened, sessions: sessions.all(), blocked, instances }, this.codec);
  }

  /** Whether a snapshot has fewer bytes than `limit`. Takes no longer than to make as many. */
  isSmall(limit: number): boolean {
    let size = 0;
    for (const piece of this.capture().pieces) {
      size += piece.length;
      if (size >= limit) return false;
    }
    return true;
  }

  /**
   * Goes on from a snapshot, whatever was executed before. A restored cluster begins with one of the cluster before it:
   * with a view and call indexes of its own, while the sessions of that one end in the next slot.
   *
   * @throws BadSnapshot when it is not one that this node can hold; then nothing has changed
   * @example machine.restore(bytes); machine.apply(next(machine.executed), proposal);
   */
  restore(bytes: Uint8Array): void {
    const { genesis, code, codec } = this;
    const state = readState(bytes, { cluster: genesis.cluster, code: code.held, codec });
    this.at = state.slot;
    this.time = state.logTime;
    this.wall = state.wall;
    code.replace(state.classes, state.upgrades);
    const { view, created } = genesis;
    this.views.replace(state.slot < view.first ? [view] : state.views);
    this.sessions.replace(state.sessions, state.opened);
    const callIndex = Math.max(state.callIndex, created * callsPerSecond);
    this.execution.replace(state.instances, callIndex, state.slot);
    this.turns.restore(state.slot, state.digest, state.blocked);
  }

  /** The classes whose objects a snapshot holds. @throws BadSnapshot */
  classesIn(bytes: Uint8Array): readonly ClassInfo[] {
    return readClasses(bytes, this.codec);
  }

  private advance(stamp: Stamp): void {
    this.time = logTime(Math.max(this.time, stamp.logTime));
    this.wall = wallMillis(Math.max(this.wall, stamp.wall));
    if (stamp.first) this.sessions.refreshAll(this.time);
  }

  private command(command: Command, index: number, context: SlotContext, effects: Effects): void {
    switch (command.type) {
      case "calls":
        return this.turns.calls(command, index);
      case "found":
        return this.code.found(command.classes);
      case "upgrade":
        return this.code.plan(command, this.views.newest.number, context);
      case "open":
        return this.open(command, sessionId(`${this.at}.${index}`), effects);
      case "close": {
        const session = this.sessions.get(command.session);
        if (session === undefined) return;
        this.sessions.end(session);
        return this.turns.ended(session);
      }
      case "keepAlive":
        for (const id of command.sessions) {
          const session = this.sessions.get(id);
          if (session !== undefined) session.lastHeard = this.time;
        }
        return;
      case "cancel":
        return this.turns.cancel(command.session, command.seqs);
      case "snapshot":
        effects.snapshot = true;
        return;
      default:
        return unreachable(command);
    }
  }

  private open(command: Extract<Command, { type: "open" }>, id: SessionId, effects: Effects): void {
    const { secretHash } = command;
    const session = this.sessions.open(command, id, this.time);
    if (session !== null) effects.opened.push({ secretHash, session: session.id });
    else effects.refusedOpens.push({ secretHash, code: "BUSY", message: "the session table is full" });
  }
}
