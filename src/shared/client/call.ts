/** One call that a program waits for: its promise, and what is known of its way. */
import { never } from "../clock.ts";
import type { Code, Seq } from "../object/types.ts";
import type { AbortGroup } from "./abort.ts";
import type { SentCommand } from "./calls.ts";
import type { ConcoordError } from "./errors.ts";
import type { Final } from "./outcome.ts";
import type { Part, Target } from "./payload.ts";

/** Why a program no longer waits. */
export interface GivenUp {
  readonly code: Code;
  readonly message: string;
  readonly cause: unknown;
}

/** Told of a call's final answer as soon as it comes. `late`: the call was given up, and its promise is settled. */
export type Heard = (outcome: Final, late: boolean) => void;

/** Where a call waits that a program may give up without anybody's leave. */
export interface Waiting {
  /** `call` waits here no more. */
  left(call: PendingCall): void;
}

/** Everything on the hot path is a plain field, so that a call costs this object and its promise. */
export class PendingCall implements Part {
  readonly target: Target;
  readonly args: Uint8Array;
  readonly promise: Promise<unknown>;
  resolve!: (value: unknown) => void;
  reject!: (error: Error) => void;
  /** 0 until the call was put into a frame: until then nobody but us knows of it. */
  seq: Seq | 0 = 0;
  command: SentCommand | null = null;
  /** Monotonic milliseconds at which it is given up, or, given up already, at which we no longer wait. */
  deadline = never;
  /** For the message of its error, in milliseconds. */
  timeout = 0;
  group: AbortGroup | null = null;
  /** Where it waits for its number, or, as a read, for its answer. */
  waiting: Waiting | null = null;
  /** Made through `proxy[local]`: a read that may be behind. */
  readonly local: boolean;
  /** It must go through the log, although it looks like a read. */
  logged = false;
  /** The id under which it was sent as a read. */
  readId = 0;
  givenUp: GivenUp | null = null;
  heard: Heard | null = null;
  /** Its promise is settled. A call may still be unanswered then. */
  settled = false;

  constructor(target: Target, args: Uint8Array, local = false) {
    this.target = target;
    this.args = args;
    this.local = local;
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  /** Rejects its promise unless it is settled. */
  fail(error: ConcoordError): void {
    if (this.settled) return;
    this.settled = true;
    this.reject(error);
  }
}
