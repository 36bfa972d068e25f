/** The zone as this Worker last made it: most queries are answered from it, without a way to the Durable Object. */

import { Zone } from "../shared/dns/zone-answers.ts";
import type { View } from "../shared/paxos/view.ts";
import type { Known } from "./nameserver.ts";
import type { Settings } from "./settings.ts";

/** How old it may be: half of the two seconds within which a change of view is to be seen. */
const copyMillis = 1_000;

export class Copy {
  readonly settings: Settings;
  #zone: Zone | null = null;
  #number = 0;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /**
   * The zone of the newest view.
   * @param ask the Durable Object; without an answer of it, the copy counts however old it is
   * @returns null while no view is known
   */
  async zoneNow(ask: () => Promise<Known>): Promise<Zone | null> {
    // Not shared among requests: one of them must not wait for what another one began.
    if (Date.now() - this.#askedAt >= copyMillis)
      try {
        const { view } = await ask();
        if (view !== null) this.#take(view);
      } catch (error) {
        if (this.#zone === null) throw error;
        console.warn("the Durable Object does not answer", error);
      }
    return this.#zone;
  }

  #take(view: View): void {
    this.#askedAt = Date.now();
    if (view.number <= this.#number) return;
    const { apex, zone } = this.settings;
    const members = view.members.map((member) => ({ ...member, tls: false }));
    this.#zone = Zone.of(apex, { number: view.number, members }, zone);
    this.#number = view.number;
  }
}
