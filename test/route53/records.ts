/** Records of a small zone, for the tests of Route 53. */
import { child, nameOf } from "../../src/shared/dns/name.ts";
import type { Data, DnsRecord } from "../../src/shared/dns/record.ts";

export const domain = "counter.example";
const zone = nameOf(domain);

export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

export function record(owner: string, data: Data, ttl = 30): DnsRecord {
  return { owner: nameOf(owner), ttl, data };
}

/** The zone of replicas at these addresses, with the records that Route 53 makes itself. */
export function zoneOf(addresses: readonly string[], port = 14_000): readonly DnsRecord[] {
  const service = nameOf(`_concoord._tcp.${domain}`);
  const ns1 = child("ns1", zone);
  const soa = { mname: ns1, rname: ns1, serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 5 };
  const one = (address: string): readonly DnsRecord[] => {
    const target = nameOf(`${address.replaceAll(".", "-")}.ipaddr.${domain}`);
    const a = { type: "A", address: Uint8Array.from(address.split("."), Number) } as const;
    const srv = { type: "SRV", priority: 0, weight: 100, port, target } as const;
    const txt = { type: "TXT", strings: [bytes(`REPLICA ${address}:${port} id=00000000000000aa`)] } as const;
    return [
      { owner: zone, ttl: 30, data: a },
      { owner: target, ttl: 30, data: a },
      { owner: service, ttl: 30, data: srv },
      { owner: zone, ttl: 30, data: srv },
      { owner: zone, ttl: 30, data: txt },
    ];
  };
  return [
    { owner: zone, ttl: 30, data: { type: "SOA", ...soa } },
    { owner: zone, ttl: 30, data: { type: "NS", target: ns1 } },
    { owner: ns1, ttl: 30, data: { type: "A", address: Uint8Array.of(10, 0, 0, 9) } },
    ...addresses.flatMap(one),
  ];
}

/** What a hosted zone holds when all of `zoneOf(addresses)` is in it. */
export function toldOf(addresses: readonly string[], port = 14_000): Record<string, readonly string[]> {
  const dashed = (address: string) => `${address.replaceAll(".", "-")}.ipaddr.${domain}.`;
  const srv = addresses.map((address) => `0 100 ${port} ${dashed(address)}`).sort();
  const own = addresses.map((address) => [`${dashed(address)} A`, [address]] as const);
  return {
    [`${domain}. A`]: [...addresses].sort(),
    [`${domain}. SRV`]: srv,
    [`${domain}. TXT`]: addresses.map((address) => `"REPLICA ${address}:${port} id=00000000000000aa"`).sort(),
    [`_concoord._tcp.${domain}. SRV`]: srv,
    ...Object.fromEntries(own),
  };
}
