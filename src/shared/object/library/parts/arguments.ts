/** Checks of arguments: a method refuses what it does not understand before it changes anything. */
import { valueError } from "../../sync/errors.ts";

/** @throws VALUE_ERROR unless it is a text that is not empty. @returns it */
export function text(value: unknown, what: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw valueError(`${what} must be a text that is not empty`);
}

/** @throws VALUE_ERROR unless it is a finite number, 0 or more. @returns it */
export function amount(value: unknown, what: string): number {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw valueError(`${what} must be a finite number, 0 or more`);
}
