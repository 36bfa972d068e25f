/**
 * The scout (PMMC figure 6): asks for promises and gathers what was accepted before (pmax). Departures: one scout
 * serves all slots above `from`, and goes on gathering while its ballot leads, because a later view brings voters
 * that must promise too; a promise counts only for slots above the marks of the one who gave it (rule 3).
 */
import { type Ballot, compareBallots, sameBallot } from "./ballot.ts";
import type { NodeId } from "./ids.ts";
import { maxSlot, type Slot } from "./slot.ts";
import type { PaxosMessage, PValue } from "./types.ts";
import { isQuorum, type View } from "./view.ts";

type P1b = Extract<PaxosMessage, { type: "p1b" }>;

/** How far the parts of one acceptor's answer reach without a gap. */
interface Gathering {
  /** Where its first part began: below, its promise says nothing. */
  readonly mark: Slot;
  covered: Slot;
}

export class Scout {
  readonly ballot: Ballot;
  readonly from: Slot;
  /** Above this, in each slot, the accepted pvalue with the highest ballot (P3). */
  readonly pmax = new Map<Slot, PValue>();
  /** The highest slot in pmax. */
  top: Slot;
  /** Who promised, with its decided mark at that moment. */
  private readonly promised = new Map<NodeId, Slot>();
  private readonly gathering = new Map<NodeId, Gathering>();

  constructor(ballot: Ballot, from: Slot) {
    this.ballot = ballot;
    this.from = from;
    this.top = from;
  }

  /** Takes one part of a promise; true when with it the promise is complete. */
  p1b(from: NodeId, message: P1b): boolean {
    // A late refusal of an older ballot of this node names the promise of the new one, but not what was accepted.
    if (!sameBallot(message.asked, this.ballot) || !sameBallot(message.ballot, this.ballot)) return false;
    if (this.promised.has(from)) return false;
    let held = this.gathering.get(from);
    const first = message.above === maxSlot(this.from, message.decided);
    // A repeated answer may begin beyond what the parts of an earlier one cover: then it counts alone.
    if (first && (held === undefined || message.above > held.covered)) {
      held = { mark: maxSlot(message.decided, message.trimmed), covered: message.above };
      this.gathering.set(from, held);
    }
    if (held === undefined) return false;
    if (message.above > held.covered) return false; // one before it is missing: p1a is repeated
    for (const pvalue of message.accepted) this.merge(pvalue);
    if (message.upTo !== null) held.covered = maxSlot(held.covered, message.upTo);
    if (message.upTo !== null) return false;
    this.gathering.delete(from);
    this.promised.set(from, held.mark);
    return true;
  }

  hasPromised(id: NodeId): boolean {
    return this.promised.has(id);
  }

  /**
   * Whether the ballot is adopted for slot `s`, which `view` governs: a majority of its voters promised, each counted
   * once. Below its decided mark an acceptor reports nothing, so there its promise does not count.
   */
  adopted(view: View, s: Slot): boolean {
    return isQuorum(view, (id) => {
      const mark = this.promised.get(id);
      return mark !== undefined && mark < s;
    });
  }

  private merge(pvalue: PValue): void {
    const held = this.pmax.get(pvalue.slot);
    if (held === undefined || compareBallots(pvalue.ballot, held.ballot) > 0)
      this.pmax.set(pvalue.slot, pvalue);
    this.top = maxSlot(this.top, pvalue.slot);
  }
}
