/** A nameserver in Route 53 that calls the local endpoint, and waiting for what it comes to. */
import type { Route53Publisher, Route53Status } from "../../src/shared/dns/route53-publisher.ts";
import { type Route53Options, route53 } from "../../src/web/route53.ts";
import { type Endpoint, keys } from "./endpoint.ts";
import { domain } from "./records.ts";

export class Started {
  readonly names: Route53Publisher;
  readonly seen: Route53Status[] = [];
  private look: () => void = () => undefined;

  constructor(endpoint: Endpoint, more: Partial<Route53Options> = {}) {
    const changed = (status: Route53Status) => {
      this.seen.push(status);
      this.look();
    };
    this.names = route53({ domain, credentials: keys, endpoint: endpoint.url, changed, ...more });
  }

  /** Resolves with the first status, now or later, of which this is true. */
  until(holds: (status: Route53Status) => boolean): Promise<Route53Status> {
    return new Promise((resolve) => {
      this.look = () => {
        if (holds(this.names.status)) resolve(this.names.status);
      };
      this.look();
    });
  }

  published(view: number): Promise<Route53Status> {
    return this.until((status) => status.published === view && status.waiting === null);
  }
}
