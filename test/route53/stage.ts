/** What each test of a nameserver in Route 53 begins with: an endpoint, one hosted zone, nobody who publishes. */
import { afterEach, beforeEach } from "vitest";
import type { Route53Options } from "../../src/web/route53.ts";
import { Endpoint } from "./endpoint.ts";
import type { HostedZone } from "./hosted-zone.ts";
import { domain } from "./records.ts";
import { Started } from "./started.ts";

/** Those of the test that runs. */
export let endpoint = new Endpoint();
export let zone: HostedZone;
const running: Started[] = [];

beforeEach(async () => {
  endpoint = new Endpoint();
  await endpoint.start();
  zone = endpoint.zone("Z1", `${domain}.`);
});
afterEach(async () => {
  for (const { names } of running.splice(0)) names.stop();
  await endpoint.close();
});

/** Begins to publish; it ends with the test. */
export function start(more: Partial<Route53Options> = {}): Started {
  const started = new Started(endpoint, more);
  running.push(started);
  return started;
}
