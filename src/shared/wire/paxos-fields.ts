/** The nouns of the protocol as tuples, shared by the messages of peers and the log on disk. */
import { membersMax, snapshotBytesMax, viewsMax } from "../limits.ts";
import { type Ballot, ballotZero } from "../paxos/ballot.ts";
import { unreachable } from "../paxos/ids.ts";
import type { Decision, Proposal, PValue, SnapshotHead, Stamp } from "../paxos/types.ts";
import type { Genesis, Member, Role, View, ViewChange } from "../paxos/view.ts";
import { bad } from "./bad-frame.ts";
import {
  bool,
  bytes,
  cluster,
  count,
  hex,
  list,
  logTimeField,
  node,
  slotField,
  tuple,
  wallField,
  word,
} from "./fields.ts";
import { addr, listOf, name, record } from "./record.ts";

const roles: readonly Role[] = ["replica", "acceptor", "learner", "nameserver"];
/** Part of the wire and log format. */
const changeTags = {
  join: 1,
  replace: 2,
  move: 3,
  leave: 4,
  evict: 5,
  away: 6,
} as const satisfies Record<ViewChange["type"], number>;

/** The zero ballot has no leader: what an acceptor answers that has promised nothing. */
export function ballot(round: unknown, leader: unknown, what: string): Ballot {
  if (round === 0 && leader === "") return ballotZero;
  return { round: count(round, what), leader: node(leader, what) };
}

function stampTuple(s: Stamp | null): readonly unknown[] | null {
  return s && [s.logTime, s.wall, s.seed, s.first];
}

function changeTuple(c: ViewChange | null): readonly unknown[] | null {
  if (c === null) return null;
  const head = [changeTags[c.type], c.against];
  switch (c.type) {
    case "join":
    case "move":
      return [...head, memberTuple(c.member)];
    case "replace":
      return [...head, c.id, memberTuple(c.member)];
    case "leave":
      return [...head, c.id];
    case "evict":
      return [...head, c.ids];
    case "away":
      return [...head, c.id, c.away];
    default:
      return unreachable(c);
  }
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
  if (!Array.isArray(v)) bad("change", "a list");
  const tag: unknown = v[0];
  const against = count(v[1], "change.against");
  switch (tag) {
    case changeTags.join:
      return { type: "join", against, member: member(tuple(v, "change", 3)[2]) };
    case changeTags.move:
      return { type: "move", against, member: member(tuple(v, "change", 3)[2]) };
    case changeTags.replace: {
      const [, , id, newcomer] = tuple(v, "change", 4);
      return { type: "replace", against, id: node(id, "change.id"), member: member(newcomer) };
    }
    case changeTags.leave:
      return { type: "leave", against, id: node(tuple(v, "change", 3)[2], "change.id") };
    case changeTags.evict: {
      const ids = list(tuple(v, "change", 3)[2], "change.ids", membersMax, node);
      return { type: "evict", against, ids };
    }
    case changeTags.away: {
      const [, , id, away] = tuple(v, "change", 4);
      return { type: "away", against, id: node(id, "change.id"), away: bool(away, "change.away") };
    }
    default:
      return bad("change", "of a known kind");
  }
}

export function role(v: unknown, what: string): Role {
  return roles.includes(v as Role) ? (v as Role) : bad(what, "a role");
}

export function memberTuple(m: Member): readonly unknown[] {
  return [m.id, m.role, m.addr, m.domain, m.groups, m.away];
}

export const member = /* @__PURE__ */ record<Member>("member", {
  id: node,
  role,
  addr,
  domain: addr,
  groups: /* @__PURE__ */ listOf(membersMax, name),
  away: bool,
});

export function viewTuple(v: View): readonly unknown[] {
  return [v.number, v.first, v.members.map(memberTuple)];
}

export const view = /* @__PURE__ */ record<View>("view", {
  number: count,
  first: slotField,
  members: /* @__PURE__ */ listOf(membersMax, member),
});

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

export function viewsTuple(views: readonly View[]): readonly unknown[] {
  return views.map(viewTuple);
}

/** At least one. */
export function views(v: unknown): readonly View[] {
  const found = list(v, "views", viewsMax, view);
  return found.length > 0 ? found : bad("views", "not empty");
}

export function headTuple(h: SnapshotHead): readonly unknown[] {
  return [h.slot, viewsTuple(h.views), h.logTime, h.hash, h.size];
}

export function head(v: unknown): SnapshotHead {
  const [s, all, time, hash, size] = tuple(v, "head", 5);
  return {
    slot: slotField(s, "head.slot"),
    views: views(all),
    logTime: logTimeField(time, "head.logTime"),
    hash: hex(hash, "head.hash", 64),
    size: count(size, "head.size", snapshotBytesMax),
  };
}
