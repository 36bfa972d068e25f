/** What a node says of itself: the shape of /status.json and of `concoord status --json`. Fields may be added. */

import type { StateMachine } from "../object/state-machine.ts";
import type { Ballot } from "../paxos/ballot.ts";
import type { ClusterId, Millis, NodeId } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import { WINDOW } from "../paxos/slot.ts";
import { type Member, type Role, takesPart, tolerates } from "../paxos/view.ts";

export interface MemberStatus {
  readonly id: NodeId;
  readonly role: Role;
  /** host:port */
  readonly addr: string;
  readonly domain: string;
  readonly groups: readonly string[];
  /** Whether the node that answers hears it. Nameservers are heard by the leader alone, which marks them away. */
  readonly alive: boolean;
  readonly away: boolean;
  readonly decided: number;
  readonly executed: number;
}

export interface Status {
  readonly cluster: ClusterId;
  readonly id: NodeId;
  readonly role: Role;
  readonly addr: string;
  readonly version: string;
  readonly uptimeMs: number;
  readonly leader: { readonly id: NodeId; readonly addr: string } | null;
  readonly ballot: { readonly round: Ballot["round"]; readonly id: NodeId };
  /** How many voters may fail while the cluster goes on. */
  readonly tolerates: number;
  /** One line for each thing that an operator should know. */
  readonly problems: readonly string[];
  readonly view: {
    readonly number: number;
    readonly window: number;
    readonly members: readonly MemberStatus[];
  };
  readonly decided: number;
  readonly executed: number;
  /** The slot of the newest snapshot on this node's disk; 0 for none. */
  readonly snapshot: number;
  readonly sessions: number;
  readonly blocked: number;
  readonly objects: readonly { readonly class: string; readonly name: string }[];
  /** The classes served, with the methods that may be called. */
  readonly classes: readonly { readonly name: string; readonly methods: readonly string[] }[];
}

/** What only the server knows of the node. */
type Own = Pick<Status, "cluster" | "addr" | "role" | "version" | "uptimeMs" | "problems">;

export function statusOf(
  node: PaxosNode,
  machine: StateMachine,
  now: Millis,
  objectsMax: number | undefined,
  own: Own,
): Status {
  const view = node.views.newest;
  const leader = node.leaderId;
  const ballot = node.election.leader;
  return {
    ...own,
    id: node.id,
    leader:
      leader === null ? null : { id: leader, addr: view.members.find((m) => m.id === leader)?.addr ?? "" },
    ballot: { round: ballot.round, id: ballot.leader },
    tolerates: tolerates(view),
    view: {
      number: view.number,
      window: WINDOW,
      members: view.members.map((m) => memberStatus(m, node, machine, now)),
    },
    decided: node.log.decided,
    executed: machine.executed,
    snapshot: node.retention.own,
    sessions: machine.sessionCount,
    blocked: machine.blockedCount,
    objects: machine.objects(objectsMax),
    classes: machine.classes.map(({ name, methods }) => ({ name, methods })),
  };
}

/** Of the others it says what their last heartbeats said. */
function memberStatus(m: Member, node: PaxosNode, machine: StateMachine, now: Millis): MemberStatus {
  const beat = node.election.last(m.id);
  const self = m.id === node.id;
  return {
    ...m,
    alive: self || (takesPart(m) ? node.election.isHeard(m.id, now) : !m.away),
    decided: self ? node.log.decided : (beat?.decided ?? 0),
    executed: self ? machine.executed : (beat?.executed ?? 0),
  };
}
