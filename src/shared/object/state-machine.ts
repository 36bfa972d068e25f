/**
 * The state machine above Paxos: it executes what the log decides, slot by slot, and gives the same state and the
 * same outcomes on every replica (P5). Within a slot: log time advances, then sessions end, then commands run.
 */
import { batchCommandsMax, classesMax } from "../limits.ts";
import { splitBatch } from "../paxos/batch.ts";
import { type LogTime, logTime, must, unreachable, type WallMillis, wallMillis } from "../paxos/ids.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import type { Proposal, Stamp } from "../paxos/types.ts";
import type { Genesis } from "../paxos/view.ts";
import type { ObjectAddress } from "./address.ts";
import { type Applied, type Effects, noEffects } from "./applied.ts";
import { Execution } from "./execution.ts";
import type { Registry } from "./registry.ts";
import { Sessions } from "./sessions.ts";
import { Turns } from "./turns.ts";
import {
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
  private readonly sessions: Sessions;
  private readonly execution: Execution;
  private readonly turns: Turns;
  private at: Slot = slotZero;
  private time: LogTime = logTime(0);
  private wall: WallMillis = wallMillis(0);
  private found: readonly ClassInfo[] = [];

  constructor(options: {
    readonly genesis: Genesis;
    readonly registry: Registry;
    readonly codec: ObjectCodec;
  }) {
    this.codec = options.codec;
    this.sessions = new Sessions(options.genesis.cluster);
    const firstIndex = options.genesis.created * callsPerSecond;
    this.execution = new Execution(options.registry, options.codec, firstIndex);
    this.turns = new Turns(options.codec, this.sessions, this.execution);
  }

  /** The last slot that was executed. */
  get executed(): Slot {
    return this.at;
  }

  /** The running digest of outcomes: 32 bits, unsigned. */
  get digest(): number {
    return this.turns.digest;
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

  /** Calls that wait for another call to resume them. */
  get blockedCount(): number {
    return 0;
  }

  /** The classes that the cluster was founded with; empty before slot 1. */
  get classes(): readonly ClassInfo[] {
    return this.found;
  }

  /** The log time at which the next session ends; Infinity when none is open. */
  nextDue(): LogTime {
    return this.sessions.nextDue();
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

  objects(): readonly ObjectAddress[] {
    return this.execution.list();
  }

  /** The live object "Class/name", to look at only; undefined when no call has made it yet. */
  peek(objectKey: string): object | undefined {
    return this.execution.peek(objectKey);
  }

  /**
   * Executes the next slot. Bytes that do not decode are skipped, on every replica alike.
   *
   * @throws Broken when `slot` is not the next one
   * @example for (const { slot, proposal } of output.decided) send(machine.apply(slot, proposal).answers);
   */
  apply(slot: Slot, proposal: Proposal): Applied {
    must(slot === this.at + 1, "P5: slots are executed in order, without gaps");
    this.at = slot;
    const effects = noEffects();
    const { stamp } = proposal;
    if (stamp === null) return effects;
    this.advance(stamp);
    this.turns.begin(slot, this.time);
    for (const session of this.sessions.expire(this.time)) this.turns.ended(session, effects);
    if (proposal.body.length > 0) this.commands(stamp, proposal.body, effects);
    return effects;
  }

  private advance(stamp: Stamp): void {
    this.time = logTime(Math.max(this.time, stamp.logTime));
    this.wall = wallMillis(Math.max(this.wall, stamp.wall));
    if (stamp.first) this.sessions.refreshAll(this.time);
  }

  private commands(stamp: Stamp, body: Uint8Array, effects: Effects): void {
    const { at: slot, wall, time } = this;
    this.execution.begin({ slot, wall, logTime: time, seed: stamp.seed });
    try {
      const commands = readBatch(body);
      for (let i = 0; i < commands.length; i++) {
        const command = this.decode(commands[i] as Uint8Array);
        if (command !== null) this.command(command, i, effects);
      }
    } finally {
      this.execution.end();
    }
  }

  /** The admitting node has decoded it once, so this fails only for what a broken or hostile node proposed. */
  private decode(bytes: Uint8Array): Command | null {
    try {
      return this.codec.decodeCommand(bytes);
    } catch {
      return null;
    }
  }

  private command(command: Command, index: number, effects: Effects): void {
    switch (command.type) {
      case "calls":
        return this.turns.calls(command, effects);
      case "found":
        if (this.found.length > 0) return;
        this.found = command.classes.slice(0, classesMax);
        return this.execution.serve(this.found.map((c) => c.name));
      case "open":
        return this.open(command, sessionId(`${this.at}.${index}`), effects);
      case "close": {
        const session = this.sessions.get(command.session);
        if (session === undefined) return;
        this.sessions.end(session);
        return this.turns.ended(session, effects);
      }
      case "keepAlive":
        for (const id of command.sessions) {
          const session = this.sessions.get(id);
          if (session !== undefined) session.lastHeard = this.time;
        }
        return;
      case "cancel":
        return this.turns.cancel(command.session, command.seqs, effects);
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

function readBatch(body: Uint8Array): readonly Uint8Array[] {
  try {
    return splitBatch(body).slice(0, batchCommandsMax);
  } catch {
    // Not a batch: the same nothing on every replica.
    return [];
  }
}
