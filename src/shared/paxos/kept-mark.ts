/**
 * The decided mark that is durable here, where a view needs it (rule 6). A mark alone is not worth a sync: it is
 * written with what comes next. But when a view changes nothing may come: the mark that reaches the slot before the
 * first one of the newest view must be durable, or a crash asks again for decisions of voters that may be gone. So it is
 * voted for, by this node to itself, and votes wait for the disk.
 */
import type { VoteSink } from "./acceptor.ts";
import type { NodeId } from "./ids.ts";
import { maxSlot, plus, type Slot } from "./slot.ts";
import type { View } from "./view.ts";

export class KeptMark {
  /** Invariant: on disk; at least newest.first - 1 soon after the log has decided that. */
  slot: Slot;
  private asked: Slot;

  /** @param decided as it was found on the disk */
  constructor(decided: Slot) {
    this.slot = decided;
    this.asked = decided;
  }

  /** After the marks of a step: the one that a view begins after is made durable. */
  vote(self: NodeId, decided: Slot, { first }: View, out: VoteSink): void {
    if (plus(this.asked, 1) >= first || plus(decided, 1) < first) return;
    this.asked = decided;
    out.votes.push({ to: [self], message: { type: "kept", decided } });
  }

  /** The vote came back: all that was written before it is durable. */
  told(own: boolean, decided: Slot): void {
    if (own) this.slot = maxSlot(this.slot, decided);
  }
}
