/** The project's own play: clients that call History objects, and a ledger of all that they were told. */
import type { StateMachine } from "../object/state-machine.ts";
import { SimClient } from "./client.ts";
import type { LinkNet } from "./links.ts";
import type { Machine } from "./machine.ts";
import type { Play, Program } from "./play.ts";
import type { Work } from "./swarm.ts";
import { History, historyRegistry, Ledger } from "./workload.ts";

export class HistoryPlay implements Play {
  readonly registry = historyRegistry;
  readonly drain = null;
  readonly eventsMax = 400_000;
  readonly ledger = new Ledger();
  private readonly work: Work;

  constructor(work: Work) {
    this.work = work;
  }

  get programs(): number {
    return this.work.clients;
  }

  program(net: LinkNet, machine: Machine, bootstrap: string): Program {
    return new SimClient(net, machine, this.ledger, this.work, bootstrap);
  }

  ended(session: string, slot: number): void {
    this.ledger.ended(session, slot);
  }

  turned(): void {
    if (this.ledger.broken !== null) throw this.ledger.broken;
  }

  /** P6, P8. */
  check(machine: StateMachine): void {
    const objects = machine
      .objects()
      .map(({ class: name, name: of }) => machine.peek(`${name}/${of}`))
      .filter((object) => object instanceof History);
    this.ledger.check(objects);
    this.ledger.waiting.check(machine);
  }
}
