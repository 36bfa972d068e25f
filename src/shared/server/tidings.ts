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

export class Tidings {
  /** The newest mark for each peer that it was not told yet. */
  private readonly marks = new Map<NodeId, PaxosMessage>();
  /** Proposals that wait for a peer, in their order. */
  private readonly proposals = new Map<NodeId, PaxosMessage[]>();
  /** Who has clients that wait, and until when that is believed. */
  private readonly asked = new Map<NodeId, Millis>();
  /** When the first of the marks that wait came; null when it came in this turn. */
  private since: Millis | null = null;
  private markTimer: Timer | null = null;
  private proposalTimer: Timer | null = null;
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

  /**
   * Sends the message, or keeps it when it may wait. Each peer gets its messages in their order.
   * @param first of those who get a proposal, who must have it at once; null for all
   */
  send(to: readonly NodeId[], message: PaxosMessage, first: ReadonlySet<NodeId> | null): void {
    if (message.type === "decided") {
      if (this.marks.size === 0) this.since = null;
      for (const peer of to) this.marks.set(peer, message);
      return;
    }
    const now = first === null ? to : to.filter((peer) => first.has(peer) || !this.keeps(peer, message));
    for (const peer of now) {
      if (message.type === "p2a") this.marks.delete(peer); // it tells one that is not lower
      this.tell(peer);
    }
    this.transport.send(now, message);
  }

  /** After the answers of a turn: who waits is told, the others soon. */
  turned(): void {
    if (this.marks.size + this.proposals.size === 0) return;
    const { now } = this.clock.moment();
    for (const peer of [...this.marks.keys(), ...this.proposals.keys()])
      if (this.isAsked(peer, now)) this.tell(peer);
    if (this.marks.size > 0) this.armMarks(now);
    if (this.proposals.size > 0)
      this.proposalTimer ??= this.clock.at(millis(now + proposalMillis), () => this.tellProposals());
    this.transport.flush();
  }

  stop(): void {
    this.markTimer?.cancel();
    this.proposalTimer?.cancel();
  }

  private armMarks(now: Millis): void {
    this.since ??= now;
    this.markTimer ??= this.clock.at(millis(this.since + markMillis), () => this.tellMarks());
  }

  /** A mark behind proposals that wait goes with them. */
  private tellMarks(): void {
    this.markTimer = null;
    if (this.marks.size === 0) return;
    // Those for which the timer was set went with proposals.
    const { now } = this.clock.moment();
    if (now < (this.since ?? now) + markMillis) return this.armMarks(now);
    for (const peer of this.marks.keys()) if (!this.proposals.has(peer)) this.tell(peer);
    this.transport.flush();
  }

  private tellProposals(): void {
    this.proposalTimer = null;
    for (const peer of this.proposals.keys()) this.tell(peer);
    this.transport.flush();
  }

  private keeps(peer: NodeId, proposal: PaxosMessage): boolean {
    if (this.isAsked(peer, this.clock.moment().now)) return false;
    this.marks.delete(peer);
    const waiting = this.proposals.get(peer);
    if (waiting === undefined) this.proposals.set(peer, [proposal]);
    else waiting.push(proposal);
    return true;
  }

  private isAsked(peer: NodeId, now: Millis): boolean {
    return (this.asked.get(peer) ?? now) > now;
  }

  /** All that waits for the peer. */
  private tell(peer: NodeId): void {
    const [proposals, mark] = [this.proposals.get(peer), this.marks.get(peer)];
    this.proposals.delete(peer);
    this.marks.delete(peer);
    for (const proposal of proposals ?? []) this.transport.send([peer], proposal);
    if (mark !== undefined) this.transport.send([peer], mark);
  }
}
