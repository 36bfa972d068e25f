/**
 * Who is heard, and who hears this node: the last heartbeat of each peer, and from whom answers are wanted.
 * Heartbeats come unasked, in the sender's time. A peer from which they come too seldom in this node's time (one of
 * the two clocks runs wrong, or it is slow) is asked to answer at once with every heartbeat that it is sent: then
 * silence is measured by round trips and one clock only. In the normal case nobody asks.
 */
import type { Ballot } from "./ballot.ts";
import { ballotZero } from "./ballot.ts";
import { type Millis, millis, type NodeId } from "./ids.ts";
import type { Heartbeat } from "./types.ts";

/** A peer that was silent for this long is not heard. Three of them are the election time-out. */
export const heartbeatTimeoutMillis = 150;
export const heartbeatEveryMillis = 50;
/** Unasked heartbeats that come more seldom than this are too few, and answers are asked for during at least: */
const seldomMillis = 100;
const askMillis = 1_000;

interface Peer {
  readonly beat: Heartbeat;
  readonly at: Millis;
  /** When the last heartbeat came that answered no question. */
  readonly unaskedAt: Millis;
}

/** From when to when a peer is asked. */
interface Asking {
  from: Millis;
  until: Millis;
  /** Questions that were not answered yet. */
  owed: number;
}

/** Those who get the same heartbeat. */
export interface Audience {
  readonly to: NodeId[];
  readonly ask: boolean;
  readonly hears: boolean;
}

const never = millis(Number.NEGATIVE_INFINITY);

export class Peers {
  private readonly peers = new Map<NodeId, Peer>();
  private readonly asking = new Map<NodeId, Asking>();
  /** Who wants an answer at once. */
  private askers = new Set<NodeId>();

  /** A heartbeat came. */
  heard(from: NodeId, beat: Heartbeat, now: Millis): void {
    const asking = this.asking.get(from);
    const answers = asking !== undefined && asking.owed > 0;
    if (answers) asking.owed--;
    const unaskedAt = answers ? (this.peers.get(from)?.unaskedAt ?? never) : now;
    this.peers.set(from, { beat, at: now, unaskedAt });
    if (beat.ask) this.askers.add(from);
  }

  /** The peer is down, whoever else still believes to hear it. @returns whether it was known at all */
  down(id: NodeId): boolean {
    for (const [other, peer] of this.peers) {
      if (peer.beat.follows.leader !== id) continue;
      this.peers.set(other, { ...peer, beat: { ...peer.beat, follows: ballotZero, relays: false } });
    }
    return this.peers.delete(id);
  }

  isHeard(id: NodeId, now: Millis): boolean {
    const peer = this.peers.get(id);
    return peer !== undefined && now - peer.at < this.patience(id, peer.at, now);
  }

  /** Whether the two hear each other. */
  isLinked(id: NodeId, now: Millis): boolean {
    return this.isHeard(id, now) && this.peers.get(id)?.beat.hears === true;
  }

  last(id: NodeId): Heartbeat | null {
    return this.peers.get(id)?.beat ?? null;
  }

  /** All that are heard, with the milliseconds since their last heartbeat. */
  *all(now: Millis): Iterable<{ readonly id: NodeId; readonly beat: Heartbeat; readonly age: number }> {
    for (const [id, { beat, at }] of this.peers) if (this.isHeard(id, now)) yield { id, beat, age: now - at };
  }

  /** A peer through which what is meant for the leader of `ballot` can go, or null. */
  relay(ballot: Ballot, now: Millis): NodeId | null {
    for (const [id, { beat }] of this.peers) {
      const { relays, follows } = beat;
      const same = follows.round === ballot.round && follows.leader === ballot.leader;
      if (relays && same && this.isLinked(id, now)) return id;
    }
    return null;
  }

  get wantAnswers(): boolean {
    return this.askers.size > 0;
  }

  /**
   * To whom a heartbeat goes now, in up to four groups.
   * @param due those to whom one is due; beside them go the answers to those who asked
   * @param anyhow whether all of `due` are asked to answer
   */
  audiences(now: Millis, due: readonly NodeId[], anyhow: boolean): readonly Audience[] {
    const groups: Audience[] = [];
    const add = (id: NodeId, ask: boolean): void => {
      const hears = this.isHeard(id, now);
      const group = groups.find((g) => g.ask === ask && g.hears === hears);
      if (group === undefined) groups.push({ to: [id], ask, hears });
      else group.to.push(id);
    };
    for (const id of due) add(id, this.asks(id, now) || anyhow);
    for (const id of this.askers) if (!due.includes(id)) add(id, false);
    this.askers = new Set();
    return groups;
  }

  /** Whether `id` is asked by the heartbeat that it is sent now. */
  private asks(id: NodeId, now: Millis): boolean {
    const asking = this.asking.get(id) ?? { from: now, until: now, owed: 0 };
    this.asking.set(id, asking);
    if (now >= asking.until) asking.from = now;
    if (now - (this.peers.get(id)?.unaskedAt ?? never) > seldomMillis) asking.until = millis(now + askMillis);
    const ask = now < asking.until;
    // What a silent one was asked it will not answer.
    asking.owed = ask ? (this.isHeard(id, now) ? asking.owed : 0) + 1 : 0;
    return ask;
  }

  /** One that speaks only when it is asked has the whole time-out for its answer. */
  private patience(id: NodeId, at: Millis, now: Millis): number {
    const asking = this.asking.get(id);
    const asked = asking !== undefined && asking.from <= at && now < asking.until;
    return asked ? heartbeatTimeoutMillis + heartbeatEveryMillis : heartbeatTimeoutMillis;
  }
}
