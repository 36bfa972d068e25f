/** The errors that sync primitives throw: the names are those of Python's, the codes are ours. */
import type { Code } from "../types.ts";

/** Made with `new`, it keeps name and code as own properties, which is what travels to callers. */
function syncError(name: string, code: Code, message: string): Error {
  const error = new Error(message);
  Object.defineProperty(error, "name", { value: name, configurable: true, writable: true });
  return Object.assign(error, { code });
}

/** An argument is out of range: ValueError, VALUE_ERROR. */
export function valueError(message: string): Error {
  return syncError("ValueError", "VALUE_ERROR", message);
}

/** The caller does not own what it would release, or wait or notify with: RuntimeError, NOT_OWNER. */
export function notOwner(message: string): Error {
  return syncError("RuntimeError", "NOT_OWNER", message);
}

/** The barrier is broken, or was reset while the caller waited: BrokenBarrierError, BROKEN_BARRIER. */
export function brokenBarrier(message: string): Error {
  return syncError("BrokenBarrierError", "BROKEN_BARRIER", message);
}
