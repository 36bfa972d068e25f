/**
 * A master: answers for the domain of its own cluster, whose members it has from the views, and for the subdomains that
 * slaves push into that cluster's NameserverCoord object, which it looks at in its own copy of the state.
 */
import { MasterZone } from "../../shared/dns/master-zone.ts";
import { type Name, nameOf } from "../../shared/dns/name.ts";
import type { DnsRecord } from "../../shared/dns/record.ts";
import { type AskCoord, Subdomains } from "../../shared/dns/subdomains.ts";
import { zoneRecords } from "../../shared/dns/zone.ts";
import type { StateMachine } from "../../shared/object/state-machine.ts";
import { sessionId } from "../../shared/object/types.ts";
import type { View } from "../../shared/paxos/view.ts";
import { decodeValue } from "../../shared/wire/values.ts";
import type { ViewPublisher } from "../nameserver.ts";
import { type Names, zoneViewOf } from "./names.ts";

/** How often it looks; a look without news costs some microseconds. */
const lookMillis = 200;
const object = "NameserverCoord/main";

export interface MasterOptions {
  /** What is answered from. */
  readonly names: Names;
  readonly machine: StateMachine;
  /** Whether the node is caught up, as far as it knows. */
  readonly isCurrent: () => boolean;
  /** Seconds for which others may remember a record. */
  readonly ttl?: number | undefined;
}

export class Master implements ViewPublisher {
  private readonly options: MasterOptions;
  private readonly domain: Name;
  private readonly subdomains: Subdomains;
  private readonly timer: NodeJS.Timeout;
  private own: readonly DnsRecord[] | null = null;

  constructor(options: MasterOptions) {
    this.options = options;
    this.domain = nameOf(options.names.domain);
    this.subdomains = new Subdomains(this.domain, asker(options.machine));
    this.timer = setInterval(() => this.look(), lookMillis).unref();
  }

  get problems(): readonly string[] {
    return this.subdomains.problems;
  }

  onView(view: View): void {
    const { ttl, names } = this.options;
    this.own = zoneRecords(this.domain, zoneViewOf(view, names.tls), ttl === undefined ? {} : { ttl });
    this.serve();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    const { machine, isCurrent } = this.options;
    const now = { now: performance.now(), logTime: machine.logTime, isCurrent: isCurrent() };
    if (this.subdomains.look(now)) this.serve();
  }

  private serve(): void {
    if (this.own === null) return;
    this.options.names.zones = new MasterZone(this.domain, this.own, this.subdomains.zones);
  }
}

/** Reads need no session: nothing of them is in the log. The first command of every cluster opens none. */
function asker(machine: StateMachine): AskCoord {
  const nobody = sessionId("1.0");
  return (method, ...args) => {
    const [outcome] = machine.read([{ object, method, args }], nobody, 0);
    return outcome?.type === "returned" ? decodeValue(outcome.value) : undefined;
  };
}
