/**
 * What changes one object: the executed inputs, in their order. Who has the state of an object after some slot, the
 * calls that were blocked then, and all inputs since, has the state after any later slot: inputs carry all that code
 * of the object may ask about, time and chance too. They are noted only for objects that somebody taps.
 */
import type { SlotContext } from "./surround.ts";
import type { SessionId } from "./types.ts";

/**
 * call: a method runs. init: the object is built anew, and its blocked calls are over. cancel, deadline: a blocked
 * call is over. sessionEnd: all blocked calls of a session are. migrate: the object went over to other code.
 */
export const inputKinds = ["call", "cancel", "sessionEnd", "deadline", "init", "migrate"] as const;
export type InputKind = (typeof inputKinds)[number];

export interface Input {
  readonly kind: InputKind;
  /** How many calls the cluster executed before this input. */
  readonly index: number;
  /** Of the slot's streams of chance, the first one that is drawn from. */
  readonly k: number;
  /** Who calls; else whose call is over, or whose session ended. */
  readonly session: SessionId;
  readonly user: string | null;
  /** Of the call, or of the ticket; 0 for a session. */
  readonly seq: number;
  /** Whether hooks hear of it. A session's end may concern an object only because the session's calls waited there. */
  readonly told: boolean;
  /** The call, encoded alone; no bytes where the input is none, or cannot be told. */
  readonly payload: Uint8Array;
}

/** Hears of each input before it is executed. @param context the slot, its clocks and its seed */
export type Tap = (context: SlotContext, input: Input) => void;
