/**
 * What the leader tells, on its way. A proposal carries the decided mark, and in a busy cluster one follows at once:
 * so the mark waits a little for it, and goes alone only to those whom none reached. Proposals for those who are not
 * asked first (thrift.ts) wait longer, and go together. Nothing rests on when these come, or whether: marks are
 * in heartbeats, too, and proposals are repeated. Who passed on calls or asked for reads has clients that wait, and
 * hears at once.
 */
import type { Clock, Timer } from "../clock.ts";
import { type Millis, millis, type NodeId } from "../paxos/ids.ts";
import type { PaxosMessage } from "../paxos/types.ts";
import type { Transport } from "./transport.ts";

/** How long a mark waits for a proposal. */
const markMillis = 2;
/** How long a proposal waits for others. */
const proposalMillis = 10;
/** How long somebody counts as one who has clients that wait. */
const askedMillis = 1_000;

/** What waits for one peer: proposals in their order, then a mark. */
interface Kept {
  readonly proposals: PaxosMessage[];
  /** The newest; null when the last proposal tells it. */
  mark: PaxosMessage | null;
  /** Until then all of it waits. */
  readonly until: Millis;
}

export class Tidings {
  private readonly kept = new Map<NodeId, Kept>();
  /** Who has clients that wait, and until when that is believed. */
  private readonly asked = new Map<NodeId, Millis>();
  /** Rings when the first of them has waited long enough, or earlier. */
  private timer: Timer | null = null;
  private timerAt: Millis = millis(0);
  private readonly transport: Transport;
  private readonly clock: Clock;

  constructor(transport: Transport, clock: Clock) {
    this.transport = transport;
    this.clock = clock;
  }

  /** The peer passed on calls, or asked for a read. */
  expects(peer: NodeId): void {
    this.asked.set(peer, millis(this.now + askedMillis));
  }

  /**
   * Sends the message, or keeps it when it may wait. Each peer gets its messages in their order.
   * @param first of those who get a proposal, who must have it at once; null for all
   */
  send(to: readonly NodeId[], message: PaxosMessage, first: ReadonlySet<NodeId> | null): void {
    if (message.type === "decided") {
      for (const peer of to) this.keptFor(peer, markMillis).mark = message;
      return;
    }
    const now = first === null ? to : to.filter((peer) => first.has(peer) || !this.keeps(peer, message));
    if (this.kept.size > 0) for (const peer of now) this.tell(peer, message.type !== "p2a");
    this.transport.send(now, message);
  }

  /** After the answers of a turn: who waits is told, the others soon. */
  turned(): void {
    if (this.kept.size === 0) return;
    for (const peer of this.kept.keys()) if (this.isAsked(peer)) this.tell(peer);
    this.arm();
    this.transport.flush();
  }

  stop(): void {
    this.timer?.cancel();
  }

  private get now(): Millis {
    return this.clock.moment().now;
  }

  private arm(): void {
    if (this.kept.size === 0) return;
    const at = millis(Math.min(...[...this.kept.values()].map(({ until }) => until)));
    if (this.timer !== null && this.timerAt <= at) return;
    this.timer?.cancel();
    this.timerAt = at;
    this.timer = this.clock.at(at, () => this.due());
  }

  private due(): void {
    this.timer = null;
    const { now } = this;
    for (const [peer, { until }] of this.kept) if (until <= now) this.tell(peer);
    this.arm();
    this.transport.flush();
  }

  private keeps(peer: NodeId, proposal: PaxosMessage): boolean {
    if (this.isAsked(peer)) return false;
    const kept = this.keptFor(peer, proposalMillis);
    kept.proposals.push(proposal);
    kept.mark = null;
    return true;
  }

  private isAsked(peer: NodeId): boolean {
    const until = this.asked.get(peer);
    return until !== undefined && until > this.now;
  }

  private keptFor(peer: NodeId, patience: number): Kept {
    const kept = this.kept.get(peer) ?? { proposals: [], mark: null, until: millis(this.now + patience) };
    this.kept.set(peer, kept);
    return kept;
  }

  /** @param marked whether its mark is told, too: not when what follows tells one that is not lower */
  private tell(peer: NodeId, marked = true): void {
    const kept = this.kept.get(peer);
    if (kept === undefined) return;
    this.kept.delete(peer);
    for (const proposal of kept.proposals) this.transport.send([peer], proposal);
    if (marked && kept.mark !== null) this.transport.send([peer], kept.mark);
  }
}
