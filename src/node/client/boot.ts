/**
 * The addresses that a bootstrap list stands for, for those that ask nodes one by one: newcomers and the verbs of the
 * command line. Clients look domains up by themselves, again and again.
 */
import { setTimeout as pause } from "node:timers/promises";
import { parseBootstrap } from "../../shared/client/bootstrap.ts";
import { addressesOf, LookUpFailed, type Service } from "../../shared/client/domain.ts";
import { lookUpMillisMax } from "../../shared/name-limits.ts";
import { type DialTls, processTls } from "../tls/dial.ts";
import { resolverOf } from "./resolver.ts";

/**
 * Each once: first those that the list names, then those of its domains, which are looked up anew each time. A domain
 * that cannot be looked up is left out while there is something else.
 * @param list `host:port`, `ws(s)://…` or domains, with commas
 * @param timeoutMillis how long a look-up may take
 * @param tls how they will be dialled
 * @throws TypeError when the list is not valid; LookUpFailed when it names only domains and all are looked up in vain
 * @example await nodesOf("counter.example,127.0.0.1:14000")
 */
export async function nodesOf(
  list: string,
  timeoutMillis = lookUpMillisMax,
  tls = processTls(),
): Promise<readonly string[]> {
  const { addresses, domains } = parseBootstrap(list);
  const lookedUp = await Promise.allSettled(domains.map((domain) => lookUp(domain, timeoutMillis, tls)));
  const found = lookedUp.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  const all = [...new Set([...addresses, ...found])];
  const [failure] = lookedUp.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  if (all.length === 0 && failure !== undefined) throw failure;
  return all;
}

/**
 * What is dialled of a domain's nodes, the best first. By TLS names come first, as certificates name hosts; those of
 * nodes that only have addresses name these.
 * @param die gives numbers from 0 up to, not including, 1
 */
export function dialled(service: Service, die: () => number, tls: DialTls): readonly string[] {
  const addresses = addressesOf(service, die);
  return tls.isUsual ? [...new Set([...addressesOf(service, die, true), ...addresses])] : addresses;
}

async function lookUp(domain: string, timeoutMillis: number, tls: DialTls): Promise<readonly string[]> {
  const over = new AbortController();
  const late = pause(timeoutMillis, null, { signal: over.signal, ref: false });
  try {
    const service = await Promise.race([resolverOf(null).service(domain), late]);
    if (service !== null) return dialled(service, Math.random, tls);
    throw new LookUpFailed(domain, "nothing", `no DNS server answers within ${timeoutMillis} ms`);
  } finally {
    late.catch(() => over.signal.aborted);
    over.abort();
  }
}
