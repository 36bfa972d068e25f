/**
 * Hand-over: a leader that is going to stop proposes nothing new, and when all that it proposed is decided asks the
 * follower that is furthest on to lead. That one scouts at once. With no p1a within a while the leader goes on.
 */
import type { Election } from "./election.ts";
import { type Millis, millis, type NodeId } from "./ids.ts";
import type { Leader } from "./leader.ts";
import type { View } from "./view.ts";

/** How long the heir is given to begin. */
export const heirMillis = 50;

export class HandOver {
  private wanted = false;

  begin(): void {
    this.wanted = true;
  }

  /** The node to be asked now, once; or null. */
  heir(now: Millis, self: NodeId, leader: Leader, election: Election, newest: View): NodeId | null {
    if (!this.wanted || !leader.active) return null;
    leader.quiet(millis(now + heirMillis));
    if (!leader.idle) return null;
    this.wanted = false;
    let heir: NodeId | null = null;
    let furthest = -1;
    for (const { id, role } of newest.members) {
      if (id === self || role !== "replica") continue;
      const decided = election.isHeard(id, now) ? (election.last(id)?.decided ?? -1) : -1;
      if (decided > furthest) [heir, furthest] = [id, decided];
    }
    return heir;
  }
}
