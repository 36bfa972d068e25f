/**
 * What a node needs to make snapshots of large states elsewhere than in its serving thread: the previous snapshot
 * goes out with what was decided since, the next one comes back.
 */
import type { Slot } from "../paxos/slot.ts";
import type { Base, Decision, SnapshotHead } from "../paxos/types.ts";
import type { Genesis } from "../paxos/view.ts";

export interface SnapshotJob {
  readonly genesis: Genesis;
  /** The snapshot to begin with; null: from the founding. */
  readonly base: SnapshotHead | null;
  /** Up to `length` bytes of the base from `offset` on; null when it is not there any more. */
  readBase(offset: number, length: number): Promise<Uint8Array | null>;
  /** Consecutive decisions from `from` on, at least one and about `bytesMax` of them; none above `slot` is used. */
  decisions(from: Slot, bytesMax: number): readonly Decision[];
  /** The state after this slot is asked for. Above the base's. */
  readonly slot: Slot;
}

export interface MadeSnapshot {
  readonly base: Base;
  /** SHA-256, hex, of the bytes. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
  /** The running digest of outcomes after the slot: equal to that of the node, or one of both is wrong. */
  readonly digest: number;
  /** 32 bits of each object's state. */
  readonly hashes: readonly { readonly object: string; readonly hash: number }[];
  /**
   * The bytes in pieces of at most snapshotPieceBytesMax, once; the next piece may overwrite the one before it. To stop
   * before the end discards the rest.
   * @throws Error when they do not come whole, or the time is up
   */
  pieces(): AsyncIterable<Uint8Array>;
  /** Lets go of what `pieces` has not handed over. May be called again, and after the end. */
  discard(): void;
}

export interface Snapshotter {
  /**
   * Makes the snapshot outside of this thread. It is abandoned soon after `signal.aborted` has become true.
   * @throws Error naming object and field that cannot be taken, or why it was not made; the node is unharmed
   */
  make(job: SnapshotJob, signal: { readonly aborted: boolean }): Promise<MadeSnapshot>;
}
