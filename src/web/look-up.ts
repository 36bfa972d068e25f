/** Looks up a domain for a page or a Worker, in a file of its own: most programs never do. */
import { addressesOf, type Found } from "../shared/client/domain.ts";
import { DohResolver } from "./doh-resolver.ts";

/**
 * @param doh the URL of the DNS server; null for that of the page
 * @param origin where the program came from, as `https://host:port`; null for nowhere: nodes are dialled over TLS if
 *   it did
 * @param die gives 32 bits, unsigned
 * @throws TypeError without a DNS server, LookUpFailed
 */
export async function lookUp(
  domain: string,
  doh: string | null,
  origin: string | null,
  die: () => number,
): Promise<Found> {
  const url = doh ?? (origin === null ? null : `${origin}/dns-query`);
  if (url === null) throw new TypeError(`${domain}: give doh, the URL of a DNS server`);
  const service = await new DohResolver(url).service(domain);
  const isSecure = origin?.startsWith("https") === true;
  return {
    addresses: addressesOf(service, () => die() / 2 ** 32, isSecure),
    ttlMillis: service.ttlMillis,
  };
}
