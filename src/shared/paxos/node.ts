/**
 * One node of the protocol: `step(moment, inputs) -> output`, synchronous and deterministic. It routes messages to
 * acceptor, leader, replica's log, election and catch-up, and owns none of their rules.
 */
import { Acceptor } from "./acceptor.ts";
import { medianWall } from "./agreed.ts";
import { type Ballot, compareBallots, sameBallot } from "./ballot.ts";
import { CatchUp } from "./catchup.ts";
import { Election, heartbeatEveryMillis } from "./election.ts";
import { HandOver } from "./handover.ts";
import { type Millis, millis, must, type NodeId, unreachable } from "./ids.ts";
import { Invariants } from "./invariants.ts";
import { Leader } from "./leader.ts";
import { Log } from "./log.ts";
import { next, type Slot, slotZero, WINDOW } from "./slot.ts";
import type {
  Decision,
  Envelope,
  Heartbeat,
  Input,
  Moment,
  Output,
  PaxosMessage,
  Proposal,
  Recovered,
  Write,
} from "./types.ts";
import { isVoter, type Member, mayLead, type View, Views } from "./view.ts";

interface Out {
  readonly send: Envelope[];
  readonly writes: Write[];
  readonly votes: Envelope[];
  readonly decided: Decision[];
}

export class PaxosNode {
  readonly id: NodeId;
  readonly log: Log;
  readonly views: Views;
  readonly leader: Leader;
  readonly election: Election;
  readonly catchUp: CatchUp;
  /** Only a node that executes may lead: set by the driver when its code differs from the cluster's. */
  stands = true;
  private readonly acceptor: Acceptor;
  private executed: Slot = slotZero;
  private digest = 0;
  /** The mark up to which this leader has told the members what is decided. */
  private announced: Slot = slotZero;
  private readonly handOver = new HandOver();
  private out: Out = { send: [], writes: [], votes: [], decided: [] };
  private readonly invariants: Invariants;

  /** @param contacts nodes that a newcomer may ask beside the members it knows */
  constructor(found: Recovered, now: Millis, contacts: readonly NodeId[] = []) {
    must(found.genesis.window === WINDOW, `this cluster was founded with window ${found.genesis.window}`);
    this.id = found.id;
    this.log = new Log(found);
    this.views = new Views(found.genesis.view);
    for (let s = next(slotZero); s <= this.log.decided; s = next(s))
      this.applyChange(s, this.log.decidedIn(s));
    this.views.forget(this.log.decided);
    this.leader = new Leader(this.log, this.views);
    this.acceptor = new Acceptor(this.log);
    this.election = new Election(found.id, this.log.promised, now);
    this.catchUp = new CatchUp(this.log, contacts);
    this.invariants = new Invariants(this.log);
    if (this.views.newest.members.length === 1 && this.isMember) this.election.hurry(now);
  }

  get self(): Member | null {
    return this.views.newest.members.find((m) => m.id === this.id) ?? null;
  }

  get isMember(): boolean {
    return this.self !== null;
  }

  /** The node that leads, as far as this one knows; one that has lost its majority does not. */
  get leaderId(): NodeId | null {
    if (this.leader.active) return this.election.connected ? this.id : null;
    return this.election.following;
  }

  step(moment: Moment, inputs: readonly Input[]): Output {
    this.out = { send: [], writes: [], votes: [], decided: [] };
    for (const input of inputs) this.take(moment, input);
    this.advance(moment.now);
    this.elect(moment);
    this.lead(moment);
    this.askDecisions(moment.now);
    this.beat(moment);
    this.invariants.check(this.log, this.leader);
    return { ...this.out, wakeAt: this.wakeAt() };
  }

  private take(moment: Moment, input: Input): void {
    switch (input.type) {
      case "receive":
        return this.receive(moment.now, input.from, input.message);
      case "request":
        return this.leader.takes?.addCalls(input.commands);
      case "requestFirst":
        return this.leader.takes?.addMetas(input.commands);
      case "change":
        return this.leader.takes?.addChange(input.change);
      case "executed":
        must(input.slot <= this.log.decided, "P5: executed what is not decided");
        [this.executed, this.digest] = [input.slot, input.digest];
        return;
      case "refused":
        return this.election.refused(input.peer, moment.now);
      case "due":
        this.leader.due = input.at;
        return;
      case "handOver":
        return this.handOver.begin();
      case "wake":
        return;
      default:
        return unreachable(input);
    }
  }

  private receive(now: Millis, from: NodeId, message: PaxosMessage): void {
    switch (message.type) {
      case "p1a":
        if (this.leftOut(from, message.view)) return;
        this.election.saw(message.ballot);
        return this.acceptor.p1a(from, message.ballot, message.from, this.out);
      case "p1b":
        this.election.saw(message.ballot);
        this.catchUp.heard(from, message.decided);
        return this.leader.p1b(from, message);
      case "p2a":
        this.election.follow(message.pvalue.ballot);
        this.acceptor.p2a(from, message, this.out);
        return this.learn(from, message.pvalue.ballot, message.decided);
      case "p2b":
        this.election.saw(message.ballot);
        return this.leader.p2b(from, message);
      case "behind":
        this.leader.behind(now);
        if (from === this.id) return; // its own catch-up fetches what it lacks
        return this.send([from], this.catchUp.answer(next(message.decided)));
      case "decided":
        this.election.follow(message.ballot);
        return this.learn(from, message.ballot, message.decided);
      case "catchup":
        return this.send([from], this.catchUp.answer(message.from));
      case "decisions":
        for (const { slot, proposal } of message.values) this.log.choose(slot, proposal);
        this.advance(now);
        return this.catchUp.received(from, message.decided, now);
      case "heartbeat":
        return this.heartbeat(now, from, message);
      case "lead":
        return this.succeed(now, message.ballot, message.decided);
      case "view":
        return this.catchUp.heard(from, Math.max(0, message.view.first - WINDOW) as Slot);
      default:
        return unreachable(message);
    }
  }

  private heartbeat(now: Millis, from: NodeId, beat: Heartbeat): void {
    if (this.leftOut(from, beat.view)) return;
    this.election.heartbeat(from, beat, now);
    if (beat.leading) this.election.follow(beat.ballot);
    if (beat.leading) this.learn(from, beat.ballot, beat.decided);
    else this.catchUp.heard(from, beat.decided);
  }

  /** The leader stops and asks this node to lead, if it holds all that the leader knows to be decided. */
  private succeed(now: Millis, ballot: Ballot, decided: Slot): void {
    if (!sameBallot(ballot, this.election.leader) || decided > this.log.decided || !this.mayStand) return;
    this.leader.scout(now, this.election.succeed(now));
  }

  private get mayStand(): boolean {
    return this.stands && mayLead(this.views.newest, this.id);
  }

  private learn(from: NodeId, ballot: Ballot, mark: Slot): void {
    this.log.learn(ballot, mark);
    this.catchUp.heard(from, mark);
  }

  /** Rule 8: a node that a newer view has left out is told so, gets no promise and does not count as heard. */
  private leftOut(from: NodeId, view: number): boolean {
    const { newest } = this.views;
    const out = view < newest.number && !newest.members.some((m) => m.id === from);
    if (out) this.send([from], { type: "view", view: newest });
    return out;
  }

  private advance(now: Millis): void {
    this.log.advance(this.out.writes, (decision) => {
      this.out.decided.push(decision);
      const lost = this.leader.decidedIn(decision.slot, decision.proposal);
      if (lost !== null) this.election.outvoted(lost);
      const view = this.applyChange(decision.slot, decision.proposal);
      if (view !== null) this.leader.newView(view.first, now);
    });
    this.views.forget(this.log.decided);
  }

  /** P4: views follow from decided slots alone. */
  private applyChange(s: Slot, proposal: Proposal): View | null {
    return proposal.change === null ? null : this.views.decide(s, proposal.change);
  }

  private elect(moment: Moment): void {
    const verdict = this.election.check(moment, () => this.views.open(this.log.decided), this.mayStand);
    if (verdict !== null) this.election.nextBeat = moment.now; // the others must hear of it
    if (verdict === "scout") this.leader.scout(moment.now, this.election.own);
    const { ballot } = this.leader;
    if (ballot !== null && compareBallots(this.election.leader, ballot) > 0) this.leader.follow(); // preempted
  }

  private lead(moment: Moment): void {
    const told = new Set<NodeId>([this.id]);
    this.leader.run(
      moment,
      this.election.connected,
      () => medianWall(this.election.clocks(moment)),
      (message, to) => this.ask(message, to),
      (slot, proposal, ballot, to) => {
        const { number: view, first } = this.views.at(slot);
        const pvalue = { ballot, slot, proposal };
        const message = { type: "p2a", pvalue, view, first, decided: this.log.decided } as const;
        if (to.includes(this.id)) this.acceptor.p2a(this.id, message, this.out);
        const others = to.filter((id) => id !== this.id);
        for (const id of others) told.add(id);
        this.send(others, message);
      },
    );
    this.announce(told);
    const heir = this.handOver.heir(moment.now, this.id, this.leader, this.election, this.views.newest);
    const { ballot } = this.leader;
    const { decided } = this.log;
    if (heir !== null && ballot !== null) {
      this.send([heir], { type: "decided", ballot, decided });
      this.send([heir], { type: "lead", ballot, decided });
    }
  }

  /** p1a is a vote of the candidate for itself: it leaves when the candidate's own promise is durable. */
  private ask(message: PaxosMessage, to: readonly NodeId[]): void {
    if (message.type !== "p1a") return;
    if (to.includes(this.id)) this.acceptor.p1a(this.id, message.ballot, message.from, this.out);
    this.out.votes.push({ to: to.filter((id) => id !== this.id), message });
  }

  /** Tells the new decided mark to the members that no p2a of this step told it. */
  private announce(told: ReadonlySet<NodeId>): void {
    const { ballot, active } = this.leader;
    const { decided } = this.log;
    if (!active || ballot === null || decided <= this.announced) return;
    this.announced = decided;
    const to = this.views.members(decided).filter((id) => !told.has(id));
    this.send(to, { type: "decided", ballot, decided });
  }

  private askDecisions(now: Millis): void {
    const others = () => this.views.members(this.log.decided).filter((id) => id !== this.id);
    const to = this.catchUp.ask(now, others, !this.isMember);
    if (to !== null) this.send([to], { type: "catchup", from: next(this.log.decided) });
  }

  private beat(moment: Moment): void {
    if (moment.now < this.election.nextBeat) return;
    this.election.nextBeat = millis(moment.now + heartbeatEveryMillis);
    const self = this.self;
    if (self === null || !isVoter(self)) return;
    const to = this.views.members(this.log.decided).filter((id) => id !== this.id);
    this.send(to, {
      type: "heartbeat",
      ballot: this.leader.ballot ?? this.election.own,
      leading: this.leader.active,
      connected: this.election.connected,
      view: this.views.newest.number,
      decided: this.log.decided,
      executed: this.executed,
      wall: moment.wall,
      digest: this.digest,
    });
  }

  private send(to: readonly NodeId[], message: PaxosMessage): void {
    if (to.length > 0) this.out.send.push({ to, message });
  }

  private wakeAt(): Millis {
    return millis(
      Math.min(this.election.wakeAt(), this.leader.wakeAt(), this.catchUp.wakeAt(!this.isMember)),
    );
  }
}
