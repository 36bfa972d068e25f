/** The order of the values that trees hold: numbers before texts, each in their own order. */
import { valueError } from "../../sync/errors.ts";

/** What can be ordered. */
export type Key = number | string;

/** @throws VALUE_ERROR for what has no place in the order. @returns it */
export function key(value: unknown): Key {
  if (typeof value === "string") return value;
  // NaN is neither before nor behind anything.
  if (typeof value === "number" && !Number.isNaN(value)) return value;
  throw valueError("a tree orders numbers and texts only");
}

/** Below 0 when `a` comes before `b`, 0 when they are the same. Texts are compared by their UTF-16 code units. */
export function compare(a: Key, b: Key): number {
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
