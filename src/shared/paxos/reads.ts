/**
 * Linearizable reads without a log entry (rule 9): the leader asks, after the read has arrived, whether a majority of
 * the voters of the view that governs the first undecided slot has promised no higher ballot. If so, nothing that it
 * does not know was decided before the read came, and the read may run once every slot that it then knew to be decided
 * is executed. One question serves all reads that wait. The idea is that of "read index" (Ongaro, "Consensus: Bridging
 * Theory and Practice", section 6.4), carried over to ballots.
 */
import { never } from "../clock.ts";
import { readersMax } from "../limits.ts";
import { type Ballot, compareBallots, sameBallot } from "./ballot.ts";
import { type Millis, millis, type NodeId, unreachable } from "./ids.ts";
import type { Leader } from "./leader.ts";
import type { Log } from "./log.ts";
import { next, type Slot } from "./slot.ts";
import type { Moment, PaxosMessage, ReadAt } from "./types.ts";
import { isQuorum, type View, type Views, voters } from "./view.ts";

/** A question or its answer may be lost. */
const askAgainMillis = 50;

/** Questions of one life are numbered from 32 random bits on. */
const roundsPerLife = 2 ** 20;

type Asking = Extract<PaxosMessage, { type: "confirm" | "readAsk" | "readAt" }>;
type Send = (to: readonly NodeId[], message: PaxosMessage) => void;

/** What the leader asks the voters. */
interface Round {
  readonly ballot: Ballot;
  readonly round: number;
  readonly view: View;
  /** Decided when the question left. */
  readonly slot: Slot;
  readonly tokens: readonly number[];
  readonly readers: ReadonlyMap<NodeId, number>;
  readonly yes: Set<NodeId>;
  resendAt: Millis;
}

/** What a node that does not lead asks the leader. */
interface Asked {
  readonly round: number;
  /** The leader, or a node that reaches it where this one does not. */
  readonly leader: NodeId;
  readonly tokens: readonly number[];
  resendAt: Millis;
}

export class Reads {
  private readonly self: NodeId;
  private readonly log: Log;
  private readonly views: Views;
  /** Reads of this node for which nobody was asked yet. */
  private waiting: number[] = [];
  /** Nodes that wait for this leader, each with the number of its question. */
  private readers = new Map<NodeId, number>();
  private open: Round | null = null;
  private question: Asked | null = null;
  private rounds = 0;
  /** Questions of nodes that do not reach the leader, under tokens below 0. */
  private readonly relayed = new Map<number, { readonly from: NodeId; readonly round: number }>();
  private relays = 0;
  /** The leader, where this node itself reaches it. */
  private reaches: NodeId | null = null;
  private ready: ReadAt[] = [];

  constructor(self: NodeId, log: Log, views: Views) {
    this.self = self;
    this.log = log;
    this.views = views;
  }

  /** A read came from a client of this node. */
  add(token: number): void {
    this.waiting.push(token);
  }

  /** What may run now, once its slot is executed. */
  take(): readonly ReadAt[] {
    const { ready } = this;
    this.ready = [];
    return ready;
  }

  /** What another node asks, or answers to a question of this one. */
  asked(from: NodeId, message: Asking, leader: Leader, send: Send): void {
    switch (message.type) {
      case "confirm":
        return send([from], this.confirm(message.ballot, message.round));
      case "readAsk":
        return this.ask(from, message, leader, send);
      case "readAt":
        return this.readAt(from, message.round, message.slot, send);
      default:
        return unreachable(message);
    }
  }

  /** An acceptor's answer: its promised ballot as it is in memory, for no higher one can have been adopted without it. */
  confirm(ballot: Ballot, round: number): PaxosMessage {
    return { type: "confirmed", asked: ballot, ballot: this.log.promised, round };
  }

  confirmed(from: NodeId, message: Extract<PaxosMessage, { type: "confirmed" }>): void {
    const { open } = this;
    if (open === null || message.round !== open.round || !sameBallot(message.asked, open.ballot)) return;
    if (compareBallots(message.ballot, open.ballot) <= 0) open.yes.add(from);
  }

  /**
   * Another node's reads wait. Its question carries its own promise, made known after they came: where that and the
   * leader's are a majority, they are confirmed at once.
   */
  ask(from: NodeId, message: Extract<PaxosMessage, { type: "readAsk" }>, leader: Leader, send: Send): void {
    // What does not reach the leader from here might come back: it is not passed on.
    if (!leader.active && this.reaches !== null && this.reaches !== from) this.relay(from, message.round);
    if (!leader.active) return;
    const { ballot } = leader;
    if (!leader.answers || ballot === null) return; // it asks again
    const first = this.views.at(next(this.log.decided));
    const yes = (id: NodeId) =>
      (id === from && compareBallots(message.ballot, ballot) <= 0) || this.isOwnYes(id, ballot);
    if (isQuorum(first, yes)) {
      send([from], { type: "readAt", round: message.round, slot: this.log.decided });
    } else if (this.readers.size < readersMax || this.readers.has(from)) {
      this.readers.set(from, message.round);
    }
  }

  /** The leader's answer to this node's question. */
  readAt(from: NodeId, round: number, slot: Slot, send: Send): void {
    if (this.question === null || this.question.leader !== from || this.question.round !== round) return;
    for (const token of this.question.tokens) this.release(token, slot, send);
    this.question = null;
  }

  /** A node that does not reach the leader asks this one: its question waits as a read of this node would. */
  private relay(from: NodeId, round: number): void {
    for (const [token, known] of this.relayed) {
      if (known.from !== from) continue;
      if (known.round === round) return;
      this.relayed.delete(token);
    }
    if (this.relayed.size >= readersMax) return;
    const token = --this.relays;
    this.relayed.set(token, { from, round });
    this.waiting.push(token);
  }

  private release(token: number, slot: Slot, send: Send): void {
    if (token >= 0) return void this.ready.push({ token, slot });
    const asker = this.relayed.get(token);
    this.relayed.delete(token);
    if (asker !== undefined) send([asker.from], { type: "readAt", round: asker.round, slot });
  }

  /**
   * Asks for all that waits, and asks again for what was not answered.
   * @param route the node that leads, or one that reaches it; null for none
   */
  run(
    { now, random }: Moment,
    leader: Leader,
    leaderId: NodeId | null,
    route: NodeId | null,
    send: Send,
  ): void {
    this.reaches = route === leaderId ? leaderId : null;
    // What is late from an earlier life of this node must not pass for an answer of this one.
    if (this.rounds === 0) this.rounds = random * roundsPerLife;
    if (leader.active) {
      this.takeBack();
      this.lead(now, leader, send);
    } else {
      this.resign();
      this.follow(now, route, send);
    }
  }

  wakeAt(): Millis {
    return this.open?.resendAt ?? this.question?.resendAt ?? millis(never);
  }

  private isOwnYes(id: NodeId, ballot: Ballot): boolean {
    return id === this.self && compareBallots(this.log.promised, ballot) <= 0;
  }

  private lead(now: Millis, leader: Leader, send: Send): void {
    const { ballot } = leader;
    if (!leader.answers || ballot === null) {
      if (this.open !== null && this.open.resendAt <= now) this.open.resendAt = millis(now + askAgainMillis);
      return;
    }
    if (this.open !== null && !sameBallot(this.open.ballot, ballot)) this.reopen();
    let open = this.open ?? this.begin(now, ballot, send);
    // An answer may have ended a round: what waited behind it is asked for at once.
    while (open !== null && this.isAnswered(open)) {
      this.finish(open, send);
      open = this.begin(now, ballot, send);
    }
    this.open = open;
    if (open === null || now < open.resendAt) return;
    open.resendAt = millis(now + askAgainMillis);
    const { view, round, yes } = open;
    const silent = voters(view).filter((id) => id !== this.self && !yes.has(id));
    send(silent, { type: "confirm", ballot, round });
  }

  private isAnswered({ view, yes }: Round): boolean {
    return isQuorum(view, (id) => yes.has(id));
  }

  private begin(now: Millis, ballot: Ballot, send: Send): Round | null {
    if (this.waiting.length === 0 && this.readers.size === 0) return null;
    const { waiting: tokens, readers } = this;
    this.waiting = [];
    this.readers = new Map();
    const view = this.views.at(next(this.log.decided));
    const round = ++this.rounds;
    const yes = new Set(this.isOwnYes(this.self, ballot) ? [this.self] : []);
    const others = voters(view).filter((id) => id !== this.self);
    send(others, { type: "confirm", ballot, round });
    const resendAt = millis(now + askAgainMillis);
    return { ballot, round, view, slot: this.log.decided, tokens, readers, yes, resendAt };
  }

  private finish(open: Round, send: Send): void {
    for (const token of open.tokens) this.release(token, open.slot, send);
    for (const [reader, round] of open.readers) send([reader], { type: "readAt", round, slot: open.slot });
  }

  private follow(now: Millis, route: NodeId | null, send: Send): void {
    if (this.question !== null && this.question.leader !== route) this.takeBack();
    if (route === null || route === this.self) return;
    if (this.question === null && this.waiting.length > 0) {
      const tokens = this.waiting;
      this.waiting = [];
      this.question = { round: ++this.rounds, leader: route, tokens, resendAt: now };
    }
    if (this.question === null || now < this.question.resendAt) return;
    this.question.resendAt = millis(now + askAgainMillis);
    send([route], { type: "readAsk", round: this.question.round, ballot: this.log.promised });
  }

  /** This node does not lead any more: its own reads are asked for elsewhere, other nodes ask again by themselves. */
  private resign(): void {
    this.readers.clear();
    if (this.open === null) return;
    this.waiting = [...this.open.tokens, ...this.waiting];
    this.open = null;
  }

  /** A new ballot of this node: what waited for the old one waits for it. */
  private reopen(): void {
    if (this.open === null) return;
    const { readers } = this.open;
    this.resign();
    this.readers = new Map(readers);
  }

  /** Whom this node asked does not lead, or this node does. */
  private takeBack(): void {
    if (this.question === null) return;
    this.waiting = [...this.question.tokens, ...this.waiting];
    this.question = null;
  }
}
