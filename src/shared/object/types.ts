/** The nouns of the state machine above Paxos: sessions, commands, calls, outcomes. */
import type { Brand, ClusterId, LogTime } from "../paxos/ids.ts";
import type { View } from "../paxos/view.ts";

/** "<slot>.<index in the batch>" of the command that opened the session; unique within a cluster. */
export type SessionId = Brand<string, "SessionId">;
/** Numbers the calls of one session, from 1. */
export type Seq = Brand<number, "Seq">;

/** @throws RangeError when `text` does not look like "12.0". */
export function sessionId(text: string): SessionId {
  if (!/^[1-9][0-9]{0,15}\.[0-9]{1,5}$/.test(text)) throw new RangeError("not a session id");
  return text as SessionId;
}

/** Who calls where nobody of a cluster does. */
export const nobody = "1.0" as SessionId;

/** @throws RangeError when `n` is not an integer from 0 to 2^53 - 1 (0 is "before the first"). */
export function seq(n: number): Seq {
  if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`not a seq: ${n}`);
  return n as Seq;
}

/** "Before the first call." */
export const seqZero = 0 as Seq;

/** What concoord itself refuses with; the list is closed. docs/errors.md says what each means. */
export const codes = [
  "TIMEOUT",
  "ABORTED",
  "NO_QUORUM",
  "UNREACHABLE",
  "SESSION_EXPIRED",
  "NOT_EXECUTED",
  "BUSY",
  "DENIED",
  "WRONG_CLUSTER",
  "UNKNOWN_CLASS",
  "UNKNOWN_METHOD",
  "STALE_CLASS",
  "NOT_SENDABLE",
  "TOO_BIG",
  "READ_MUTATED",
  "BLOCK_NOT_RETURNED",
  "RETURNED_PROMISE",
  "BAD_FRAME",
  "VERSION",
  "CLOSED",
  "NOT_OWNER",
  "VALUE_ERROR",
  "BROKEN_BARRIER",
] as const;
export type Code = (typeof codes)[number];

/** One call, as the executor sees it after decoding a payload. */
export interface Call {
  /** "Class/name". */
  readonly object: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** What a client sends to be decided: `n` calls numbered from `firstSeq`; only the executor decodes `payload`. */
export interface Calls {
  readonly type: "calls";
  readonly session: SessionId;
  readonly firstSeq: Seq;
  readonly n: number;
  /** The client has the answers of all seqs up to here; their outcomes may be forgotten. */
  readonly ackedSeq: Seq;
  /** Seqs at or below `ackedSeq` that were answered since (calls that blocked). */
  readonly ackedLate: readonly Seq[];
  readonly payload: Uint8Array;
}

export interface ClassInfo {
  readonly name: string;
  /** SHA-256, hex, of the class's code. */
  readonly fingerprint: string;
  readonly methods: readonly string[];
  readonly reads: readonly string[];
}

/** What the log decides, beside membership. All but `calls` are meta commands and harmless when repeated. */
export type Command =
  | Calls
  /** Slot 1 of every cluster. */
  | { readonly type: "found"; readonly classes: readonly ClassInfo[] }
  /** `secretHash`: SHA-256, hex, of the client's 128-bit secret; `ttl` in ms of log time. */
  | { readonly type: "open"; readonly secretHash: string; readonly ttl: number; readonly user: string | null }
  | { readonly type: "close"; readonly session: SessionId }
  | { readonly type: "keepAlive"; readonly sessions: readonly SessionId[] }
  | { readonly type: "cancel"; readonly session: SessionId; readonly seqs: readonly Seq[] }
  /** All replicas make a snapshot of the state after this slot. */
  | { readonly type: "snapshot" }
  /**
   * The cluster goes on with other code, if `view` is the number of the newest view and there were as many upgrades
   * before. Of `classes` those count that are new or have another fingerprint.
   */
  | {
      readonly type: "upgrade";
      readonly view: number;
      readonly upgrades: number;
      readonly classes: readonly ClassInfo[];
    };

/** What became of one call. `returned.value` and `threw.error` are encoded; `undefined` is an empty value. */
export type Outcome =
  | { readonly type: "returned"; readonly value: Uint8Array }
  | { readonly type: "threw"; readonly error: Uint8Array }
  | { readonly type: "blocked" }
  | {
      readonly type: "refused";
      readonly code: Code;
      readonly message: string;
      /** "yes" when the method ran before its result was refused. */
      readonly executed: "yes" | "no";
    };

/** The decoded form of `threw.error`. */
export interface ErrorData {
  readonly name: string;
  readonly message: string;
  readonly code: string | null;
  /** Own enumerable properties beside these, as far as they can be sent. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly session: SessionId;
  readonly seq: Seq;
  readonly outcome: Outcome;
}

/** What the object layer needs of the bytes below it; shared/wire implements it. */
export interface ObjectCodec {
  /** @throws RangeError naming what is wrong. */
  decodeCommand(bytes: Uint8Array): Command;
  encodeCommand(command: Command): Uint8Array;
  /** Decodes the payload of `calls`. @throws RangeError when it is not `n` calls. */
  decodeCalls(payload: Uint8Array, n: number): readonly Call[];
  /** The payload of these calls. @throws NotSendable naming the path of what cannot be sent. */
  encodeCalls(calls: readonly Call[]): Uint8Array;
  /**
   * Encodes a value that a method returned or that a client sends. `undefined` becomes no bytes.
   * @throws NotSendable naming the path of what cannot be sent.
   */
  encodeValue(value: unknown): Uint8Array;
  encodeError(error: ErrorData): Uint8Array;
  encodeViews(views: readonly View[]): Uint8Array;
  /** @throws RangeError naming what is wrong. */
  decodeViews(bytes: Uint8Array): readonly View[];
}

/** A value that cannot travel: functions, symbols, promises, cycles. `path` as in `args[0].list[3]`. */
export class NotSendable extends Error {
  override readonly name = "NotSendable";
  readonly path: string;
  constructor(path: string, what: string) {
    super(`${what} at ${path === "" ? "the value" : path} cannot be sent`);
    this.path = path;
  }
}

/** What a session looks like from outside the state machine. */
export interface SessionState {
  readonly id: SessionId;
  readonly cluster: ClusterId;
  readonly secretHash: string;
  readonly ttl: number;
  readonly user: string | null;
  /** The seq that is executed next. */
  readonly next: Seq;
  readonly lastHeard: LogTime;
  /** Its calls that wait for another call to resume them. */
  readonly blockedCount: number;
  /** Whether a cancel of the call has nothing left to do. */
  cancelDone(of: Seq): boolean;
  /** The calls whose outcomes are known, by seq. */
  readonly kept: Iterable<number>;
  /** What its client is told of a call, in this order. */
  news(of: number): readonly Outcome[];
}
