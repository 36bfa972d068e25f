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
