/** What executing one slot leaves behind for clients. */
import type { Answer, Code, Seq, SessionId } from "./types.ts";

/** What executing a slot means for clients, wherever they are connected. */
export interface Applied {
  readonly answers: readonly Answer[];
  readonly opened: readonly { readonly secretHash: string; readonly session: SessionId }[];
  readonly refusedOpens: readonly {
    readonly secretHash: string;
    readonly code: Code;
    readonly message: string;
  }[];
  readonly ended: readonly SessionId[];
  /** Commands that came too early and were not executed: their sessions go on at `seq`. */
  readonly expected: readonly { readonly session: SessionId; readonly seq: Seq }[];
  /** Whether a snapshot of the state after this slot is to be made. */
  readonly snapshot: boolean;
}

/** The same while the slot is being executed. */
export type Effects = {
  readonly [K in keyof Omit<Applied, "snapshot">]: Applied[K][number][];
} & { snapshot: boolean };

export function noEffects(): Effects {
  return { answers: [], opened: [], refusedOpens: [], ended: [], expected: [], snapshot: false };
}
