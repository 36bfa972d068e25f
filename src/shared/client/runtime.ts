/** What the client needs of the machine it runs on: the real one in adapters, a simulated one in tests. */
import type { Clock } from "../clock.ts";
import type { SessionId } from "../object/types.ts";
import type { Dialer } from "../wire/link.ts";
import type { PendingCall } from "./call.ts";
import type { Found } from "./domain.ts";

/** Begins the trace of a call that was just made. @param session of which session it is, once that is known */
export type TraceCall = (call: PendingCall, session: () => SessionId | null) => void;

export interface ClientRuntime {
  readonly clock: Clock;
  readonly dialer: Dialer;
  /** Bytes that nobody can guess. */
  randomBytes(n: number): Uint8Array;
  sha256(bytes: Uint8Array): Promise<Uint8Array>;
  /**
   * The addresses of the nodes behind a domain, at least one; it settles within some seconds.
   * @param doh the DNS server to ask over HTTPS, as a URL; null for the one that is usual here
   * @throws LookUpFailed
   */
  resolve(domain: string, doh: string | null): Promise<Found>;
  /** Where to begin when the program does not say: a bootstrap list. */
  defaultBootstrap(): string;
  /**
   * Calls back whenever the machine goes on after a pause, or found a network: it is of use to try again at once.
   * Absent where nobody tells.
   * @returns ends it
   */
  readonly onWake?: (woken: () => void) => () => void;
  /** Asked once for each session: what traces its calls; null where nobody does. */
  readonly tracer?: () => TraceCall | null;
}
