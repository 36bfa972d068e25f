/** What executing one slot leaves behind for clients. */
import type { Answer, ClassInfo, Code, Seq, SessionId } from "./types.ts";

/** What became of an upgrade. */
export interface Upgraded {
  /** The classes whose code was to change, and those that were to be new. */
  readonly classes: readonly ClassInfo[];
  /** Why the cluster goes on with the code that it had, in one line; null: it goes on with the new one. */
  readonly problem: string | null;
}

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
  /** Null when no upgrade was carried out. */
  readonly upgraded: Upgraded | null;
}

/** The same while the slot is being executed. */
export type Effects = {
  readonly [K in keyof Omit<Applied, "snapshot" | "upgraded">]: Applied[K][number][];
} & { snapshot: boolean; upgraded: Upgraded | null };

export function noEffects(): Effects {
  const none = { snapshot: false, upgraded: null };
  return { answers: [], opened: [], refusedOpens: [], ended: [], expected: [], ...none };
}
