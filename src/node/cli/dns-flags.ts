/** The flags of nameservers, checked. */
import { BadName } from "../../shared/dns/name.ts";
import { dnsTtlMax, rateLimitMax } from "../../shared/name-limits.ts";
import { Names } from "../dns/names.ts";
import type { DnsSettings, MaybeDns } from "../start-replica.ts";
import { integer, port } from "./arguments.ts";
import { usage } from "./failure.ts";

export interface DnsFlags {
  readonly domainname?: string;
  readonly dnsPort?: string;
  readonly ttl?: string;
  readonly rrl?: string;
}

/** @throws Failure 2 for a flag that cannot be meant */
export function maybeDns(flags: DnsFlags): MaybeDns {
  const { domainname, dnsPort, ttl, rrl } = flags;
  if (domainname !== undefined) return dnsSettings(domainname, flags);
  for (const [name, value] of Object.entries({ "--dns-port": dnsPort, "--ttl": ttl, "--rrl": rrl }))
    if (value !== undefined) throw usage(`${name} is of nameservers: -n is missing, as -n counter.example`);
  return {};
}

/** @throws Failure 2 for a flag that cannot be meant */
export function dnsSettings(domain: string, { dnsPort, ttl, rrl }: DnsFlags): DnsSettings {
  return {
    domain: checkedDomain(domain),
    ...(dnsPort === undefined ? {} : { dnsPort: port(dnsPort, "--dns-port") }),
    ...(ttl === undefined ? {} : { ttl: integer(ttl, "--ttl", 0, dnsTtlMax) }),
    ...(rrl === undefined ? {} : { rrl: integer(rrl, "--rrl", 0, rateLimitMax) }),
  };
}

function checkedDomain(domain: string): string {
  try {
    return new Names({ domain }).domain;
  } catch (error) {
    if (error instanceof BadName) throw usage(`--domainname: ${error.message}`);
    throw error;
  }
}
