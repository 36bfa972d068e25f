/** What the cluster decided about a call, as what its caller's promise becomes. */
import type { Outcome } from "../object/types.ts";
import { unreachable } from "../paxos/ids.ts";
import { decodeError, decodeValue } from "../wire/values.ts";
import type { PendingCall } from "./call.ts";
import { ConcoordError, errorOf, thrownError } from "./errors.ts";

export type Final = Exclude<Outcome, { readonly type: "blocked" }>;

/** Settles the promise of `call`, unless it was given up, and tells who listens. */
export function settle(call: PendingCall, outcome: Final): void {
  const late = call.settled;
  if (!late) settlePromise(call, outcome);
  call.heard?.(outcome, late);
}

function settlePromise(call: PendingCall, outcome: Final): void {
  call.settled = true;
  try {
    switch (outcome.type) {
      case "returned":
        return call.resolve(decodeValue(outcome.value));
      case "threw":
        return call.reject(thrownError(decodeError(outcome.error)));
      case "refused": {
        const { givenUp } = call;
        // The cancel that we sent came first: the caller hears why it was sent.
        const why = givenUp !== null && outcome.code === "NOT_EXECUTED" ? givenUp : outcome;
        return call.reject(errorOf(why, outcome.executed));
      }
      default:
        unreachable(outcome);
    }
  } catch (error) {
    call.reject(new ConcoordError("BAD_FRAME", "the answer cannot be decoded", "yes", error));
  }
}
