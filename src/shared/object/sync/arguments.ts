/** The arguments of sync primitives, checked alike in all of them. What JSON cannot leave out may be null. */
import { nameCharsMax } from "../../limits.ts";
import { invocation } from "../invocation.ts";
import type { SessionId } from "../types.ts";
import { valueError } from "./errors.ts";

/** Whoever may own something: a session, and a name that tells apart the parts of its program. */
export interface Owner {
  readonly session: SessionId;
  /** Empty for a caller that gave none. */
  readonly holder: string;
}

/** The owner that the running call speaks for. @throws VALUE_ERROR */
export function callerAs(holder: string | null | undefined): Owner {
  const name = holder ?? "";
  if (typeof name !== "string" || name.length > nameCharsMax)
    throw valueError(`holder: a text of at most ${nameCharsMax} characters`);
  return { session: invocation().session, holder: name };
}

export function isSame(a: Owner | null, b: Owner): boolean {
  return a !== null && a.session === b.session && a.holder === b.holder;
}

/** Milliseconds of log time: null for ever, 0 not at all. @throws VALUE_ERROR */
export function timeoutOf(timeout: number | null | undefined): number | null {
  const millis = timeout ?? -1;
  if (millis === -1) return null;
  if (typeof millis !== "number" || !Number.isFinite(millis) || millis < 0)
    throw valueError("timeout: milliseconds from 0 on, or -1 for ever");
  return millis;
}

/** How long an `acquire` waits: null for ever, 0 not at all. @throws VALUE_ERROR */
export function patienceOf(blocking: boolean | null, timeout: number | null): number | null {
  const millis = timeoutOf(timeout);
  if (blocking ?? true) return millis;
  if (millis !== null) throw valueError("an acquire that does not block takes no timeout");
  return 0;
}

/** A whole number from `least` on. @throws VALUE_ERROR */
export function countOf(what: string, n: number, least: number): number {
  if (!Number.isSafeInteger(n) || n < least) throw valueError(`${what}: a whole number from ${least} on`);
  return n;
}
