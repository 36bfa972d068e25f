/** What must hold after each step of a node, in production too, asserted on what changed since the last one. */
import { type Ballot, compareBallots } from "./ballot.ts";
import { must } from "./ids.ts";
import type { Leader } from "./leader.ts";
import type { Log } from "./log.ts";
import { type Slot, WINDOW } from "./slot.ts";

export class Invariants {
  private promised: Ballot;
  private decided: Slot;
  private trimmed: Slot;

  constructor(log: Log) {
    this.promised = log.promised;
    this.decided = log.decided;
    this.trimmed = log.trimmed;
  }

  /** @throws Broken naming the promise or rule that does not hold: the node must stop */
  check(log: Log, { state }: Leader): void {
    must(compareBallots(log.promised, this.promised) >= 0, "P1: the promise fell");
    must(log.decided >= this.decided, "the decided mark fell");
    must(log.trimmed >= this.trimmed && log.trimmed <= log.decided, "P9: the trim mark is not in its place");
    if (state.type === "active") {
      must(state.nextSlot <= log.decided + WINDOW + 1, "rule 1: proposed beyond the window");
    }
    this.promised = log.promised;
    this.decided = log.decided;
    this.trimmed = log.trimmed;
  }
}
