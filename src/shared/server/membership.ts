/**
 * Membership at one node. Where it leads, it decides what is proposed: nodes that ask in (admission.ts), members that
 * are silent (absence.ts), members that an operator wants gone (departure.ts); one change at a time, each made against
 * the newest view when that governs (rule 7). Elsewhere it passes questions on and answers when its own views show
 * what was asked for.
 */
import type { Clock, Timer } from "../clock.ts";
import { changesMax, membersMax } from "../limits.ts";
import { type Millis, millis, type NodeId } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import { next, slotZero } from "../paxos/slot.ts";
import { isSafe, type Member, takesPart, type View, type ViewChange } from "../paxos/view.ts";
import type { PeerMessage } from "../wire/messages.ts";
import { absence } from "./absence.ts";
import { admit, replaceAfterMillis } from "./admission.ts";
import { type Departure, refusal } from "./departure.ts";
import type { Driver } from "./driver.ts";
import type { Transport } from "./transport.ts";

/** How often the leader looks who is silent, and any node whether what it was asked is done. */
const lookMillis = 50;
/** A look that comes this late means that this process stood still: nobody's silence counts then. */
const lateMillis = 1_000;
/** When a change is proposed again, and a question passed on again: either may have been lost. */
const againMillis = 500;
/** How long a question is kept; who asks repeats it or gives up. */
const questionMillisMax = 60_000;

interface Question {
  readonly kind: Departure;
  readonly id: NodeId;
  readonly from: NodeId;
  readonly since: Millis;
  passedOnAt: Millis;
  readonly reply: (message: PeerMessage) => void;
}

export interface MembershipOptions {
  /** Milliseconds of silence after which a member is away. */
  readonly evictAfter: number;
  /** Whether an operator let this node leave. */
  readonly hasLeft: (id: NodeId) => boolean;
}

type JoinRefused = Extract<PeerMessage, { readonly type: "joinRefused" }>;

export class Membership {
  private readonly node: PaxosNode;
  private readonly driver: Driver;
  private readonly transport: Transport;
  private readonly clock: Clock;
  private readonly options: MembershipOptions;
  private timer: Timer | null = null;
  private lookedAt: Millis = millis(0);
  /** When this node began to lead, and when it last heard each member since; null while it does not lead. */
  private since: Millis | null = null;
  private readonly heardAt = new Map<NodeId, Millis>();
  /** The newest node that waits for an address that is taken, by address of a member. */
  private readonly waiting = new Map<string, { readonly id: NodeId; readonly since: Millis }>();
  private proposed: { readonly against: number; readonly at: Millis } | null = null;
  private questions: readonly Question[] = [];
  /** The nameservers whose asking was passed on, and where they are answered; the newest last. */
  private readonly asking = new Map<NodeId, (message: PeerMessage) => void>();

  constructor(
    node: PaxosNode,
    driver: Driver,
    transport: Transport,
    clock: Clock,
    options: MembershipOptions,
  ) {
    this.node = node;
    this.driver = driver;
    this.transport = transport;
    this.clock = clock;
    this.options = options;
  }

  /** After each turn. */
  turned(): void {
    if (this.timer !== null || !(this.node.leader.active || this.questions.length > 0)) return;
    const { now } = this.clock.moment();
    this.timer = this.clock.at(millis(now + lookMillis), () => {
      this.timer = null;
      this.look();
      this.turned();
    });
  }

  stop(): void {
    this.timer?.cancel();
  }

  /**
   * A node asks to become a member as it says, or to be shown so: the leader decides, another node passes it on.
   * @param from who says so: the node itself, or one that passes it on
   * @param reply answers on the connection on which it came: nobody dials a nameserver
   */
  askedJoin(from: NodeId, member: Member, reply: (message: PeerMessage) => void): void {
    const { node, transport } = this;
    const known = member.id !== node.id && this.newest.members.some((m) => m.id === member.id);
    if (known && takesPart(member)) transport.learn(member.id, member.addr);
    if (!node.leader.active) {
      if (from === member.id && !takesPart(member)) this.waitsFor(from, reply);
      const leader = from === member.id ? node.route : node.route === node.leaderId ? node.leaderId : null;
      if (leader !== null) transport.send([leader], { type: "askJoin", member });
      return this.driver.plan();
    }
    const { now } = this.clock.moment();
    if (this.since === null) this.listen(now);
    if (!takesPart(member)) this.heardAt.set(member.id, now);
    const admission = admit(this.newest, member, {
      silence: (id) => this.silence(id, now),
      waited: this.waited(member, now),
      evictAfter: this.options.evictAfter,
      hasLeft: this.options.hasLeft(member.id),
    });
    if (admission.type === "change") this.propose(admission.change, now);
    else if (admission.type === "refused") {
      const { code, message } = admission;
      this.refuse(from, member, { type: "joinRefused", id: member.id, code, message }, reply);
    }
  }

  /** The leader refuses a nameserver that asked this node. */
  joinRefused(message: JoinRefused): void {
    this.asking.get(message.id)?.(message);
  }

  private refuse(from: NodeId, member: Member, refusal: JoinRefused, reply: (m: PeerMessage) => void): void {
    const { transport } = this;
    if (takesPart(member)) {
      transport.learn(member.id, member.addr);
      transport.send([member.id], refusal);
    } else if (from === member.id) reply(refusal);
    else transport.send([from], refusal);
    this.driver.plan();
  }

  private waitsFor(nameserver: NodeId, reply: (message: PeerMessage) => void): void {
    this.asking.delete(nameserver);
    const [oldest] = this.asking.keys();
    if (oldest !== undefined && this.asking.size >= membersMax) this.asking.delete(oldest);
    this.asking.set(nameserver, reply);
  }

  /** A member shall go. It is answered when its absence is safe (rule 6), however often it is asked. */
  askedChange(from: NodeId, kind: Departure, id: NodeId, reply: (message: PeerMessage) => void): void {
    const { now } = this.clock.moment();
    const others = this.questions.filter((q) => q.from !== from || q.id !== id || q.kind !== kind);
    const question = { kind, id, from, since: now, passedOnAt: millis(now - againMillis), reply };
    this.questions = [...others.slice(-changesMax), question];
    this.answer(now);
    this.driver.plan();
  }

  private get newest(): View {
    return this.node.views.newest;
  }

  private look(): void {
    const { now } = this.clock.moment();
    if (this.node.leader.active) {
      this.listen(now);
      const hearing = { isHeard: this.isHeard(now), silence: (id: NodeId) => this.silence(id, now) };
      const change = absence(this.newest, hearing, this.options.evictAfter);
      if (change !== null) this.propose(change, now);
    } else {
      this.since = null;
      this.proposed = null;
    }
    this.answer(now);
    this.transport.flush();
  }

  private isHeard(now: Millis): (id: NodeId) => boolean {
    return (id) => id === this.node.id || this.node.election.isHeard(id, now);
  }

  private listen(now: Millis): void {
    if (this.since === null || now - this.lookedAt > lateMillis) {
      this.since = now;
      this.heardAt.clear();
      this.waiting.clear();
    }
    this.lookedAt = now;
    const isHeard = this.isHeard(now);
    const { members } = this.newest;
    // One that joins again had no time to speak either.
    for (const id of this.heardAt.keys()) if (!members.some((m) => m.id === id)) this.heardAt.delete(id);
    for (const { id } of members) {
      // A new member counts as heard: it had no time to speak yet.
      if (isHeard(id) || !this.heardAt.has(id)) this.heardAt.set(id, now);
    }
  }

  private silence(id: NodeId, now: Millis): number {
    return now - (this.heardAt.get(id) ?? this.since ?? now);
  }

  private waited({ id, addr }: Member, now: Millis): number {
    if (!this.newest.members.some((m) => m.addr === addr && m.id !== id)) return 0;
    const before = this.waiting.get(addr);
    if (before?.id === id) return now - before.since;
    this.waiting.set(addr, { id, since: now });
    return 0;
  }

  /** One change at a time: the newest view must govern, and what was proposed against it had its time. */
  private propose(change: ViewChange, now: Millis): void {
    const { node, proposed } = this;
    if (!node.leader.ready || this.newest.first > next(node.log.decided)) return;
    if (proposed?.against === change.against && now - proposed.at < againMillis) return;
    this.proposed = { against: change.against, at: now };
    this.driver.push({ type: "change", change });
  }

  private answer(now: Millis): void {
    this.questions = this.questions.filter((question) => {
      const answer = this.answerTo(question, now);
      if (answer !== null) question.reply(answer);
      // What another node passed on lives as long as it repeats it: who asked may have been refused since.
      const passedOn = this.newest.members.some((m) => m.id === question.from);
      return answer === null && now - question.since < (passedOn ? 2 * againMillis : questionMillisMax);
    });
  }

  private answerTo(question: Question, now: Millis): PeerMessage | null {
    const { node, newest } = this;
    const { kind, id } = question;
    if (!newest.members.some((m) => m.id === id)) {
      const kept = (v: NodeId) => (v === node.id ? node.kept.slot : node.election.last(v)?.kept);
      const safe = isSafe(newest, (v) => kept(v) ?? slotZero);
      return safe ? { type: "changed", view: newest.number } : null;
    }
    const leader = node.leaderId;
    if (leader === null) return null;
    const message = refusal(newest, kind, id, this.isHeard(now));
    if (message !== null) {
      // A node that has just started, or a member that has, is not heard yet.
      const sure = now - question.since >= replaceAfterMillis;
      return sure ? { type: "changeRefused", code: "DENIED", message } : null;
    }
    const against = newest.number;
    if (node.leader.active && kind === "evict" && this.silence(id, now) < replaceAfterMillis) return null;
    if (node.leader.active)
      this.propose(kind === "leave" ? { type: kind, against, id } : { type: kind, against, ids: [id] }, now);
    else if (now - question.passedOnAt >= againMillis) {
      question.passedOnAt = now;
      this.transport.send([leader], { type: "askChange", kind, id });
    }
    return null;
  }
}
