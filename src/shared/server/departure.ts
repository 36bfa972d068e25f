/** Members that go by the wish of an operator: what is refused, and when it is done. Pure decisions. */
import type { NodeId } from "../paxos/ids.ts";
import { isVoter, majority, takesPart, type View } from "../paxos/view.ts";

export type Departure = "leave" | "evict";

/**
 * Why the member cannot go now, in one line, or null. A view that nobody could lead, or of which less than a majority
 * answers, would stop the cluster as soon as it governs.
 */
export function refusal(
  view: View,
  kind: Departure,
  id: NodeId,
  isHeard: (id: NodeId) => boolean,
): string | null {
  const member = view.members.find((m) => m.id === id);
  if (member === undefined) return `the view ${view.number} has no member ${id}`;
  // Of nameservers come no heartbeats.
  const answers = takesPart(member) ? isHeard(id) : !member.away;
  if (kind === "evict" && answers) return `${member.addr} answers: use leave`;
  const left = { ...view, members: view.members.filter((m) => m.id !== id) };
  if (!left.members.some((m) => m.role === "replica")) return `${member.addr} is the last replica`;
  if (!isVoter(member)) return null;
  const heard = left.members.filter((m) => isVoter(m) && isHeard(m.id));
  if (heard.length < majority(left)) {
    const all = left.members.filter(isVoter).length;
    return `without ${member.addr} only ${heard.length} of ${all} voters answer: start the others first`;
  }
  if (heard.some((m) => m.role === "replica")) return null;
  return `without ${member.addr} no replica answers: start the others first`;
}
