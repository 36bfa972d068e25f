/**
 * One node of the protocol: `step(moment, inputs) -> output`, synchronous and deterministic. It routes messages to
 * acceptor, leader, replica's log, election, reads and catch-up, and owns none of their rules.
 */
import { Acceptor } from "./acceptor.ts";
import { Announcer } from "./announcer.ts";
import { type Ballot, compareBallots } from "./ballot.ts";
import { CatchUp } from "./catchup.ts";
import { Election } from "./election.ts";
import { Elector } from "./elector.ts";
import { Heartbeats } from "./heartbeats.ts";
import { type Millis, millis, must, type NodeId, unreachable } from "./ids.ts";
import { Invariants } from "./invariants.ts";
import { KeptMark } from "./kept-mark.ts";
import { Leader } from "./leader.ts";
import { Log } from "./log.ts";
import { Reads } from "./reads.ts";
import { Retention } from "./retention.ts";
import { next, type Slot, WINDOW } from "./slot.ts";
import type {
  Base,
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
import { type Member, takesPart, type View, Views } from "./view.ts";

interface Out {
  readonly send: Envelope[];
  readonly writes: Write[];
  readonly votes: Envelope[];
  readonly decided: Decision[];
}

const nothing = (): Out => ({ send: [], writes: [], votes: [], decided: [] });

export class PaxosNode {
  readonly id: NodeId;
  readonly log: Log;
  readonly views: Views;
  readonly leader: Leader;
  readonly election: Election;
  readonly catchUp: CatchUp;
  readonly retention: Retention;
  readonly kept: KeptMark;
  readonly elector: Elector;
  private readonly acceptor: Acceptor;
  private readonly reads: Reads;
  private readonly heartbeats = new Heartbeats();
  private readonly announcer: Announcer;
  private out: Out = nothing();
  private readonly invariants: Invariants;

  /** @param contacts nodes that a newcomer may ask beside the members it knows */
  constructor(found: Recovered, now: Millis, contacts: readonly NodeId[] = []) {
    must(found.genesis.window === WINDOW, `this cluster was founded with window ${found.genesis.window}`);
    this.id = found.id;
    this.log = new Log(found);
    this.views = new Views(found.views);
    for (let s = next(found.trimmed); s <= this.log.decided; s = next(s))
      this.applyChange(s, this.log.decidedIn(s));
    this.views.forget(this.log.decided);
    this.reads = new Reads(found.id, this.log, this.views);
    this.retention = new Retention(found, this.log, this.views);
    this.kept = new KeptMark(this.log.decided);
    this.leader = new Leader(this.log, this.views);
    this.acceptor = new Acceptor(this.log);
    this.election = new Election(found.id, this.log.promised, now);
    this.catchUp = new CatchUp(this.log, contacts);
    this.announcer = new Announcer(this.id, this.log, this.views, this.leader, this.election, this.acceptor);
    this.elector = new Elector(this.id, this.log, this.views, this.leader, this.election, this.catchUp);
    this.invariants = new Invariants(this.log);
    if (this.views.newest.members.filter(takesPart).length === 1 && this.isMember) this.election.hurry(now);
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

  /** Where what is meant for another node that leads goes: to it or, where it is not reached, to one that reaches it. */
  get route(): NodeId | null {
    return this.election.route;
  }

  /**
   * How many votes it takes until the message changes something: none when it never will, as the vote of one more than
   * the majority that has decided its slot; 1 when it does so alone.
   */
  votesFor(message: PaxosMessage): number {
    if (message.type !== "p2b" || compareBallots(message.ballot, this.election.leader) > 0) return 1;
    return message.slot <= this.log.decided ? 0 : this.leader.votesFor(message.slot);
  }

  step(moment: Moment, inputs: readonly Input[]): Output {
    this.out = nothing();
    for (const input of inputs) this.take(moment, input);
    this.advance(moment.now);
    this.elector.run(moment, this.send);
    this.announcer.run(moment, this.out);
    this.reads.run(moment, this.leader, this.leaderId, this.route, this.send);
    this.askDecisions(moment.now);
    this.beat(moment);
    this.kept.vote(this.id, this.log.decided, this.views.newest, this.out);
    const trim = this.retention.trim(this.out.writes);
    this.invariants.check(this.log, this.leader);
    return { ...this.out, reads: this.reads.take(), trim, wakeAt: this.wakeAt() };
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
        return this.heartbeats.hasExecuted(input);
      case "snapshot":
        return this.holdsSnapshot(input.slot, input.stateHash);
      case "install":
        this.install(input.base);
        return this.holdsSnapshot(input.base.slot, input.stateHash);
      case "pin":
        return this.retention.pin(input.slot);
      case "read":
        return this.reads.add(input.token);
      case "refused":
        return this.election.refused(input.peer, moment.now);
      case "due":
        this.leader.due = input.at;
        return;
      case "handOver":
        return this.announcer.handOver.begin();
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
        return this.catchUp.received(from, message, now);
      case "heartbeat":
        return this.heartbeat(now, from, message);
      case "confirmed":
        this.election.saw(message.ballot);
        return this.reads.confirmed(from, message);
      case "confirm":
      case "readAsk":
      case "readAt":
        return this.reads.asked(from, message, this.leader, this.send);
      case "kept":
        return this.kept.told(from === this.id, message.decided);
      case "lead":
        this.advance(now); // the mark that it asks for came just before it
        return this.elector.succeed(now, message.ballot, message.decided);
      case "view":
        return this.catchUp.heard(from, Math.max(0, message.view.first - WINDOW) as Slot);
      default:
        return unreachable(message);
    }
  }

  private heartbeat(now: Millis, from: NodeId, beat: Heartbeat): void {
    if (this.leftOut(from, beat.view)) return;
    this.election.heartbeat(from, beat, now);
    this.retention.holds(from, beat.snapshot);
    if (beat.leading) this.learn(from, beat.ballot, beat.decided);
    else this.catchUp.heard(from, beat.decided);
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

  /** A snapshot stands for slots that this node did not learn one by one; below its slot it has nothing to say. */
  private install(base: Base): void {
    if (base.slot <= this.log.decided) return;
    const { ballot } = this.leader;
    // Whoever led here was outvoted: its mark would stand for its own proposals, which may not be what was decided.
    if (ballot !== null) {
      this.leader.follow();
      this.election.outvoted(ballot);
    }
    this.retention.install(base, this.out.writes);
  }

  private holdsSnapshot(slot: Slot, stateHash: number): void {
    this.retention.holds(this.id, slot);
    this.heartbeats.hasSnapshot(slot, stateHash);
  }

  /** P4: views follow from decided slots alone. */
  private applyChange(s: Slot, proposal: Proposal): View | null {
    return proposal.change === null ? null : this.views.decide(s, proposal.change);
  }

  private askDecisions(now: Millis): void {
    const others = () => this.views.members(this.log.decided).filter((id) => id !== this.id);
    const to = this.catchUp.ask(now, others, !this.isMember);
    if (to !== null) this.send([to], { type: "catchup", from: next(this.log.decided) });
  }

  private beat(moment: Moment): void {
    const { election, views, log, leader } = this;
    if (!election.speaks(moment.now)) return;
    const members = views.members(log.decided);
    const marks = { view: views.newest.number, decided: log.decided, kept: this.kept.slot };
    const sender = {
      leading: leader.active,
      ...marks,
      takesPart: members.includes(this.id),
      stands: this.elector.mayStand,
    };
    const others = members.filter((id) => id !== this.id);
    this.heartbeats.tell(moment, election, sender, others, this.send);
  }

  private readonly send = (to: readonly NodeId[], message: PaxosMessage): void => {
    if (to.length > 0) this.out.send.push({ to, message });
  };

  private wakeAt(): Millis {
    const { election, leader, reads, catchUp } = this;
    return millis(
      Math.min(election.wakeAt(), leader.wakeAt(), reads.wakeAt(), catchUp.wakeAt(!this.isMember)),
    );
  }
}
