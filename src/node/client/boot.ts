/**
 * The addresses that a bootstrap list stands for, for those that ask nodes one by one: newcomers and the verbs of the
 * command line. Clients look domains up by themselves, again and again.
 */
import { setTimeout as pause } from "node:timers/promises";
import { parseBootstrap } from "../../shared/client/bootstrap.ts";
import { addressesOf, LookUpFailed } from "../../shared/client/domain.ts";
import { lookUpMillisMax } from "../../shared/limits.ts";
import { resolverOf } from "./resolver.ts";

/**
 * Each once: first those that the list names, then those of its domains, which are looked up anew each time. A domain
 * that cannot be looked up is left out while there is something else.
 * @param list `host:port`, `ws(s)://…` or domains, with commas
 * @param timeoutMillis how long a look-up may take
 * @throws TypeError when the list is not valid; LookUpFailed when it names only domains and all are looked up in vain
 * @example await nodesOf("counter.example,127.0.0.1:14000")
 */
export async function nodesOf(list: string, timeoutMillis = lookUpMillisMax): Promise<readonly string[]> {
  const { addresses, domains } = parseBootstrap(list);
  const lookedUp = await Promise.allSettled(domains.map((domain) => lookUp(domain, timeoutMillis)));
  const found = lookedUp.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  const all = [...new Set([...addresses, ...found])];
  const [failure] = lookedUp.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
  if (all.length === 0 && failure !== undefined) throw failure;
  return all;
}

async function lookUp(domain: string, timeoutMillis: number): Promise<readonly string[]> {
  const over = new AbortController();
  const late = pause(timeoutMillis, null, { signal: over.signal, ref: false });
  try {
    const service = await Promise.race([resolverOf(null).service(domain), late]);
    if (service !== null) return addressesOf(service, Math.random);
    throw new LookUpFailed(domain, "nothing", `no DNS server answers within ${timeoutMillis} ms`);
  } finally {
    late.catch(() => over.signal.aborted);
    over.abort();
  }
}
