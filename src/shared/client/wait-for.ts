/** `waitFor`: Python's `Condition.wait_for`, where the predicate runs in the program and not in the object. */
import type { Heard } from "./call.ts";
import type { Held } from "./held.ts";
import type { Limits } from "./patience.ts";
import { target } from "./payload.ts";
import { limitsOf, type Remoted, remoteOf } from "./proxy.ts";
import type { CallOptions } from "./types.ts";

/** A proxy of a condition, or of a class with this method. */
export interface Waitable {
  wait(timeout?: number, holder?: string): Promise<unknown>;
}

export interface WaitOptions extends CallOptions {
  /** What `hold` gave for this condition; its token is the new one after each wait. */
  readonly held?: Held | undefined;
}

/**
 * Waits until a predicate is true. It runs here, between the waits, while the lock of the condition is held: by a plain
 * `acquire`, or by `options.held`.
 *
 * @param condition a proxy that `connect` or `session.object` made; its lock must be held
 * @param predicate asked once before the first wait, and after each
 * @param options `timeout`: milliseconds of all waits together; `signal` gives up waiting
 * @returns what the predicate returned last: something false when the time was over first. The lock is held then
 * @throws TypeError when it is no such proxy, RangeError for a timeout that is none; rejects with what the predicate
 *   threw, with NOT_OWNER without the lock, and with a ConcoordError when it gave up: then the lock is not held
 * @example
 * await using held = await hold(condition);
 * await waitFor(condition, async () => (await queue.size()) > 0, { held });
 */
export async function waitFor<T>(
  condition: Waitable,
  predicate: () => T | Promise<T>,
  options: WaitOptions = {},
): Promise<T> {
  const remote = remoteOf(condition, "waitFor");
  const { timeout } = limitsOf(remote.client, { timeout: options.timeout }, noLimits);
  const wait = new Wait(remote, options);
  const { clock } = remote.client.patience;
  const end = clock.moment().now + timeout;
  let result = await predicate();
  // The first wait is made however short the time is.
  for (let left = timeout; !result; ) {
    await wait.once(left);
    result = await predicate();
    left = end - clock.moment().now;
    if (left <= 0) break;
  }
  return result;
}

const noLimits: Limits = { timeout: Number.POSITIVE_INFINITY, group: null };

/** The waits for one predicate. */
class Wait {
  private readonly remote: Remoted;
  private readonly held: Held | undefined;
  private readonly limits: Limits;
  private readonly heard: Heard = ({ type }, late) => {
    if (late && type === "returned") this.letGo();
  };

  constructor(remote: Remoted, { signal, held }: WaitOptions) {
    this.remote = remote;
    this.held = held;
    this.limits = limitsOf(remote.client, { signal }, remote.limits);
  }

  async once(millis: number): Promise<void> {
    const { held } = this;
    const time = millis === Number.POSITIVE_INFINITY ? -1 : millis;
    try {
      const { limits, heard } = this;
      await this.call("wait", held === undefined ? [time] : [time, held.holder], { ...limits, heard });
      if (held !== undefined) held.renew(await this.call("token", [], limits));
    } catch (error) {
      held?.doubt();
      throw error;
    }
  }

  private call(method: string, args: readonly unknown[], limits: Limits): Promise<unknown> {
    const { client, object } = this.remote;
    return client.call(target(object, method), args, limits);
  }

  /** The lock came back when nobody waited for it any more. */
  private letGo(): void {
    if (this.held !== undefined) return this.held.letGo();
    const over = () => undefined; // with the session, which gave it back
    this.call("release", [], noLimits).then(over, over);
  }
}
