/**
 * The driver: the one loop of a node. inbox -> step -> send -> one write and one sync -> votes -> apply.
 *
 * A turn takes all that came since the last one. What may leave at once leaves first; then the writes start, and
 * while the disk works the decided slots are executed; then others are told what is decided (tidings.ts). Votes leave
 * when every write made so far is durable, in the order in which they were cast; what queues up during one sync joins
 * the next (group commit).
 */
import type { Clock, Timer } from "../clock.ts";
import { appendBytesMax } from "../limits.ts";
import { type LogTime, logTime, type Millis, millis, type NodeId } from "../paxos/ids.ts";
import { messageBytes } from "../paxos/log.ts";
import type { PaxosNode } from "../paxos/node.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import type { Checkpoint, Decision, Envelope, Input, PaxosMessage, ReadAt, Write } from "../paxos/types.ts";
import type { Storage } from "./storage.ts";
import { Thrift } from "./thrift.ts";
import { Tidings } from "./tidings.ts";
import type { Transport } from "./transport.ts";

export interface DriverEvents {
  /** After each turn: what was decided has been executed. */
  turned(): void;
  decided(decision: Decision): void;
  /** These reads may run once their slots are executed. */
  confirmed(reads: readonly ReadAt[]): void;
  /** The record that says so is durable: what the log held up to `slot` may go. */
  trimmed(slot: Slot): void;
  /** The disk refused or an invariant broke: nothing more leaves this node. */
  failed(error: unknown): void;
}

export class Driver {
  readonly node: PaxosNode;
  readonly tidings: Tidings;
  private readonly thrift = new Thrift();
  private readonly storage: Storage;
  private readonly transport: Transport;
  private readonly clock: Clock;
  private readonly events: DriverEvents;
  private inbox: Input[] = [];
  private state: Input[] = [];
  private told: Slot = slotZero;
  private check: Checkpoint | null = null;
  private due: LogTime = logTime(Number.POSITIVE_INFINITY);
  private planned = false;
  private stopped = false;
  private timer: Timer | null = null;
  private timerAt: Millis = millis(Number.POSITIVE_INFINITY);
  private writes: Write[] = [];
  private votes: Envelope[] = [];
  /** The slot of a `trimmed` record among the writes. */
  private trim: Slot | null = null;
  /** The disk refused: nothing is written any more. */
  private broken = false;
  /** The append under way, or null. */
  private writing: Promise<void> | null = null;

  constructor(node: PaxosNode, storage: Storage, transport: Transport, clock: Clock, events: DriverEvents) {
    this.node = node;
    this.storage = storage;
    this.transport = transport;
    this.clock = clock;
    this.events = events;
    this.tidings = new Tidings(transport, clock);
  }

  /** Hands an input to the core, at the end of this turn of the event loop. */
  push(input: Input): void {
    const votes = input.type === "receive" ? this.node.votesFor(input.message) : 1;
    if (votes === 0) return;
    if (input.type === "receive" && input.message.type === "p2b") this.thrift.voted(input.from);
    // Votes that decide nothing yet wait for the one that does: a turn costs more than a vote.
    if (this.inbox.push(input) >= votes) this.plan();
  }

  /** What the state machine has executed and wants next; told to the core with the next turn. */
  executed(slot: Slot, check: Checkpoint, due: LogTime): void {
    if (slot !== this.told || check !== this.check) this.state.push({ type: "executed", slot, check });
    if (due !== this.due) this.state.push({ type: "due", at: due });
    this.told = slot;
    this.check = check;
    this.due = due;
  }

  /** Makes sure that a turn follows. */
  plan(): void {
    if (this.planned || this.stopped) return;
    this.planned = true;
    this.clock.soon(() => {
      this.planned = false;
      this.guard(() => this.turn());
    });
  }

  /** Stops; resolves when the append under way is over and what still waited is on disk. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.timer?.cancel();
    this.tidings.stop();
    await this.writing;
    while (this.writes.length > 0 && !this.broken) await this.storage.append(this.takeWrites());
  }

  private turn(): void {
    if (this.stopped) return;
    const inputs = this.state.length > 0 ? [...this.state, ...this.inbox] : this.inbox;
    this.state = [];
    this.inbox = [];
    const out = this.node.step(this.clock.moment(), inputs);
    for (const { to, message } of out.send) this.tidings.send(to, message, this.first(message));
    for (const write of out.writes) this.writes.push(write);
    for (const vote of out.votes) this.votes.push(vote);
    this.trim = out.trim ?? this.trim;
    this.transport.flush();
    this.write();
    for (const decision of out.decided) this.events.decided(decision);
    if (out.reads.length > 0) this.events.confirmed(out.reads);
    this.events.turned();
    this.tidings.turned();
    this.arm(out.wakeAt);
  }

  /** Who must have the message at once; null for all. */
  private first(message: PaxosMessage): ReadonlySet<NodeId> | null {
    return message.type === "p2a" ? this.thrift.first(this.node.views.at(message.pvalue.slot)) : null;
  }

  /** A mark alone is not worth a sync: it is written with what comes next. Votes leave with the last piece. */
  private write(): void {
    if (this.writing !== null) return;
    if (this.writes.length === 0) return this.vote();
    if (this.votes.length === 0 && this.writes.every((write) => write.type === "mark")) return;
    const writes = this.takeWrites();
    const whole = this.writes.length === 0;
    const votes = whole ? this.votes : [];
    const trim = whole ? this.trim : null;
    if (whole) [this.votes, this.trim] = [[], null];
    const durable = this.storage.append(writes);
    if (durable === null) return this.written(votes, trim);
    this.writing = durable.then(
      () => {
        this.writing = null;
        this.guard(() => this.written(votes, trim));
      },
      (error: unknown) => {
        this.writing = null;
        this.broken = true;
        this.fail(error);
      },
    );
  }

  private written(votes: readonly Envelope[], trim: Slot | null): void {
    this.release(votes);
    if (trim !== null) this.events.trimmed(trim);
    this.transport.flush();
    this.write();
  }

  /** Nothing is to be written and nothing is being written: what waits stands on what is durable. */
  private vote(): void {
    if (this.votes.length === 0) return;
    const votes = this.votes;
    this.votes = [];
    this.release(votes);
    this.transport.flush();
  }

  /** All that waits, or as much as one append may hold: a newcomer catches up by more than that. */
  private takeWrites(): Write[] {
    let bytes = 0;
    let count = 0;
    for (const write of this.writes) {
      bytes += bytesOf(write);
      if (count > 0 && bytes > appendBytesMax) break;
      count++;
    }
    if (count < this.writes.length) return this.writes.splice(0, count);
    const all = this.writes;
    this.writes = [];
    return all;
  }

  private release(votes: readonly Envelope[]): void {
    if (this.stopped) return;
    for (const { to, message } of votes) {
      const others = to.includes(this.node.id) ? to.filter((id) => id !== this.node.id) : to;
      if (others !== to) this.push({ type: "receive", from: this.node.id, message });
      if (others.length > 0) this.transport.send(others, message);
    }
  }

  private arm(at: Millis): void {
    // A timer that fires early costs one idle turn; re-arming it at every turn would cost more.
    if (this.stopped || at === Number.POSITIVE_INFINITY || (this.timer !== null && at >= this.timerAt))
      return;
    this.timer?.cancel();
    this.timerAt = at;
    this.timer = this.clock.at(at, () => {
      this.timer = null;
      this.push({ type: "wake" });
    });
  }

  private guard(run: () => void): void {
    if (this.stopped) return;
    try {
      run();
    } catch (error) {
      this.fail(error);
    }
  }

  private fail(error: unknown): void {
    if (this.stopped) return;
    this.stopped = true;
    this.timer?.cancel();
    this.tidings.stop();
    this.events.failed(error);
  }
}

/** About what a write takes in the log. */
function bytesOf(write: Write): number {
  switch (write.type) {
    case "accepted":
      return messageBytes(write.pvalue.proposal);
    case "chosen":
      return messageBytes(write.decision.proposal);
    default:
      return 0;
  }
}
