/**
 * How long programs wait for their calls: time-outs, signals, and what becomes of a call that is given up. One that
 * has no number yet simply goes. One that was sent is cancelled in the log: only the decision can say that it did
 * not run. It is waited for a little, then repeated in the background until it comes.
 */
import { type Clock, never } from "../clock.ts";
import type { SessionId } from "../object/types.ts";
import { AbortGroup } from "./abort.ts";
import type { GivenUp, Heard, PendingCall } from "./call.ts";
import { Cancels } from "./cancels.ts";
import { Deadlines } from "./deadlines.ts";
import { type ConcoordError, errorOf } from "./errors.ts";
import type { TraceCall } from "./runtime.ts";
import type { Route } from "./sender.ts";
import { decisionMillis } from "./times.ts";

/** What a call that took too long is told. */
export interface Lateness {
  readonly code: "TIMEOUT" | "UNREACHABLE";
  /** What is known to be wrong. */
  readonly trouble: ConcoordError | null;
}

/** What limits a call. `timeout` in ms, Infinity for none. */
export interface Limits {
  readonly timeout: number;
  readonly group: AbortGroup | null;
  readonly heard?: Heard;
}

export class Patience {
  readonly clock: Clock;
  readonly #cancels: Cancels;
  readonly #deadlines: Deadlines;
  readonly #lateness: () => Lateness;
  readonly #trace: TraceCall | null;
  readonly #session: () => SessionId | null;

  /** @param trace begins the trace of a call; null when nobody traces */
  constructor(
    clock: Clock,
    route: () => Route | null,
    lateness: () => Lateness,
    trace: TraceCall | null = null,
  ) {
    this.clock = clock;
    this.#trace = trace;
    this.#session = () => route()?.calls.session ?? null;
    this.#lateness = lateness;
    this.#cancels = new Cancels(clock, route);
    this.#deadlines = new Deadlines(clock, (call) => this.#expire(call));
  }

  /** Calls that are given up together when `signal` aborts. */
  groupOf(signal: AbortSignal): AbortGroup {
    return new AbortGroup(signal, (call, cause) => this.#giveUp(call, aborted(call, cause)));
  }

  /** @returns false when the call is given up already */
  begin(call: PendingCall, { timeout, group, heard }: Limits): boolean {
    call.heard = heard ?? null;
    this.#trace?.(call, this.#session);
    if (group?.signal.aborted) {
      call.fail(errorOf(aborted(call, group.signal.reason), "no"));
      return false;
    }
    group?.add(call);
    if (timeout < never) {
      call.timeout = timeout;
      this.#deadlines.set(call, timeout);
    }
    return true;
  }

  /** Nothing limits the call any more: it has its final answer. */
  end(call: PendingCall): void {
    if (call.deadline < never) this.#deadlines.delete(call);
    call.group?.delete(call);
    if (call.givenUp !== null) this.#cancels.delete(call);
  }

  /** Rejects the call; no answer is waited for. */
  fail(call: PendingCall, error: ConcoordError): void {
    this.end(call);
    call.fail(error);
  }

  /** On a new link, or when nothing was heard for long: every cancel that is not decided goes again. */
  repeat(): void {
    this.#cancels.repeat();
  }

  /** The session is over, and its calls with it. */
  clear(): void {
    this.#cancels.clear();
  }

  #expire(call: PendingCall): void {
    // Its cancel is still on its way: it may be decided either way.
    if (call.givenUp !== null) return call.fail(errorOf(call.givenUp, "unknown"));
    const { code, trouble } = this.#lateness();
    const why = trouble === null ? "" : `: ${trouble.message}`;
    const message = `${nameOf(call)} was not answered within ${call.timeout} ms${why}`;
    this.#giveUp(call, { code, message, cause: trouble ?? undefined });
  }

  #giveUp(call: PendingCall, givenUp: GivenUp): void {
    if (call.settled || call.givenUp !== null) return;
    this.end(call);
    if (call.command === null) {
      call.fail(errorOf(givenUp, "no"));
      call.waiting?.left(call);
      return;
    }
    call.givenUp = givenUp;
    call.command.giveUp();
    this.#cancels.add(call);
    this.#deadlines.set(call, decisionMillis);
  }
}

function aborted(call: PendingCall, cause: unknown): GivenUp {
  return { code: "ABORTED", message: `${nameOf(call)} was aborted`, cause };
}

function nameOf({ target }: PendingCall): string {
  return `${target.object}.${target.method}`;
}
