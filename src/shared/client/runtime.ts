/** What the client needs of the machine it runs on: the real one in adapters, a simulated one in tests. */
import type { Clock } from "../clock.ts";
import type { Dialer } from "../wire/link.ts";

export interface ClientRuntime {
  readonly clock: Clock;
  readonly dialer: Dialer;
  /** Bytes that nobody can guess. */
  randomBytes(n: number): Uint8Array;
  sha256(bytes: Uint8Array): Promise<Uint8Array>;
  /** The addresses of the nodes behind a domain: none when the name is not known. */
  resolve(domain: string): Promise<readonly string[]>;
  /** Where to begin when the program does not say: a bootstrap list. */
  defaultBootstrap(): string;
}
