/** `hold`: a lock for as long as a block of a program runs. */
import type { Heard } from "./call.ts";
import { ConcoordError } from "./errors.ts";
import { Held } from "./held.ts";
import { target } from "./payload.ts";
import { limitsOf, remoteOf } from "./proxy.ts";
import type { CallOptions } from "./types.ts";

export type { Held } from "./held.ts";

/** What can be held: a proxy of a lock, a condition, a semaphore, or of a class with the same two methods. */
export interface Holdable {
  acquire(blocking?: boolean, timeout?: number, holder?: string): Promise<unknown>;
  release(...args: never[]): Promise<unknown>;
}

/** Names that this program used; a session's owners are told apart by them, and no session is two programs'. */
let holders = 0;

/**
 * Acquires a lock under a new holder id, so that holds of one session exclude one another, too. When it is given up
 * and the cluster grants the lock all the same, the lock is released in the background.
 *
 * @param lock a proxy that `connect` or `session.object` made
 * @param options `signal` and `timeout` (milliseconds) end the waiting for the lock
 * @returns what is held: `token` rises for ever, `signal` aborts when it is lost; released when it is disposed
 * @throws TypeError when it is no such proxy, RangeError for a timeout that is none; rejects with a ConcoordError
 *   (TIMEOUT, ABORTED, SESSION_EXPIRED and others), or with what `acquire` threw
 * @example
 * await using held = await hold(lock, { timeout: 5_000 });
 * await store.write(record, held.token, { signal: held.signal });
 */
export async function hold(lock: Holdable, options: CallOptions = {}): Promise<Held> {
  const remote = remoteOf(lock, "hold");
  const limits = limitsOf(remote.client, options, remote.limits);
  const held = new Held(remote, `hold-${++holders}`, options.signal);
  const heard: Heard = (outcome, late) => held.acquired(outcome, late);
  const acquire = target(remote.object, "acquire");
  const answer = await remote.client.call(acquire, [true, -1, held.holder], { ...limits, heard });
  if (answer === false) throw new ConcoordError("TIMEOUT", `${remote.object} was not granted`, "yes");
  return held;
}
