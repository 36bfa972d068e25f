/** The election put to use at one node: when it stands, scouts, is preempted, takes over, or objects. */
import { type Ballot, compareBallots, sameBallot } from "./ballot.ts";
import type { CatchUp } from "./catchup.ts";
import type { Election } from "./election.ts";
import type { Millis, NodeId } from "./ids.ts";
import type { Leader } from "./leader.ts";
import type { Log } from "./log.ts";
import type { Slot } from "./slot.ts";
import type { Moment, PaxosMessage } from "./types.ts";
import { mayLead, type Views } from "./view.ts";

type Send = (to: readonly NodeId[], message: PaxosMessage) => void;

export class Elector {
  /** Only a node that executes may lead: set by the driver when its code differs from the cluster's. */
  stands = true;
  private readonly id: NodeId;
  private readonly log: Log;
  private readonly views: Views;
  private readonly leader: Leader;
  private readonly election: Election;
  private readonly catchUp: CatchUp;

  constructor(id: NodeId, log: Log, views: Views, leader: Leader, election: Election, catchUp: CatchUp) {
    this.id = id;
    this.log = log;
    this.views = views;
    this.leader = leader;
    this.election = election;
    this.catchUp = catchUp;
  }

  /** One that needs a snapshot first would keep all others waiting for it. */
  get mayStand(): boolean {
    return this.stands && !this.catchUp.needsSnapshot && mayLead(this.views.newest, this.id);
  }

  run(moment: Moment, send: Send): void {
    const { election, leader } = this;
    const verdict = election.check(moment, () => this.views.open(this.log.decided), this.mayStand);
    if (verdict === "scout") leader.scout(moment.now, election.own);
    else if (verdict === "object") this.object(moment.now, send);
    const { ballot, active } = leader;
    if (ballot !== null && !active && this.catchUp.needsSnapshot) election.outvoted(ballot);
    if (ballot !== null && compareBallots(election.leader, ballot) > 0) leader.follow(); // preempted
  }

  /** What has this node take over now, as a leader would say it that stops. Null where a majority does not hear it. */
  request(now: Millis): PaxosMessage | null {
    const { election, log, views } = this;
    if (!election.isConnected(now, views.open(log.decided))) return null;
    return { type: "lead", ballot: election.leader, decided: log.decided };
  }

  /** The leader stops and asks this node to lead, if it holds all that the leader knows to be decided. */
  succeed(now: Millis, ballot: Ballot, decided: Slot): void {
    const { election, log } = this;
    if (!sameBallot(ballot, election.leader) || decided > log.decided || !this.mayStand) return;
    const own = election.succeed(now, this.views.open(log.decided));
    if (own !== null) this.leader.scout(now, own);
  }

  /** One that cannot stand is not led until the leader has a ballot above all that it knows. */
  private object(now: Millis, send: Send): void {
    const leader = this.election.outdatedLeader(now);
    const beat = leader === null ? null : this.election.last(leader);
    if (leader === null || beat === null) return;
    // Its own ballot tells it nothing: it stands with it, and would take it for another's and wait.
    if (this.election.leader.leader === leader) return;
    send([leader], { type: "confirmed", asked: beat.ballot, ballot: this.election.leader, round: 0 });
  }
}
