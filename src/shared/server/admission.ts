/**
 * What the leader answers to a node that asks in, from the newest view and from how long the member at the same
 * address was silent. A pure decision: whether and when the change is proposed is up to membership.ts. A nameserver
 * asks as long as it lives: that is how the leader hears it, and how it comes back.
 */
import { membersMax } from "../limits.ts";
import type { Code } from "../object/types.ts";
import type { NodeId } from "../paxos/ids.ts";
import { heartbeatTimeoutMillis } from "../paxos/peers.ts";
import { type Member, takesPart, type View, type ViewChange } from "../paxos/view.ts";

/** The election time-out: a member that has been silent for this long may be replaced at its address. */
export const replaceAfterMillis = 3 * heartbeatTimeoutMillis;

/** How often a nameserver that is shown asks, ms; more often where that makes the leader take it for away. */
export const nameserverAsksMillis = 1_000;

/** What the leader knows beside the view. */
export interface Known {
  /** Milliseconds since a member was heard. */
  silence(id: NodeId): number;
  /** Milliseconds since this node first asked for an address that is taken. */
  readonly waited: number;
  /** Milliseconds of silence after which a member is away. */
  readonly evictAfter: number;
  /** Whether an operator let it leave. */
  readonly hasLeft: boolean;
}

export type Admission =
  | { readonly type: "change"; readonly change: ViewChange }
  | { readonly type: "refused"; readonly code: Code; readonly message: string }
  /** The view shows it already, or it is too early to tell: the node asks again. */
  | { readonly type: "later" };

const later: Admission = { type: "later" };

export function admit({ number: against, members }: View, member: Member, leader: Known): Admission {
  const isNameserver = !takesPart(member);
  const known = members.find((m) => m.id === member.id);
  const holder = members.find((m) => m.addr === member.addr && m.id !== member.id);
  if (known !== undefined) {
    if (known.role !== member.role)
      return refused(`node ${known.id} is a member as ${known.role}; it cannot become ${member.role}`);
    if (!isAsWanted(known, member))
      return holder === undefined
        ? { type: "change", change: { type: "move", against, member } }
        : taken(holder, leader);
    if (!isNameserver || !known.away) return later;
    return { type: "change", change: { type: "away", against, id: known.id, away: false } };
  }
  // Those that hold the log know from it that they left.
  if (isNameserver && leader.hasLeft)
    return refused(`the nameserver ${member.id} at ${member.addr} left the cluster`, "CLOSED");
  if (holder !== undefined) {
    if (isNameserver && takesPart(holder))
      return refused(`${holder.addr} belongs to the ${holder.role} ${holder.id}`);
    if (leader.silence(holder.id) < patience(holder, leader)) return taken(holder, leader);
    return { type: "change", change: { type: "replace", against, id: holder.id, member } };
  }
  if (members.length < membersMax) return { type: "change", change: { type: "join", against, member } };
  return refused(`a view has at most ${membersMax} members`, "BUSY");
}

/** Whether the view shows a member as it started. */
export function isAsWanted(shown: Member, wanted: Member): boolean {
  const { addr, domain, groups } = shown;
  const sameGroups = groups.length === wanted.groups.length && groups.every((g, i) => g === wanted.groups[i]);
  return addr === wanted.addr && domain === wanted.domain && sameGroups;
}

/** A member that died a moment ago still counts as heard: only one that goes on being heard is alive. */
function taken(holder: Member, leader: Known): Admission {
  const limit = patience(holder, leader);
  const alive = leader.waited >= 2 * limit && leader.silence(holder.id) < limit;
  return alive ? refused(`${holder.addr} belongs to the member ${holder.id}, which answers`) : later;
}

/** How long a member must be silent so that its address is free, ms. Nameservers speak more seldom than nodes. */
function patience(holder: Member, { evictAfter }: Known): number {
  return takesPart(holder) ? replaceAfterMillis : Math.min(evictAfter, 3 * nameserverAsksMillis);
}

function refused(message: string, code: Code = "DENIED"): Admission {
  return { type: "refused", code, message };
}
