/** The nouns of the protocol as tuples, shared by the messages of peers and the log on disk. */
import { addrCharsMax, membersMax, nameCharsMax } from "../limits.ts";
import { type Ballot, ballotZero } from "../paxos/ballot.ts";
import type { Decision, Proposal, PValue, Stamp } from "../paxos/types.ts";
import type { Genesis, Member, Role, View, ViewChange } from "../paxos/view.ts";
import { bad } from "./bad-frame.ts";
import {
  bool,
  bytes,
  cluster,
  count,
  list,
  logTimeField,
  node,
  slotField,
  text,
  tuple,
  wallField,
  word,
} from "./fields.ts";

const roles: ReadonlySet<unknown> = new Set<Role>(["replica", "acceptor", "learner", "nameserver"]);
/** Part of the wire and log format. */
const changeTags = { join: 1 } as const;

/** The zero ballot has no leader: what an acceptor answers that has promised nothing. */
export function ballot(round: unknown, leader: unknown, what: string): Ballot {
  if (round === 0 && leader === "") return ballotZero;
  return { round: count(round, what), leader: node(leader, what) };
}

function stampTuple(s: Stamp | null): readonly unknown[] | null {
  return s && [s.logTime, s.wall, s.seed, s.first];
}

function changeTuple(c: ViewChange | null): readonly unknown[] | null {
  return c && [changeTags[c.type], c.against, memberTuple(c.member)];
}

export function pvalueTuple(p: PValue): readonly unknown[] {
  const { stamp, change, body } = p.proposal;
  return [p.ballot.round, p.ballot.leader, p.slot, stampTuple(stamp), changeTuple(change), body];
}

export function decisionTuple(d: Decision): readonly unknown[] {
  const { stamp, change, body } = d.proposal;
  return [d.slot, stampTuple(stamp), changeTuple(change), body];
}

export function pvalue(v: unknown): PValue {
  const [round, leader, s, stamp, change, body] = tuple(v, "pvalue", 6);
  return {
    ballot: ballot(round, leader, "pvalue.ballot"),
    slot: slotField(s, "pvalue.slot"),
    proposal: proposal(stamp, change, body),
  };
}

export function decision(v: unknown): Decision {
  const [s, stamp, change, body] = tuple(v, "decision", 4);
  return { slot: slotField(s, "decision.slot"), proposal: proposal(stamp, change, body) };
}

function proposal(stamp: unknown, change: unknown, body: unknown): Proposal {
  return {
    stamp: stamp === null ? null : stampField(stamp),
    change: change === null ? null : viewChange(change),
    body: bytes(body, "proposal.body"),
  };
}

function stampField(v: unknown): Stamp {
  const [time, wall, seed, first] = tuple(v, "stamp", 4);
  return {
    logTime: logTimeField(time, "stamp.logTime"),
    wall: wallField(wall, "stamp.wall"),
    seed: word(seed, "stamp.seed"),
    first: bool(first, "stamp.first"),
  };
}

function viewChange(v: unknown): ViewChange {
  const [tag, against, newcomer] = tuple(v, "change", 3);
  if (tag !== changeTags.join) bad("change", "of a known kind");
  return { type: "join", against: count(against, "change.against"), member: member(newcomer) };
}

export function role(v: unknown, what: string): Role {
  return roles.has(v) ? (v as Role) : bad(what, "a role");
}

export function memberTuple(m: Member): readonly unknown[] {
  return [m.id, m.role, m.addr, m.domain, m.groups, m.away];
}

export function member(v: unknown): Member {
  const [id, as, addr, domain, groups, away] = tuple(v, "member", 6);
  return {
    id: node(id, "member.id"),
    role: role(as, "member.role"),
    addr: text(addr, "member.addr", addrCharsMax),
    domain: text(domain, "member.domain", addrCharsMax),
    groups: list(groups, "member.groups", membersMax, (g) => text(g, "member.groups[]", nameCharsMax)),
    away: bool(away, "member.away"),
  };
}

export function viewTuple(v: View): readonly unknown[] {
  return [v.number, v.first, v.members.map(memberTuple)];
}

export function view(v: unknown): View {
  const [number, first, members] = tuple(v, "view", 3);
  return {
    number: count(number, "view.number"),
    first: slotField(first, "view.first"),
    members: list(members, "view.members", membersMax, member),
  };
}

export function genesisTuple(g: Genesis): readonly unknown[] {
  return [g.cluster, g.window, g.created, viewTuple(g.view)];
}

export function genesis(v: unknown): Genesis {
  const [id, window, created, first] = tuple(v, "genesis", 4);
  return {
    cluster: cluster(id, "genesis.cluster"),
    window: count(window, "genesis.window"),
    created: count(created, "genesis.created"),
    view: view(first),
  };
}
