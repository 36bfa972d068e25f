/**
 * The domains of a bootstrap list, looked up again and again in the background: nobody waits for an answer who has an
 * address to try. What a domain stood for last is kept until it is known to stand for something else.
 */
import type { Clock } from "../clock.ts";
import { domainFreshMillisMax } from "../name-limits.ts";
import type { Addresses } from "./addresses.ts";
import type { Found } from "./domain.ts";
import { asError, ConcoordError } from "./errors.ts";

interface LookedUp {
  readonly domain: string;
  isUnderWay: boolean;
  /** Until when the answer may be taken for true. */
  freshUntil: number;
  addresses: readonly string[];
  /** What went wrong the last time; null for nothing. */
  failure: Error | null;
}

export class LookUps {
  readonly #clock: Clock;
  readonly #resolve: (domain: string) => Promise<Found>;
  readonly #done: () => void;
  readonly #domains: readonly LookedUp[];

  /** @param done called after each look-up, whatever came of it */
  constructor(
    domains: readonly string[],
    clock: Clock,
    resolve: (domain: string) => Promise<Found>,
    done: () => void,
  ) {
    this.#clock = clock;
    this.#resolve = resolve;
    this.#done = done;
    this.#domains = domains.map((domain) => {
      return { domain, isUnderWay: false, freshUntil: 0, addresses: [], failure: null };
    });
  }

  /** What the domains stand for, as far as it is known. */
  get addresses(): readonly string[] {
    return this.#domains.flatMap(({ addresses }) => addresses);
  }

  get areUnderWay(): boolean {
    return this.#domains.some(({ isUnderWay }) => isUnderWay);
  }

  /** What is wrong when none of these nodes answers: also why domains were looked up in vain the last time. */
  unreachable({ all, problem }: Pick<Addresses, "all" | "problem">): ConcoordError {
    const failures = this.#domains.flatMap(({ failure }) => failure ?? []);
    const silent = all.length > 0 && `no node answers at ${all.join(", ")}`;
    const known = [silent, problem, ...failures.map(({ message }) => message)].filter((part) => part);
    return new ConcoordError("UNREACHABLE", known.join("; "), "unknown", failures[0]);
  }

  /** Looks up the domains whose last answer may not be true any more. */
  refresh(): void {
    const { now } = this.#clock.moment();
    for (const each of this.#domains) {
      if (!each.isUnderWay && each.freshUntil <= now) void this.#lookUp(each);
    }
  }

  async #lookUp(each: LookedUp): Promise<void> {
    each.isUnderWay = true;
    try {
      const { addresses, ttlMillis } = await this.#resolve(each.domain);
      if (addresses.length === 0) throw new Error(`${each.domain}: no node`);
      each.addresses = addresses;
      each.freshUntil = this.#clock.moment().now + Math.min(ttlMillis, domainFreshMillisMax);
      each.failure = null;
    } catch (error) {
      each.failure = asError(error);
    }
    each.isUnderWay = false;
    this.#done();
  }
}
