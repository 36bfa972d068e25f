/** Writes that tell by themselves which they are and whether they are whole. */
import { ballotZero } from "../../src/shared/paxos/ballot.ts";
import { clusterId, logTime, nodeId } from "../../src/shared/paxos/ids.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { SnapshotHead, Trimmed, Write } from "../../src/shared/paxos/types.ts";
import type { View } from "../../src/shared/paxos/view.ts";

/** The n-th write of a test, of a size and content that follow from n. */
export function numbered(n: number): Write {
  if (n % 3 === 0) return { type: "mark", decided: slot(n) };
  const body = new Uint8Array((n * 37) % 300).fill(n);
  const proposal = { stamp: null, change: null, body };
  return { type: "accepted", pvalue: { ballot: ballotZero, slot: slot(n), proposal } };
}

/** @throws Error when the write is not as `numbered` made it */
export function numberOf(write: Write): number {
  if (write.type === "mark" && write.decided % 3 === 0) return write.decided;
  if (write.type !== "accepted") throw new Error(`no write of this kind was appended: ${write.type}`);
  const { slot: n, proposal: found } = write.pvalue;
  if (found.body.length !== (n * 37) % 300 || !found.body.every((byte) => byte === (n & 255)))
    throw new Error(`write ${n} has changed`);
  return n;
}

/** The writes from `first` through `last`. */
export function group(first: number, last: number): Write[] {
  return counted(first, last).map(numbered);
}

export function counted(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const view: View = { number: 0, first: slot(1), members: [] };

/** The record that the log begins above the n-th write. */
export function trimmed(n: number): Trimmed {
  return {
    type: "trimmed",
    id: nodeId("a".repeat(16)),
    genesis: { cluster: clusterId("c".repeat(32)), window: 64, created: 0, view },
    promised: ballotZero,
    slot: slot(n),
    decided: slot(n),
    views: [view],
    logTime: logTime(n),
  };
}

export interface Snapshot {
  readonly head: SnapshotHead;
  readonly bytes: Buffer;
}

/** A snapshot of the state after the n-th write; its bytes follow from n. */
export function snapshot(n: number, size: number, hash: (bytes: Uint8Array) => string): Snapshot {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i++) bytes[i] = (n * 31 + i * 7 + (i >>> 8)) & 255;
  const head = { slot: slot(n), views: [view], logTime: logTime(n), hash: hash(bytes), size };
  return { head, bytes };
}
