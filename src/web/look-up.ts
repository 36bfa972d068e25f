/** Looks up a domain for a page or a Worker, in a file of its own: most programs never do. */
import { addressesOf, type Found } from "../shared/client/domain.ts";
import { DohResolver } from "./doh-resolver.ts";

/**
 * @param url of the DNS server
 * @param die gives numbers from 0 up to, not including, 1
 * @param isSecure whether nodes are dialled over TLS
 * @throws LookUpFailed
 */
export async function lookUp(
  domain: string,
  url: string,
  die: () => number,
  isSecure: boolean,
): Promise<Found> {
  const service = await new DohResolver(url).service(domain);
  return { addresses: addressesOf(service, die, isSecure), ttlMillis: service.ttlMillis };
}
