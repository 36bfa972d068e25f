/**
 * A lock, or a permit, that a program holds under a name of its own. The name makes releasing harmless to repeat:
 * whatever became of an earlier try, only what this very hold was given is given back.
 */
/// <reference lib="esnext.disposable" preserve="true" />
import type { Timer } from "../clock.ts";
import type { Millis } from "../paxos/ids.ts";
import { decodeValue } from "../wire/values.ts";
import { asSignal } from "./abort.ts";
import { ConcoordError } from "./errors.ts";
import type { Final } from "./outcome.ts";
import { target } from "./payload.ts";
import type { Remoted } from "./proxy.ts";
import type { SessionEvents } from "./types.ts";

/** What we use of the platform's own, which every runtime has. */
declare const AbortController: new () => { readonly signal: AbortSignal; abort(reason: unknown): void };

/** After an abort the answer to a release is waited for no longer, in ms. */
const lastWordMillis = 200;

export class Held implements AsyncDisposable {
  /** Under which the lock was acquired. */
  readonly holder: string;
  private readonly remote: Remoted;
  private readonly given: AbortSignal | null;
  private readonly controller = new AbortController();
  private state: "waiting" | "held" | "over" = "waiting";
  private answer: unknown;
  private fence = 0;
  /** An earlier try may have released it. */
  private unsure = false;
  private releasing: Promise<void> | null = null;

  /** @param given ends the waiting for it */
  constructor(remote: Remoted, holder: string, given: AbortSignal | undefined) {
    this.remote = remote;
    this.holder = holder;
    this.given = given ?? null;
  }

  /** The fencing token: above those of all who held the lock before. 0 for a semaphore, which has none. */
  get token(): number {
    return this.fence;
  }

  /** Aborts when the lock is lost: the session ended, or a release found that somebody else owns it. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /**
   * Gives the lock back; does nothing when it was lost or released before. When it fails it may be tried again. After
   * the signal that `hold` was given has aborted, it waits but shortly, and is carried out in the background.
   *
   * @throws whatever the call fails with; NOT_OWNER when the lock was revoked
   * @example await held.release();
   */
  release(): Promise<void> {
    if (this.state !== "held") return Promise.resolve();
    if (this.releasing === null) {
      const hurried = this.given !== null && asSignal(this.given).aborted;
      const done = () => {
        this.releasing = null;
      };
      this.releasing = this.giveBack(hurried);
      this.releasing.then(done, done);
    }
    return this.unlessAborted(this.releasing);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }

  /**
   * Hears what `acquire` answered. From this very moment on the lock may be lost.
   *
   * @param late nobody waits for it any more: it is given back
   */
  acquired(outcome: Final, late: boolean): void {
    if (outcome.type !== "returned") return;
    this.answer = decoded(outcome.value);
    if (this.answer === false) return;
    this.state = "held";
    this.renew(this.answer);
    const { events } = this.remote.client;
    events.add("sessionlost", this.sessionLost);
    events.add("connection", this.connectionChanged);
    if (late) this.letGo();
  }

  /** A wait for the lock failed: it may be owned again, or not. */
  doubt(): void {
    this.unsure = true;
  }

  /** The lock was acquired anew. */
  renew(token: unknown): void {
    if (typeof token === "number") this.fence = token;
  }

  /** Gives back what came when nobody waited for it any more. */
  letGo(): void {
    this.giveBack(true).catch(() => this.end());
  }

  private readonly sessionLost = (): void => {
    this.lose(new ConcoordError("SESSION_EXPIRED", "the session that held the lock has ended", "yes"));
  };

  private readonly connectionChanged = ({ state }: SessionEvents["connection"]): void => {
    if (state === "closed")
      this.lose(new ConcoordError("CLOSED", "the session that held the lock was closed", "yes"));
  };

  private end(): void {
    this.state = "over";
    const { events } = this.remote.client;
    events.remove("sessionlost", this.sessionLost);
    events.remove("connection", this.connectionChanged);
  }

  private lose(reason: Error): void {
    if (this.state !== "held") return;
    this.end();
    this.controller.abort(reason);
  }

  private async giveBack(hurried: boolean): Promise<void> {
    const { client, object, limits } = this.remote;
    // A time-out would cancel it, which is no use when nobody tries again.
    const timeout = hurried ? Number.POSITIVE_INFINITY : limits.timeout;
    const args = typeof this.answer === "number" ? [this.holder] : [1, this.holder];
    try {
      await client.call(target(object, "release"), args, { timeout, group: null });
    } catch (error) {
      if (this.state !== "held") return;
      const found = error instanceof Error && "code" in error && error.code === "NOT_OWNER";
      if (found && this.unsure) return this.end();
      if (found) this.lose(error);
      else this.unsure ||= !(error instanceof ConcoordError) || error.executed !== "no";
      throw error;
    }
    this.end();
  }

  /** `releasing`; once the given signal has aborted, not for long. */
  private unlessAborted(releasing: Promise<void>): Promise<void> {
    if (this.given === null) return releasing;
    const signal = asSignal(this.given);
    const { clock } = this.remote.client.patience;
    return new Promise((resolve, reject) => {
      let timer: Timer | null = null;
      const hurry = () => {
        timer = clock.at((clock.moment().now + lastWordMillis) as Millis, resolve);
      };
      const end = () => {
        timer?.cancel();
        signal.removeEventListener("abort", hurry);
      };
      releasing.then(resolve, reject).then(end);
      if (signal.aborted) hurry();
      else signal.addEventListener("abort", hurry);
    });
  }
}

/** The caller of `acquire` hears what is wrong with an answer; here it is enough that it was one. */
function decoded(value: Uint8Array): unknown {
  try {
    return value.length === 0 ? undefined : decodeValue(value);
  } catch {
    return undefined;
  }
}
