/** Equality of proposals, written apart from the one of the core: the checker must not share its mistakes. */
import type { Proposal } from "../paxos/types.ts";

export function sameValue(a: Proposal, b: Proposal): boolean {
  if (a === b) return true;
  if ((a.stamp === null) !== (b.stamp === null) || (a.change === null) !== (b.change === null)) return false;
  if (a.stamp !== null && b.stamp !== null) {
    if (a.stamp.logTime !== b.stamp.logTime || a.stamp.wall !== b.stamp.wall) return false;
    if (a.stamp.seed !== b.stamp.seed || a.stamp.first !== b.stamp.first) return false;
  }
  if (a.change !== null && b.change !== null) {
    if (a.change.against !== b.change.against || a.change.member.id !== b.change.member.id) return false;
  }
  if (a.body.length !== b.body.length) return false;
  for (let i = 0; i < a.body.length; i++) if (a.body[i] !== b.body[i]) return false;
  return true;
}
