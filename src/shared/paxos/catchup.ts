/**
 * Catch-up: a node that learns that more is decided than it holds asks one node after the other for the decisions,
 * in answers of bounded size. Any node answers any node, members or not (rule 8).
 */
import { never } from "../clock.ts";
import { transferBytesMax } from "../limits.ts";
import { type Millis, millis, type NodeId } from "./ids.ts";
import { type Log, messageBytes } from "./log.ts";
import { maxSlot, next, type Slot, slotZero } from "./slot.ts";
import type { Decision, PaxosMessage } from "./types.ts";

const retryMillis = 100;
/** A node that is behind by little, and moving, is served by the leader's own messages: it need not ask. */
const stallMillis = 30;

type Decisions = Extract<PaxosMessage, { type: "decisions" }>;

export class CatchUp {
  /** The highest decided mark that another node told, and who told it. */
  target: Slot = slotZero;
  /** Whether an answer said that there was nothing more to get. */
  complete = false;
  /** Slots up to here left the log of a node that was asked: this one needs a snapshot. */
  snapshotAbove: Slot = slotZero;
  private teller: NodeId | null = null;
  private askAt: Millis = millis(0);
  private tries = 0;
  private fetching = false;
  private seen: Slot = slotZero;
  private readonly log: Log;

  /** Whom a newcomer asks beside the members that it knows of: those that were members when it last asked somebody. */
  contacts: readonly NodeId[];

  /** @param contacts whom a newcomer may ask beside the members that it knows of */
  constructor(log: Log, contacts: readonly NodeId[] = []) {
    this.log = log;
    this.contacts = contacts;
  }

  /** `from` has all decisions up to `decided`. */
  heard(from: NodeId, decided: Slot): void {
    if (decided <= this.target) return;
    if (this.target <= this.log.decided) this.tries = 0;
    this.target = decided;
    this.teller = from;
  }

  /** Decisions came: when more are missing the next are asked for at once. */
  received(from: NodeId, { decided, trimmed, values }: Decisions, now: Millis): void {
    this.heard(from, decided);
    this.complete = this.log.decided >= decided;
    this.fetching = !this.complete && values.length > 0;
    if (trimmed > this.log.decided) this.snapshotAbove = maxSlot(this.snapshotAbove, trimmed);
    // One that has no more than this node must not become the one to ask: two such would ask each other for ever.
    if (this.fetching) this.teller = from;
    if (this.fetching) this.tries = 0;
    this.askAt = this.fetching ? now : millis(now + retryMillis);
  }

  /** Whom to ask now, or null. @param others whom to ask in turn when the teller is silent */
  ask(now: Millis, others: () => readonly NodeId[], always: boolean): NodeId | null {
    if (!(always || this.target > this.log.decided)) return null;
    if (this.log.decided > this.seen && !this.fetching) this.askAt = millis(now + stallMillis);
    this.seen = this.log.decided;
    if (now < this.askAt) return null;
    this.askAt = millis(now + retryMillis);
    const turn = this.tries++;
    if (turn === 0 && this.teller !== null) return this.teller;
    const turns = [...others(), ...this.contacts];
    return turns[turn % Math.max(1, turns.length)] ?? this.teller;
  }

  wakeAt(always: boolean): Millis {
    return always || this.target > this.log.decided ? this.askAt : millis(never);
  }

  /** Whether only a snapshot can help: what is missing here left the logs of others. */
  get needsSnapshot(): boolean {
    return this.snapshotAbove > this.log.decided;
  }

  /** The answer to a catchup: consecutive decisions from `from` on, about transferBytesMax of them. */
  answer(from: Slot): PaxosMessage {
    const values: Decision[] = [];
    let bytes = 0;
    for (let s = from; s <= this.log.decided && bytes < transferBytesMax; s = next(s)) {
      const held = this.log.get(s);
      if (held === undefined) break;
      values.push({ slot: s, proposal: held.proposal });
      bytes += messageBytes(held.proposal);
    }
    return { type: "decisions", values, decided: this.log.decided, trimmed: this.log.trimmed };
  }
}
