/** A position in the log, from 1. Slot 0 stands for "before the first". The only arithmetic on slots. */
import type { Brand } from "./ids.ts";

export type Slot = Brand<number, "Slot">;

/** WINDOW, the α of the paper: a view change decided in slot s governs the slots from s + WINDOW on. */
export const WINDOW = 64;

/** @throws RangeError when `n` is not an integer from 0 to 2^53 - 1. */
export function slot(n: number): Slot {
  if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`not a slot: ${n}`);
  return n as Slot;
}

export const slotZero = 0 as Slot;

export function plus(s: Slot, n: number): Slot {
  return (s + n) as Slot;
}

export function next(s: Slot): Slot {
  return (s + 1) as Slot;
}

export function maxSlot(a: Slot, b: Slot): Slot {
  return a > b ? a : b;
}

/**
 * The slot above `low`, up to `high`, that the highest power of two divides: what nodes choose alike from ranges that
 * are not alike.
 *
 * @example roundest(100, 300) // 256
 */
export function roundest(low: Slot, high: Slot): Slot {
  let step = 1;
  while (Math.floor(high / (2 * step)) * 2 * step > low) step *= 2;
  return (Math.floor(high / step) * step) as Slot;
}
