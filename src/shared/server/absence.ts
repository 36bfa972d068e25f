/**
 * What the leader does about members that it does not hear: marks them away, unmarks those that are back, evicts
 * voters and nameservers that stay away. A pure decision. Eviction never lowers what the cluster tolerates: one voter
 * goes from an even number, two go together from an odd one, and three always stay. A nameserver has no vote.
 */
import type { NodeId } from "../paxos/ids.ts";
import { isVoter, type View, type ViewChange } from "../paxos/view.ts";

const votersMin = 3;
/** A nameserver goes after it was away for this many times the silence that made it so. */
const nameserverTimes = 10;

/** What the leader hears. */
export interface Hearing {
  /** Whether a heartbeat of the member came lately; the leader hears itself. Nameservers ask in when they are back. */
  isHeard(id: NodeId): boolean;
  /** Milliseconds since the member was heard, counted at most since this node began to lead. */
  silence(id: NodeId): number;
}

/**
 * @param evictAfter milliseconds of silence after which a member is away
 * @returns the one change to propose now, or null
 */
export function absence(view: View, { isHeard, silence }: Hearing, evictAfter: number): ViewChange | null {
  const { number: against, members } = view;
  const back = members.find((m) => m.away && isHeard(m.id));
  if (back !== undefined) return { type: "away", against, id: back.id, away: false };
  const ids = evictable(view, { isHeard, silence }, evictAfter);
  if (ids.length > 0) return { type: "evict", against, ids };
  const gone = members.find((m) => !m.away && silence(m.id) >= evictAfter);
  if (gone !== undefined) return { type: "away", against, id: gone.id, away: true };
  const patience = (1 + nameserverTimes) * evictAfter;
  const idle = members.filter((m) => m.role === "nameserver" && m.away && silence(m.id) >= patience);
  return idle.length === 0 ? null : { type: "evict", against, ids: idle.map((m) => m.id) };
}

function evictable(view: View, { isHeard, silence }: Hearing, evictAfter: number): readonly NodeId[] {
  const all = view.members.filter(isVoter);
  const count = all.length % 2 === 0 ? 1 : 2;
  if (all.length - count < votersMin) return [];
  const ids = all.filter((m) => m.away && silence(m.id) >= evictAfter).map((m) => m.id);
  if (ids.length < count) return [];
  const going = ids.slice(0, count);
  const heard = all.filter((m) => !going.includes(m.id) && isHeard(m.id));
  const majority = heard.length > (all.length - count) / 2;
  return majority && heard.some((m) => m.role === "replica") ? going : [];
}
