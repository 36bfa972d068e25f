/** Cancels of calls that were sent and given up: each is repeated until the cluster has decided it. */
import type { Clock } from "../clock.ts";
import type { Seq } from "../object/types.ts";
import { Backoff } from "./backoff.ts";
import type { PendingCall } from "./call.ts";
import type { Route } from "./sender.ts";
import { repeatMillis, repeatMillisMax } from "./times.ts";

export class Cancels {
  readonly #clock: Clock;
  readonly #route: () => Route | null;
  readonly #undecided = new Set<PendingCall>();
  #fresh: Seq[] = [];
  readonly #again: Backoff;

  constructor(clock: Clock, route: () => Route | null) {
    this.#clock = clock;
    this.#route = route;
    this.#again = new Backoff(clock, repeatMillis, () => this.#repeatOften(), repeatMillisMax);
  }

  #repeatOften(): void {
    if (this.#undecided.size === 0) return;
    this.repeat();
    this.#again.setNext();
  }

  /** The cancels of one turn leave together, at its end. */
  add(call: PendingCall): void {
    this.#undecided.add(call);
    if (this.#fresh.length === 0) this.#clock.soon(() => this.#send(this.#fresh));
    this.#fresh.push(call.seq as Seq);
    this.#again.reset();
    this.#again.setNext();
  }

  /** The call has its final answer. */
  delete(call: PendingCall): void {
    this.#undecided.delete(call);
  }

  clear(): void {
    this.#undecided.clear();
    this.#fresh = [];
    this.#again.clear();
  }

  repeat(): void {
    this.#send([...this.#undecided].map((call) => call.seq as Seq));
  }

  /** Without a link nothing is sent; `repeat` is called when there is one again. */
  #send(seqs: readonly Seq[]): void {
    this.#fresh = [];
    const route = this.#route();
    if (route === null || seqs.length === 0) return;
    route.link.say({ type: "cancel", session: route.calls.session, seqs });
  }
}
