/**
 * What the leader tells of decided slots, on its way. A proposal carries the same mark, and in a busy cluster one
 * follows at once: so the mark waits a little for it, and goes alone only to those whom none reached. Nothing rests on
 * when it comes, or whether: heartbeats carry it, too. Who passed on calls or asked for reads has clients that wait
 * for it, and hears at once.
 */
import type { Clock, Timer } from "../clock.ts";
import { type Millis, millis, type NodeId } from "../paxos/ids.ts";
import type { PaxosMessage } from "../paxos/types.ts";
import type { Transport } from "./transport.ts";

/** How long a mark waits for a proposal. */
const patienceMillis = 2;
/** How long somebody counts as one who has clients that wait. */
const askedMillis = 1_000;

export class Tidings {
  /** The newest mark for each peer that it was not told yet. */
  private readonly marks = new Map<NodeId, PaxosMessage>();
  /** Who has clients that wait, and until when that is believed. */
  private readonly asked = new Map<NodeId, Millis>();
  private timer: Timer | null = null;
  private readonly transport: Transport;
  private readonly clock: Clock;

  constructor(transport: Transport, clock: Clock) {
    this.transport = transport;
    this.clock = clock;
  }

  /** The peer passed on calls, or asked for a read. */
  expects(peer: NodeId): void {
    this.asked.set(peer, millis(this.clock.moment().now + askedMillis));
  }

  /** Sends the message, or keeps it when it is a mark. Each peer gets its messages in their order. */
  send(to: readonly NodeId[], message: PaxosMessage): void {
    if (message.type === "decided") {
      for (const peer of to) this.marks.set(peer, message);
      return;
    }
    if (this.marks.size > 0)
      for (const peer of to) {
        if (message.type !== "p2a") this.tell(peer);
        this.marks.delete(peer);
      }
    this.transport.send(to, message);
  }

  /** After the answers of a turn: who waits is told, the others soon. */
  turned(): void {
    if (this.marks.size === 0) return;
    const { now } = this.clock.moment();
    for (const peer of this.marks.keys()) if ((this.asked.get(peer) ?? now) > now) this.tell(peer);
    if (this.marks.size > 0) this.timer ??= this.clock.at(millis(now + patienceMillis), () => this.all());
    this.transport.flush();
  }

  stop(): void {
    this.timer?.cancel();
  }

  private all(): void {
    this.timer = null;
    for (const peer of this.marks.keys()) this.tell(peer);
    this.transport.flush();
  }

  private tell(peer: NodeId): void {
    const mark = this.marks.get(peer);
    this.marks.delete(peer);
    if (mark !== undefined) this.transport.send([peer], mark);
  }
}
