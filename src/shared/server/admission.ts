/**
 * What the leader answers to a node that asks in, from the newest view and from how long the member at the same
 * address was silent. A pure decision: whether and when the change is proposed is up to membership.ts.
 */
import { membersMax } from "../limits.ts";
import type { Code } from "../object/types.ts";
import type { NodeId } from "../paxos/ids.ts";
import { heartbeatTimeoutMillis } from "../paxos/peers.ts";
import type { Member, View, ViewChange } from "../paxos/view.ts";

/** The election time-out: a member that has been silent for this long may be replaced at its address. */
export const replaceAfterMillis = 3 * heartbeatTimeoutMillis;

export type Admission =
  | { readonly type: "change"; readonly change: ViewChange }
  | { readonly type: "refused"; readonly code: Code; readonly message: string }
  /** The view shows it already, or it is too early to tell: the node asks again. */
  | { readonly type: "later" };

const later: Admission = { type: "later" };

/**
 * @param silence milliseconds since a member was heard
 * @param waited milliseconds since this node first asked for an address that is taken
 */
export function admit(
  { number: against, members }: View,
  member: Member,
  silence: (id: NodeId) => number,
  waited: number,
): Admission {
  const known = members.find((m) => m.id === member.id);
  const holder = members.find((m) => m.addr === member.addr && m.id !== member.id);
  if (known !== undefined) {
    if (known.role !== member.role)
      return refused(`node ${known.id} is a member as ${known.role}; it cannot become ${member.role}`);
    if (isAsWanted(known, member)) return later;
    return holder === undefined
      ? { type: "change", change: { type: "move", against, member } }
      : taken(holder, silence, waited);
  }
  if (holder !== undefined) {
    if (silence(holder.id) < replaceAfterMillis) return taken(holder, silence, waited);
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
function taken(holder: Member, silence: (id: NodeId) => number, waited: number): Admission {
  const alive = waited >= 2 * replaceAfterMillis && silence(holder.id) < replaceAfterMillis;
  return alive ? refused(`${holder.addr} belongs to the member ${holder.id}, which answers`) : later;
}

function refused(message: string, code: Code = "DENIED"): Admission {
  return { type: "refused", code, message };
}
