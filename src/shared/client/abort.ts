/** Calls that are given up together: one listener on a signal, however many calls wait under it. */
import type { PendingCall } from "./call.ts";

/** What we use of the platform's AbortSignal; the public types name only the platform's. */
interface Signal {
  readonly aborted: boolean;
  readonly reason: unknown;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** @throws TypeError when it is no AbortSignal */
export function asSignal(signal: AbortSignal): Signal {
  if (!("aborted" in signal) || !("addEventListener" in signal))
    throw new TypeError("signal: not an AbortSignal");
  return signal as unknown as Signal;
}

/** Calls back when it aborts, at once if it has. @returns what takes that back. @throws TypeError */
export function whenAborted(signal: AbortSignal, run: (reason: unknown) => void): () => void {
  const from = asSignal(signal);
  const aborted = () => run(from.reason);
  if (from.aborted) aborted();
  else from.addEventListener("abort", aborted);
  return () => from.removeEventListener("abort", aborted);
}

export class AbortGroup {
  readonly #giveUp: (call: PendingCall, reason: unknown) => void;
  readonly #calls = new Set<PendingCall>();
  /** Ends the listening, while calls wait. */
  #stop: () => void = () => undefined;
  /** Whether it has aborted, and why. */
  readonly signal: Signal;

  /** @throws TypeError when it is no AbortSignal */
  constructor(signal: AbortSignal, giveUp: (call: PendingCall, reason: unknown) => void) {
    this.signal = asSignal(signal);
    this.#giveUp = giveUp;
  }

  /** @param call made before the signal aborts */
  add(call: PendingCall): void {
    if (this.#calls.size === 0) this.#stop = whenAborted(this.signal, (reason) => this.#abort(reason));
    this.#calls.add(call);
    call.group = this;
  }

  /** A signal may outlive thousands of calls: nothing stays on it once they are over. */
  delete(call: PendingCall): void {
    this.#calls.delete(call);
    if (this.#calls.size === 0) this.#stop();
  }

  #abort(reason: unknown): void {
    for (const call of [...this.#calls]) {
      this.delete(call);
      this.#giveUp(call, reason);
    }
  }
}
