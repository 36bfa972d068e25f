/**
 * The commander (PMMC figure 6): sees one pvalue through phase 2. It counts the distinct voters of the view that
 * governs the slot which accepted at exactly its ballot (rules 4 and 5).
 */
import type { Millis, NodeId } from "./ids.ts";
import { millis } from "./ids.ts";
import type { Proposal } from "./types.ts";
import { isQuorum, majority, type View } from "./view.ts";

/** A message may be lost: the p2a is repeated to those who have not answered, less and less often. */
const resendMillisMin = 100;
const resendMillisMax = 1_000;
/** How long a voter that lacks earlier slots is given to get them. */
const hastenMillis = 10;

export class Commander {
  readonly proposal: Proposal;
  readonly view: View;
  readonly since: Millis;
  resendAt: Millis;
  private wait = resendMillisMin;
  private readonly accepted = new Set<NodeId>();

  constructor(proposal: Proposal, view: View, now: Millis) {
    this.proposal = proposal;
    this.view = view;
    this.since = now;
    this.resendAt = millis(now + this.wait);
  }

  /** Counts an acceptance; true when a majority of the slot's view has now accepted. */
  p2b(from: NodeId): boolean {
    this.accepted.add(from);
    return isQuorum(this.view, (id) => this.accepted.has(id));
  }

  /** At most so many voters more must accept: who is none may have, too. */
  get missing(): number {
    return majority(this.view) - this.accepted.size;
  }

  hasAccepted(id: NodeId): boolean {
    return this.accepted.has(id);
  }

  resent(now: Millis): void {
    this.wait = Math.min(this.wait * 2, resendMillisMax);
    this.resendAt = millis(now + this.wait);
  }

  /** A voter lacks earlier slots and is given them now: ask it again soon. */
  hasten(now: Millis): void {
    this.resendAt = millis(Math.min(this.resendAt, now + hastenMillis));
  }
}
