/**
 * The trail: which outcome changed the running digest to what, for the newest outcomes. With it a replica says what
 * its digest was after a slot, and finds the one call from which on another replica's history is another one.
 */
import { digestsMax } from "../limits.ts";
import { maxSlot, type Slot, slot as slotOf, slotZero } from "../paxos/slot.ts";
import { digestStart } from "./digest.ts";
import { type Seq, type SessionId, seq } from "./types.ts";

/** Where an outcome arose; `seq` is 0 when a session ended by itself. */
export interface Origin {
  readonly slot: Slot;
  readonly session: SessionId;
  readonly seq: Seq;
}

/** Digests after slot `from`, then after each outcome of the slots above it, oldest first. */
export interface Digests {
  readonly from: Slot;
  readonly digests: readonly number[];
}

/** It grows by doubling up to digestsMax; both are powers of two, so that a mask finds the place in the ring. */
const firstLength = 256;

export class Trail {
  private slots = new Float64Array(firstLength);
  private seqs = new Float64Array(firstLength);
  private digests = new Uint32Array(firstLength);
  /** The sessions' own ids: to keep them costs no memory, to take them apart would cost time. */
  private readonly sessions: SessionId[] = [];
  /** Outcomes noted since the base, of which the ring holds the newest. */
  private count = 0;
  /** Before the first outcome: the digest after this slot. */
  private baseSlot: Slot = slotZero;
  private baseDigest = digestStart;

  /** Begins anew: the state after `slot` comes from a snapshot. */
  begin(slot: Slot, digest: number): void {
    this.count = 0;
    this.baseSlot = slot;
    this.baseDigest = digest;
  }

  /** An outcome: what the digest is after it. On the way of every call. */
  note(slot: Slot, session: SessionId, of: Seq, digest: number): void {
    if (this.count === this.digests.length && this.count < digestsMax) this.grow();
    const i = this.count++ & (this.digests.length - 1);
    this.slots[i] = slot;
    this.seqs[i] = of;
    this.digests[i] = digest;
    this.sessions[i] = session;
  }

  /** The first slot after which the digest is known. */
  get first(): Slot {
    return this.oldest === 0 ? this.baseSlot : this.slotAt(this.oldest);
  }

  /** The digest after a slot that was executed; null when that is too long ago. */
  digestAt(slot: Slot): number | null {
    return slot < this.first ? null : this.digestBefore(this.firstAbove(slot));
  }

  /** The digests after the slots above `from` up to `to`; it begins later when the trail does. */
  between(from: Slot, to: Slot): Digests {
    const start = maxSlot(from, this.first);
    const digests: number[] = [];
    const end = this.firstAbove(to);
    for (let n = this.firstAbove(start); n <= end && digests.length < digestsMax; n++)
      digests.push(this.digestBefore(n));
    return { from: start, digests };
  }

  /**
   * Where this history and the one that another replica told begin to differ.
   *
   * @param to a slot after which the digests are known to differ
   * @returns "before" when they differ at `told.from` already; null when what was told does not show it
   */
  difference(told: Digests, to: Slot): Origin | "before" | null {
    if (told.digests.length === 0 || told.from < this.first) return null;
    const start = this.firstAbove(told.from);
    if (this.digestBefore(start) !== told.digests[0]) return "before";
    for (let n = start, end = this.firstAbove(to); n < end; n++) {
      const digest = this.digests[this.place(n)];
      if (digest !== told.digests[n - start + 1]) return this.originOf(n);
    }
    return null;
  }

  /** The number of the oldest outcome in the ring. */
  private get oldest(): number {
    return Math.max(0, this.count - this.digests.length);
  }

  private place(n: number): number {
    return n & (this.digests.length - 1);
  }

  private slotAt(n: number): Slot {
    return slotOf(this.slots[this.place(n)] as number);
  }

  private originOf(n: number): Origin {
    const i = this.place(n);
    return {
      slot: this.slotAt(n),
      session: this.sessions[i] as SessionId,
      seq: seq(this.seqs[i] as number),
    };
  }

  /** The digest before outcome `n`, which must not be the oldest one of a ring that has lost some. */
  private digestBefore(n: number): number {
    return n === 0 ? this.baseDigest : (this.digests[this.place(n - 1)] as number);
  }

  /** The number of the first outcome of a slot above `slot`; `count` when there is none. */
  private firstAbove(slot: Slot): number {
    let low = this.oldest;
    let high = this.count;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.slotAt(middle) > slot) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  private grow(): void {
    const length = this.digests.length * 2;
    const { slots, seqs, digests } = this;
    this.slots = new Float64Array(length);
    this.seqs = new Float64Array(length);
    this.digests = new Uint32Array(length);
    this.slots.set(slots);
    this.seqs.set(seqs);
    this.digests.set(digests);
  }
}
