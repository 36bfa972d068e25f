/** Who hears what became of calls, on this node alone: nothing that replicas agree on may depend on it. */
import type { Call, Calls, Outcome, Seq, SessionId } from "./types.ts";

export interface Heard {
  /** A call had its turn. */
  executed(command: Calls, call: Call, of: Seq, outcome: Outcome): void;
  /** A call that was blocked got its final outcome. */
  finished?(session: SessionId, of: Seq, outcome: Outcome): void;
}
