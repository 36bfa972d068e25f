/** A nameserver in Amazon Route 53 (web/route53.ts), fed with the views of a node. */
import { nameOf } from "../../shared/dns/name.ts";
import type { Route53Publisher } from "../../shared/dns/route53-publisher.ts";
import { zoneRecords } from "../../shared/dns/zone.ts";
import type { View } from "../../shared/paxos/view.ts";
import { type AwsCredentials, route53 } from "../../web/route53.ts";
import type { Log } from "../log/levels.ts";
import type { ViewPublisher } from "../nameserver.ts";
import { zoneViewOf } from "./names.ts";

export interface Route53NamesOptions {
  readonly domain: string;
  readonly credentials: AwsCredentials;
  /** Default: https://route53.amazonaws.com. */
  readonly endpoint?: string | undefined;
  /** Seconds for which others may remember a record. */
  readonly ttl?: number | undefined;
  /** Whether the nodes of the domain serve clients by TLS. */
  readonly tls?: boolean;
  /** One line for the log. */
  readonly log: Log;
}

/** @throws BadName when the domain is none, RangeError when the endpoint is none */
export class Route53Names implements ViewPublisher {
  private readonly options: Route53NamesOptions;
  private readonly publisher: Route53Publisher;
  private told: string | null = null;

  constructor(options: Route53NamesOptions) {
    const { domain, credentials, endpoint, log } = options;
    this.options = options;
    this.publisher = route53({
      domain,
      credentials,
      endpoint,
      changed: ({ problem, published }) => {
        if (problem === this.told) return;
        this.told = problem;
        if (problem === null) log(`Route 53 has view ${published}`);
        else log(problem, "warn");
      },
    });
  }

  get problems(): readonly string[] {
    const { problem } = this.publisher.status;
    return problem === null ? [] : [problem];
  }

  onView(view: View): void {
    const { domain, ttl, tls = false } = this.options;
    const records = zoneRecords(nameOf(domain), zoneViewOf(view, tls), ttl === undefined ? {} : { ttl });
    this.publisher.publish(view.number, records);
  }

  stop(): void {
    this.publisher.stop();
  }
}
