/** Writes that tell by themselves which they are and whether they are whole. */
import { ballotZero } from "../../src/shared/paxos/ballot.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Write } from "../../src/shared/paxos/types.ts";

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
