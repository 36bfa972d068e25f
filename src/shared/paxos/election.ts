/**
 * Who should lead: liveness only, never safety. Ballot leader election of OmniPaxos (Ng, Haridi, Carbone, EuroSys
 * 2023, section 5): every voter's heartbeat carries its ballot and whether it is connected: whether it and a majority
 * of each view that governs an open slot hear each other. The highest ballot among those that are leads; when the
 * leader is not among them any more, the others raise their own ballots above it and the highest is elected in the
 * next round.
 * Departures: heartbeats are sent unasked (peers.ts) and say whether the receiver is heard, which in the paper their
 * being an answer says. They also say whom the sender follows, and a node stands only when a majority follows nobody:
 * so one that does not hear the leader, or has been preempted by one that it does not hear, does not topple it. A
 * node that has just started listens for a whole time-out before it stands; a refused connection counts as silence
 * at once; who knows a higher ballot does not offer its own.
 */
import { type Ballot, ballotZero, compareBallots, maxBallot, sameBallot } from "./ballot.ts";
import { type Millis, millis, type NodeId, type WallMillis } from "./ids.ts";
import { type Audience, heartbeatEveryMillis, heartbeatTimeoutMillis, Peers } from "./peers.ts";
import type { Heartbeat, Moment } from "./types.ts";
import { isQuorum, isVoter, type View } from "./view.ts";

/** After that a ballot that nobody leads with is given up. */
const electionTimeoutMillis = 3 * heartbeatTimeoutMillis;
/** By how much two that stand at once may differ in when they look again. */
const standJitterMillis = 16;

type Verdict = "scout" | "stand" | "object";

export class Election {
  /** The ballot with which this node stands or leads; round 0 while it does not. */
  own: Ballot;
  /** The highest ballot known to lead or to have tried. Invariant: never falls. */
  leader: Ballot;
  /** Whether it was connected when it last looked. */
  connected = false;
  /** The ballot of the connected leader or candidate that this node hears or is; round 0 for none. */
  follows: Ballot = ballotZero;
  nextBeat: Millis;
  readonly peers = new Peers();
  /** The ballot that was last heard to propose. */
  private leading: Ballot = ballotZero;
  /** The peer through which that leader is reached, while it is not reached itself. */
  private relay: NodeId | null = null;
  private checkAt: Millis;
  /** Since when this node follows nobody, if it does not. */
  private unledSince: Millis;
  /** Before that no change makes it look: it has just started, or the others must hear of its ballot first. */
  private waitsUntil: Millis;
  private readonly self: NodeId;

  /** @param promised the highest ballot in the log: rule 2, whatever this node stands with is above it */
  constructor(self: NodeId, promised: Ballot, now: Millis) {
    this.self = self;
    this.own = { round: 0, leader: self };
    this.leader = promised;
    this.nextBeat = now;
    this.unledSince = now;
    this.checkAt = this.waitsUntil = millis(now + heartbeatTimeoutMillis);
  }

  /** When what a peer says of the leader changes, this node looks at once. */
  heartbeat(from: NodeId, beat: Heartbeat, now: Millis): void {
    const before = this.peers.last(from);
    this.peers.heard(from, beat, now);
    if (beat.follows.leader !== this.self) this.saw(beat.follows);
    if (beat.relays) this.follow(beat.follows);
    if (beat.leading) this.follow(beat.ballot);
    if (now >= this.waitsUntil && !sameStanding(before, beat)) this.hurry(now);
  }

  /** A ballot above the known leader's was seen: who led below it is preempted. */
  saw(ballot: Ballot): void {
    this.leader = maxBallot(this.leader, ballot);
  }

  /** Somebody proposes with this ballot: it leads, unless a higher one was seen. */
  follow(ballot: Ballot): void {
    this.saw(ballot);
    if (!sameBallot(this.leader, ballot) || sameBallot(this.leading, ballot)) return;
    this.leading = ballot;
    this.relay = null;
  }

  /** The other node that leads, as far as this one knows. */
  get following(): NodeId | null {
    const known = this.leading.round > 0 && sameBallot(this.leading, this.leader);
    return known && this.leading.leader !== this.self ? this.leading.leader : null;
  }

  /** Where what is meant for that leader goes: to it or, where the two do not hear each other, to one that reaches it. */
  get route(): NodeId | null {
    return this.following === null ? null : (this.relay ?? this.following);
  }

  /** Whether what is meant for the leader that this node follows may be sent here. */
  relays(now: Millis): boolean {
    const { following } = this;
    return (
      following !== null && sameBallot(this.follows, this.leading) && this.peers.isLinked(following, now)
    );
  }

  /** The ballot that others may elect: none below one that this node knows, for it would be refused. */
  offer(stands: boolean): Ballot {
    return stands && compareBallots(this.own, this.leader) >= 0 ? this.own : ballotZero;
  }

  /** A ballot above `own` was adopted by others, though this node has not heard which: it does not lead any more. */
  outvoted(own: Ballot): void {
    this.saw({ round: own.round + 1, leader: ballotZero.leader });
  }

  /** Nobody listens at the peer's port: it is down, there is no need to wait for its silence. */
  refused(peer: NodeId, now: Millis): void {
    if (this.leading.leader === peer) this.leading = ballotZero;
    if (this.peers.down(peer) && this.leader.leader === peer) this.hurry(now);
  }

  isHeard(peer: NodeId, now: Millis): boolean {
    return this.peers.isHeard(peer, now);
  }

  last(peer: NodeId): Heartbeat | null {
    return this.peers.last(peer);
  }

  /** The clocks of all voters heard, each moved on by the time since its heartbeat came. */
  clocks(moment: Moment, open: readonly View[]): WallMillis[] {
    const clocks = [moment.wall];
    for (const { id, beat, age } of this.peers.all(moment.now))
      if (votes(open, id)) clocks.push((beat.wall + age) as WallMillis);
    return clocks;
  }

  /**
   * Looks who leads. @param stands whether this node may lead in the newest view
   * @returns "scout" when this node is elected with `own`, "stand" when its raised ballot must be told, "object" when
   * it cannot stand and the leader must be told that its ballot is outdated here, else null
   */
  check({ now, random }: Moment, views: () => readonly View[], stands: boolean): Verdict | null {
    if (now < this.checkAt) return null;
    this.checkAt = millis(now + heartbeatEveryMillis);
    const open = views();
    const before = { connected: this.connected, follows: this.follows };
    this.connected = this.isConnected(now, open);
    this.findRoute(now);
    const top = this.topCandidate(now, open, stands);
    const order = top.round === 0 ? -1 : compareBallots(top, this.leader);
    this.saw(top);
    this.follows = order >= 0 ? top : ballotZero;
    const changed = before.connected !== this.connected || !sameBallot(before.follows, this.follows);
    if (changed) this.nextBeat = now;
    if (before.follows.round > 0) this.unledSince = now;
    if (order >= 0) return order > 0 && sameBallot(top, this.own) ? "scout" : null;
    if (!stands) return this.outdatedLeader(now) === null ? null : "object";
    const isFree = (id: NodeId) => this.isLinked(id, now) && !this.isLed(id, now);
    if (!this.connected || !open.every((v) => isQuorum(v, isFree))) return null;
    this.own = { round: this.leader.round + 1, leader: this.self };
    this.nextBeat = now;
    if (this.aloneIn(open)) {
      this.saw(this.own);
      this.follows = this.own;
      return "scout";
    }
    // The others must hear of it before it is compared; chance keeps two from repeating the same step together.
    this.checkAt = this.waitsUntil = millis(now + heartbeatEveryMillis + (random % standJitterMillis));
    return "stand";
  }

  /** Whether heartbeats are to be sent now: they are due, or a peer wants an answer. */
  speaks(now: Millis): boolean {
    return now >= this.nextBeat || this.peers.wantAnswers;
  }

  /** To whom a heartbeat goes now. @param anyhow whether all are asked to answer */
  audiences(now: Millis, others: readonly NodeId[], anyhow: boolean): readonly Audience[] {
    if (now < this.nextBeat) return this.peers.audiences(now, [], anyhow);
    this.nextBeat = millis(now + heartbeatEveryMillis);
    return this.peers.audiences(now, others, anyhow);
  }

  /**
   * The leader, or an operator, asks this node to take over: it is elected without a round of heartbeats.
   * @returns its ballot; null without a majority that it hears: its heartbeats would say so, and another be elected
   */
  succeed(now: Millis, open: readonly View[]): Ballot | null {
    this.connected = this.isConnected(now, open);
    if (!this.connected) return null;
    this.own = { round: this.leader.round + 1, leader: this.self };
    this.leader = this.own;
    this.follows = this.own;
    this.nextBeat = now;
    return this.own;
  }

  wakeAt(): Millis {
    return this.nextBeat < this.checkAt ? this.nextBeat : this.checkAt;
  }

  /** Looks again with this step; a founder has nobody to listen for. */
  hurry(now: Millis): void {
    if (now < this.checkAt) this.checkAt = now;
  }

  /** Whether by now this node and a majority of each open view hear each other. */
  isConnected(now: Millis, open: readonly View[]): boolean {
    return open.every((v) => isQuorum(v, (id) => this.isLinked(id, now)));
  }

  private isLinked(id: NodeId, now: Millis): boolean {
    return id === this.self || this.peers.isLinked(id, now);
  }

  /** The leader is reached, or a peer that reaches it, or nobody is known to lead any more. */
  private findRoute(now: Millis): void {
    const { leader } = this.leading;
    this.relay = this.peers.isLinked(leader, now) ? null : this.peers.relay(this.leading, now);
    if (this.relay === null && !this.peers.isHeard(leader, now)) this.leading = ballotZero;
  }

  private topCandidate(now: Millis, open: readonly View[], stands: boolean): Ballot {
    let top = stands && this.connected && this.own.round > 0 ? this.own : ballotZero;
    for (const { id, beat } of this.peers.all(now))
      if (beat.connected && beat.ballot.round > 0 && votes(open, id)) top = maxBallot(top, beat.ballot);
    return top;
  }

  /**
   * Whether the peer follows somebody. One that follows a lower ballot than this node knows will soon hear of that;
   * if not, whoever tried with it is gone, and this node can take part again only in a higher ballot.
   */
  private isLed(id: NodeId, now: Millis): boolean {
    const follows = this.peers.last(id)?.follows ?? ballotZero;
    const outdated =
      compareBallots(follows, this.leader) < 0 && now - this.unledSince >= electionTimeoutMillis;
    return follows.round > 0 && !outdated;
  }

  /** Who leads with a ballot below one that this node has known for long: somebody tried with that, and is gone. */
  outdatedLeader(now: Millis): NodeId | null {
    if (now - this.unledSince < electionTimeoutMillis) return null;
    for (const { id, beat } of this.peers.all(now))
      if (beat.leading && compareBallots(beat.ballot, this.leader) < 0) return id;
    return null;
  }

  private aloneIn(open: readonly View[]): boolean {
    return open.every((v) => v.members.every((m) => m.id === this.self || !isVoter(m)));
  }
}

function votes(open: readonly View[], id: NodeId): boolean {
  return open.some((v) => v.members.some((m) => m.id === id && isVoter(m)));
}

/** Whether two heartbeats of one sender say the same about who may lead. */
function sameStanding(a: Heartbeat | null, b: Heartbeat): boolean {
  if (a === null || a.connected !== b.connected || a.hears !== b.hears || a.relays !== b.relays) return false;
  return sameBallot(a.ballot, b.ballot) && sameBallot(a.follows, b.follows);
}
