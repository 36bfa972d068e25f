/**
 * Hand-over: a leader that is going to stop, or that the newest view has left out, proposes nothing new, and when all
 * that it proposed is decided asks the follower that is furthest on to lead. That one scouts at once. With no p1a
 * within a while the next one is asked, and when all were the leader goes on. One that is left out waits until the
 * newest view governs and a majority of it holds what was decided before (rule 6), and does not give up.
 */
import type { Election } from "./election.ts";
import { type Millis, millis, type NodeId } from "./ids.ts";
import type { Leader } from "./leader.ts";
import { heartbeatTimeoutMillis } from "./peers.ts";
import { plus, type Slot, slotZero } from "./slot.ts";
import { isSafe, mayLead, type View } from "./view.ts";

/** How long an heir is given to begin. */
export const heirMillis = 50;

export class HandOver {
  private wanted = false;
  /** Who was asked and did not begin. */
  private asked: readonly NodeId[] = [];
  /** Until then the heir that was asked may begin, or this node goes on. */
  private waitsUntil: Millis = millis(0);
  /** The number of the newest view about which this node, which it leaves out, has asked the others. */
  private inquired = 0;

  begin(): void {
    this.wanted = true;
  }

  /** The node to be asked now, once; or null. @param decided this node's decided mark */
  heir(
    now: Millis,
    self: NodeId,
    leader: Leader,
    election: Election,
    newest: View,
    decided: Slot,
  ): NodeId | null {
    if (!leader.active) return null;
    const leaves = !mayLead(newest, self) && newest.first <= plus(decided, 1);
    if (leaves) this.inquire(now, election, newest);
    const safe = () => isSafe(newest, (id) => election.last(id)?.kept ?? slotZero);
    if (!this.wanted && !(leaves && safe())) return null;
    if (now < this.waitsUntil) return null;
    const heir = furthest(now, self, election, newest, this.asked);
    if (heir === null) {
      this.wanted = false;
      this.asked = [];
      this.waitsUntil = millis(now + heartbeatTimeoutMillis);
      return null;
    }
    leader.quiet(millis(now + heirMillis));
    if (!leader.idle) return null;
    this.asked = [...this.asked, heir];
    this.waitsUntil = millis(now + heirMillis);
    return heir;
  }

  /** The members of the view do not tell those whom it leaves out how far they are: they are asked. */
  private inquire(now: Millis, election: Election, { number }: View): void {
    if (this.inquired === number) return;
    this.inquired = number;
    election.nextBeat = now;
  }
}

function furthest(
  now: Millis,
  self: NodeId,
  election: Election,
  { members }: View,
  except: readonly NodeId[],
): NodeId | null {
  let heir: NodeId | null = null;
  let most = -1;
  for (const { id, role } of members) {
    if (id === self || role !== "replica" || except.includes(id) || !election.isHeard(id, now)) continue;
    const decided = election.last(id)?.decided ?? 0;
    if (decided > most) [heir, most] = [id, decided];
  }
  return heir;
}
