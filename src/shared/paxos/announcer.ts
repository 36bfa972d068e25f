/**
 * What a leader says, and to whom: questions for promises, proposals, the decided mark, the wish that another one
 * leads. Its own acceptor is asked directly.
 */
import type { Acceptor, VoteSink } from "./acceptor.ts";
import { medianWall } from "./agreed.ts";
import type { Ballot } from "./ballot.ts";
import type { Election } from "./election.ts";
import { HandOver } from "./handover.ts";
import type { NodeId } from "./ids.ts";
import type { Leader } from "./leader.ts";
import type { Log } from "./log.ts";
import { type Slot, slotZero } from "./slot.ts";
import type { Envelope, Moment, PaxosMessage, Proposal } from "./types.ts";
import type { Views } from "./view.ts";

interface Out extends VoteSink {
  readonly send: Envelope[];
}

export class Announcer {
  readonly handOver = new HandOver();
  private readonly id: NodeId;
  private readonly log: Log;
  private readonly views: Views;
  private readonly leader: Leader;
  private readonly election: Election;
  private readonly acceptor: Acceptor;
  /** The mark up to which this leader has told the members what is decided. */
  private announced: Slot = slotZero;

  constructor(id: NodeId, log: Log, views: Views, leader: Leader, election: Election, acceptor: Acceptor) {
    this.id = id;
    this.log = log;
    this.views = views;
    this.leader = leader;
    this.election = election;
    this.acceptor = acceptor;
  }

  /** After the inputs of a step: what the leader has to say now. */
  run(moment: Moment, out: Out): void {
    const told = new Set<NodeId>([this.id]);
    this.leader.run(
      moment,
      this.election.connected,
      () => medianWall(this.election.clocks(moment, this.views.open(this.log.decided))),
      (message, to) => this.ask(message, to, out),
      (slot, proposal, ballot, to) => this.propose(slot, proposal, ballot, to, told, out),
    );
    this.announce(told, out);
    const { leader, election, views } = this;
    const { ballot } = leader;
    const { decided } = this.log;
    const heir = this.handOver.heir(moment.now, this.id, leader, election, views.newest, decided);
    if (heir !== null && ballot !== null) {
      send(out, [heir], { type: "decided", ballot, decided });
      send(out, [heir], { type: "lead", ballot, decided });
    }
  }

  /** p1a is a vote of the candidate for itself: it leaves when the candidate's own promise is durable. */
  private ask(message: PaxosMessage, to: readonly NodeId[], out: Out): void {
    if (message.type !== "p1a") return;
    if (to.includes(this.id)) this.acceptor.p1a(this.id, message.ballot, message.from, out);
    out.votes.push({ to: to.filter((id) => id !== this.id), message });
  }

  private propose(
    slot: Slot,
    proposal: Proposal,
    ballot: Ballot,
    to: readonly NodeId[],
    told: Set<NodeId>,
    out: Out,
  ): void {
    const { number: view, first } = this.views.at(slot);
    const pvalue = { ballot, slot, proposal };
    const message = { type: "p2a", pvalue, view, first, decided: this.log.decided } as const;
    if (to.includes(this.id)) this.acceptor.p2a(this.id, message, out);
    const others = to.filter((id) => id !== this.id);
    for (const id of others) told.add(id);
    send(out, others, message);
  }

  /** Tells the new decided mark to the members that no p2a of this step told it. */
  private announce(told: ReadonlySet<NodeId>, out: Out): void {
    const { ballot, active } = this.leader;
    const { decided } = this.log;
    if (!active || ballot === null || decided <= this.announced) return;
    this.announced = decided;
    const to = this.views.members(decided).filter((id) => !told.has(id));
    send(out, to, { type: "decided", ballot, decided });
  }
}

function send(out: Out, to: readonly NodeId[], message: PaxosMessage): void {
  if (to.length > 0) out.send.push({ to, message });
}
