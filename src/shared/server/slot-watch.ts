/** Who looks on while slots are executed, on this node alone: for traces. What it throws breaks the node. */
import type { Call, Outcome, Seq, SessionId } from "../object/types.ts";
import type { Millis } from "../paxos/ids.ts";
import type { Slot } from "../paxos/slot.ts";

export interface SlotWatch {
  /** A slot was decided here; what it decided is executed now. */
  begin(slot: Slot): void;
  /** A call of it had its turn. @param since when it came from a client of this node; null when it did not */
  executed(call: Call, session: SessionId, of: Seq, outcome: Outcome, since: Millis | null): void;
  /** All that waited for the slot is executed. */
  end(): void;
}
