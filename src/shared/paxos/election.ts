/**
 * Who should lead: liveness only, never safety. Ballot leader election of OmniPaxos (Ng, Haridi, Carbone, EuroSys
 * 2023, section 5): every voter's heartbeat carries its ballot and whether it hears a majority of each view that
 * governs an open slot. The highest ballot among those that do leads; when the leader is not among them any more,
 * the others raise their own ballots above it and the highest is elected in the next round.
 * Departures: heartbeats are sent unasked; a node that has just started stands with round 0 until it has listened
 * for a whole time-out, so that a restart topples nobody; a refused connection counts as silence at once.
 */
import { type Ballot, ballotZero, compareBallots, maxBallot, sameBallot } from "./ballot.ts";
import { type Millis, millis, type NodeId, type WallMillis } from "./ids.ts";
import type { Heartbeat, Moment } from "./types.ts";
import { isQuorum, type View } from "./view.ts";

/** A peer that was silent for this long is not heard. Three of them are the election time-out. */
export const heartbeatTimeoutMillis = 150;
export const heartbeatEveryMillis = 50;
/** By how much two that stand at once may differ in when they look again. */
const standJitterMillis = 16;

interface Heard {
  readonly at: Millis;
  readonly beat: Heartbeat;
}

export class Election {
  /** The ballot with which this node stands or leads; round 0 while it does not. */
  own: Ballot;
  /** The highest ballot known to lead or to have tried. Invariant: never falls. */
  leader: Ballot;
  /** Whether this node hears a majority of each open view. */
  connected = false;
  nextBeat: Millis;
  /** The ballot that was last heard to propose. */
  private leading: Ballot = ballotZero;
  private checkAt: Millis;
  private readonly self: NodeId;
  private readonly heard = new Map<NodeId, Heard>();

  /** @param promised the highest ballot in the log: rule 2, whatever this node stands with is above it */
  constructor(self: NodeId, promised: Ballot, now: Millis) {
    this.self = self;
    this.own = { round: 0, leader: self };
    this.leader = promised;
    this.nextBeat = now;
    this.checkAt = millis(now + heartbeatTimeoutMillis);
  }

  heartbeat(from: NodeId, beat: Heartbeat, now: Millis): void {
    this.heard.set(from, { at: now, beat });
    if (beat.leading) this.saw(beat.ballot);
  }

  /** A ballot above the known leader's was seen: who led below it is preempted. */
  saw(ballot: Ballot): void {
    this.leader = maxBallot(this.leader, ballot);
  }

  /** Somebody proposes with this ballot: it leads, unless a higher one was seen. */
  follow(ballot: Ballot): void {
    this.saw(ballot);
    if (sameBallot(this.leader, ballot)) this.leading = ballot;
  }

  /** The other node that leads, as far as this one knows. */
  get following(): NodeId | null {
    const known = this.leading.round > 0 && sameBallot(this.leading, this.leader);
    return known && this.leading.leader !== this.self ? this.leading.leader : null;
  }

  /** A ballot above `own` was adopted by others, though this node has not heard which: it does not lead any more. */
  outvoted(own: Ballot): void {
    this.saw({ round: own.round + 1, leader: ballotZero.leader });
  }

  /** Nobody listens at the peer's port: it is down, there is no need to wait for its silence. */
  refused(peer: NodeId, now: Millis): void {
    if (this.leading.leader === peer) this.leading = ballotZero;
    if (!this.heard.delete(peer)) return;
    if (this.leader.leader === peer) this.checkAt = now;
  }

  isHeard(peer: NodeId, now: Millis): boolean {
    const heard = this.heard.get(peer);
    return heard !== undefined && now - heard.at < heartbeatTimeoutMillis;
  }

  last(peer: NodeId): Heartbeat | null {
    return this.heard.get(peer)?.beat ?? null;
  }

  /** The clocks of all voters heard, each moved on by the time since its heartbeat came. */
  clocks(moment: Moment): WallMillis[] {
    const clocks = [moment.wall];
    for (const { at, beat } of this.heard.values()) {
      const age = moment.now - at;
      if (age < heartbeatTimeoutMillis) clocks.push((beat.wall + age) as WallMillis);
    }
    return clocks;
  }

  /**
   * Looks who leads. @param stands whether this node may lead in the newest view
   * @returns "scout" when this node is elected with `own`, "stand" when its raised ballot must be told, else null
   */
  check(moment: Moment, views: () => readonly View[], stands: boolean): "scout" | "stand" | null {
    if (moment.now < this.checkAt) return null;
    this.checkAt = millis(moment.now + heartbeatEveryMillis);
    const open = views();
    if (!this.isHeard(this.leading.leader, moment.now)) this.leading = ballotZero;
    this.connected = open.every((v) => isQuorum(v, (id) => id === this.self || this.isHeard(id, moment.now)));
    if (!this.connected) return null;
    const top = this.topCandidate(moment.now, stands);
    const order = top.round === 0 ? -1 : compareBallots(top, this.leader);
    if (order > 0) this.leader = top;
    if (order >= 0) return order > 0 && sameBallot(top, this.own) ? "scout" : null;
    if (!stands) return null;
    this.own = { round: this.leader.round + 1, leader: this.self };
    if (this.aloneIn(open)) {
      this.leader = this.own;
      return "scout";
    }
    // The others must hear of it before it is compared; chance keeps two from repeating the same step together.
    this.checkAt = millis(moment.now + heartbeatEveryMillis + (moment.random % standJitterMillis));
    return "stand";
  }

  /** The leader asks this node to take over: it is elected without a round of heartbeats. */
  succeed(now: Millis): Ballot {
    this.own = { round: this.leader.round + 1, leader: this.self };
    this.leader = this.own;
    this.nextBeat = now;
    return this.own;
  }

  wakeAt(): Millis {
    return this.nextBeat < this.checkAt ? this.nextBeat : this.checkAt;
  }

  /** A founder has nobody to listen for. */
  hurry(now: Millis): void {
    this.checkAt = now;
  }

  private topCandidate(now: Millis, stands: boolean): Ballot {
    let top = stands && this.own.round > 0 ? this.own : ballotZero;
    for (const { at, beat } of this.heard.values()) {
      const candidate = beat.connected && beat.ballot.round > 0 && now - at < heartbeatTimeoutMillis;
      if (candidate) top = maxBallot(top, beat.ballot);
    }
    return top;
  }

  private aloneIn(open: readonly View[]): boolean {
    return open.every((v) => v.members.every((m) => m.id === this.self || m.role === "learner"));
  }
}
