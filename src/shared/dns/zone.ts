/**
 * The zone of a domain as a pure function of the view: every nameserver of a cluster publishes the same one.
 *
 * Members that are away are in TXT only. A member with a host name instead of an IP address is its own target: its
 * addresses are not known here, so it has no part in the A and AAAA records of the domain.
 */
import { type Endpoint, endpointOf, labelOf } from "./endpoint.ts";
import { BadName, child, keyOf, type Name, nameOf, sameName } from "./name.ts";
import type { Data, DnsRecord } from "./record.ts";
import type { ZoneMember, ZoneOptions, ZoneView } from "./zone-view.ts";

const defaultTtl = 30;
/** Seconds. Nobody transfers the zone, so only `minimum` matters: how long "there is none" is remembered. */
const times = { refresh: 300, retry: 60, expire: 86_400, minimum: 5 };

/** Records without those that are there already: two replicas may share an address. */
class Records {
  readonly list: DnsRecord[] = [];
  private readonly ttl: number;
  private readonly seen = new Set<string>();

  constructor(ttl: number) {
    this.ttl = ttl;
  }

  /** @param what tells it from the other records of its owner */
  add(owner: Name, what: string, data: Data): void {
    const key = `${data.type} ${what} ${keyOf(owner)}`;
    if (this.seen.has(key)) return;
    this.seen.add(key);
    this.list.push({ owner, ttl: this.ttl, data });
  }

  /** A or AAAA, where the host is an address and not a name. */
  addAddress(owner: Name, { host }: Endpoint): void {
    if (host.type !== "name")
      this.add(owner, host.address.join("."), { type: host.type, address: host.address });
  }
}

interface Served {
  readonly endpoint: Endpoint;
  /** The host name of it. */
  readonly target: Name;
  readonly tls: boolean;
}

/**
 * All records of the zone.
 *
 * @param domain the apex; one label is enough
 * @returns the apex first, each record once
 * @throws BadName when the domain is so long that no name fits below it
 * @example zoneRecords(nameOf("counter.example"), view, { ttl: 10 })
 */
export function zoneRecords(domain: Name, view: ZoneView, options: ZoneOptions = {}): readonly DnsRecord[] {
  const records = new Records(options.ttl ?? defaultTtl);
  addAuthority(records, domain, view, options.nameservers ?? []);
  const replicas = view.members
    .filter(({ role, away }) => role === "replica" && !away)
    .flatMap(({ addr, tls }) => served(addr, tls, domain));
  for (const { endpoint } of replicas) records.addAddress(domain, endpoint);
  addServices(records, domain, replicas);
  for (const member of view.members) addTexts(records, domain, member);
  for (const { endpoint, target } of replicas) records.addAddress(target, endpoint);
  return records.list;
}

/** Nothing for an address that is none: it is shown in TXT, as it is. */
function served(addr: string, tls: boolean, domain: Name): readonly Served[] {
  const endpoint = endpointOf(addr);
  if (endpoint === null) return [];
  const { host } = endpoint;
  const target = host.type === "name" ? host.name : child(labelOf(host.address), child("ipaddr", domain));
  return [{ endpoint, target, tls }];
}

/** SRV for every client, HTTPS (RFC 9460 9) for browsers, which go by it only to nodes with TLS. */
function addServices(records: Records, domain: Name, replicas: readonly Served[]): void {
  const service = child("_concoord", child("_tcp", domain));
  for (const owner of [service, domain])
    for (const { endpoint, target } of replicas) {
      const { port } = endpoint;
      records.add(owner, `${port} ${keyOf(target)}`, { type: "SRV", priority: 0, weight: 100, port, target });
    }
  for (const { endpoint, target } of replicas.filter(({ tls }) => tls)) {
    const { port } = endpoint;
    const params = [{ key: "alpn", ids: ["http/1.1"] } as const, { key: "port", port } as const];
    for (const owner of [domain, child(`_${port}`, child("_https", domain))])
      records.add(owner, `${port} ${keyOf(target)}`, { type: "HTTPS", priority: 1, target, params });
  }
}

/** One record for each node and each of its roles, of one string. */
function addTexts(records: Records, domain: Name, member: ZoneMember): void {
  const roles = [member.role.toUpperCase()];
  if (member.role !== "nameserver" && serves(member, domain)) roles.push("NAMESERVER");
  for (const role of roles) {
    const text = `${role} ${member.addr} id=${member.id}`;
    records.add(domain, text, { type: "TXT", strings: strings(text) });
  }
}

/** Of 255 bytes each: only a host name of unusual length needs a second one. */
function strings(text: string): readonly Uint8Array[] {
  const bytes = Uint8Array.from(text, (c) => (c.charCodeAt(0) < 0x7f ? c.charCodeAt(0) : 0x3f));
  const found: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 255) found.push(bytes.subarray(at, at + 255));
  return found;
}

function serves(member: ZoneMember, domain: Name): boolean {
  if (member.domain === "") return false;
  try {
    return sameName(nameOf(member.domain), domain);
  } catch (error) {
    if (error instanceof BadName) return false;
    throw error;
  }
}

/**
 * SOA, NS and the addresses of the nameservers. N of `nsN` is the position among all that serve the domain, also those
 * that are away, so that it changes only when one before it leaves for good.
 */
function addAuthority(records: Records, domain: Name, view: ZoneView, given: readonly Name[]): void {
  const members = view.members.filter((member) => serves(member, domain));
  const all = members.flatMap(({ addr, away }, i) => {
    const endpoint = endpointOf(addr);
    if (endpoint === null) return [];
    const { host } = endpoint;
    return [{ name: host.type === "name" ? host.name : child(`ns${i + 1}`, domain), endpoint, away }];
  });
  // A nameserver that nobody hears may be this one: with all of them away, all are as good as before.
  const present = all.some(({ away }) => !away) ? all.filter(({ away }) => !away) : all;
  const names = given.length > 0 ? given : present.map(({ name }) => name);
  const mname = names[0] ?? domain;
  const rname = child("hostmaster", domain);
  records.add(domain, "", { type: "SOA", mname, rname, serial: view.number >>> 0, ...times });
  for (const name of names) records.add(domain, keyOf(name), { type: "NS", target: name });
  if (given.length > 0) return;
  for (const { name, endpoint } of present) records.addAddress(name, endpoint);
}
