/** Ballots, totally ordered: the higher round wins, the leader's id breaks ties (PMMC section 2.2). */
import type { NodeId } from "./ids.ts";

export interface Ballot {
  readonly round: number;
  readonly leader: NodeId;
}

/** Below every ballot that a leader can have. */
export const ballotZero: Ballot = { round: 0, leader: "" as NodeId };

/** Negative when a < b, 0 when equal, positive when a > b. */
export function compareBallots(a: Ballot, b: Ballot): number {
  if (a.round !== b.round) return a.round - b.round;
  return a.leader < b.leader ? -1 : a.leader > b.leader ? 1 : 0;
}

export function sameBallot(a: Ballot, b: Ballot): boolean {
  return a.round === b.round && a.leader === b.leader;
}

export function maxBallot(a: Ballot, b: Ballot): Ballot {
  return compareBallots(a, b) >= 0 ? a : b;
}
