/** What a node starts from: the writes found on its disk, folded. */
import { type Ballot, ballotZero, maxBallot } from "./ballot.ts";
import { logTime, unreachable } from "./ids.ts";
import { maxSlot, type Slot, slotZero } from "./slot.ts";
import type { PValue, Recovered, Trimmed, Write } from "./types.ts";

/** Folds the writes found on a disk, in order, into what the node starts from; null when it was never founded. */
export class Recovery {
  private founded: Extract<Write, { type: "founded" | "trimmed" }> | null = null;
  private promised: Ballot = ballotZero;
  private decided: Slot = slotZero;
  private readonly values = new Map<Slot, PValue>();
  /** Counts only up to the mark: above it a crash came between the two, and what was accepted must be told (P3). */
  private readonly chosen = new Map<Slot, PValue>();

  add(write: Write): void {
    switch (write.type) {
      case "founded":
        this.founded = write;
        break;
      case "promised":
        this.promised = maxBallot(this.promised, write.ballot);
        break;
      case "accepted":
        this.promised = maxBallot(this.promised, write.pvalue.ballot);
        this.values.set(write.pvalue.slot, write.pvalue);
        break;
      case "chosen":
        this.chosen.set(write.decision.slot, { ballot: ballotZero, ...write.decision });
        break;
      case "mark":
        this.decided = maxSlot(this.decided, write.decided);
        break;
      case "trimmed":
        this.trim(write);
        break;
      default:
        return unreachable(write);
    }
  }

  get result(): Recovered | null {
    if (this.founded === null) return null;
    const { founded, promised, decided } = this;
    const { id, genesis } = founded;
    for (const [s, pvalue] of this.chosen) if (s <= decided) this.values.set(s, pvalue);
    const accepted = [...this.values.values()].sort((a, b) => a.slot - b.slot);
    const base =
      founded.type === "trimmed"
        ? { trimmed: founded.slot, views: founded.views, logTime: founded.logTime }
        : { trimmed: slotZero, views: [genesis.view], logTime: logTime(0) };
    return { id, genesis, promised, accepted, decided, ...base };
  }

  /** The record says again what matters of those before it, which may be gone. */
  private trim(write: Trimmed): void {
    this.founded = write;
    this.promised = maxBallot(this.promised, write.promised);
    this.decided = maxSlot(this.decided, write.decided);
    for (const s of this.values.keys()) if (s <= write.slot) this.values.delete(s);
    for (const s of this.chosen.keys()) if (s <= write.slot) this.chosen.delete(s);
  }
}
