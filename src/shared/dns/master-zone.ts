/**
 * The zone of a master: its own, and below it those of other clusters. Each of these is a zone that is made once, so
 * that a change of one costs nothing for the others. A subdomain cannot take the place of what the zone has itself:
 * `ipaddr`, `ns1`, everything with an underscore.
 */
import { isWithin, keyOf, labels, type Name, sameName } from "./name.ts";
import type { Prepared } from "./prepared.ts";
import { type DnsRecord, types } from "./record.ts";
import { Zone } from "./zone-answers.ts";
import type { Subdomain } from "./zone-view.ts";

const ownLabel = /^(?:_.*|ipaddr|ns\d+)$/s;

export class MasterZone extends Zone {
  private readonly subdomains: ReadonlyMap<string, Zone>;
  /** Names between a subdomain and the apex: they are there, without records (RFC 8020). */
  private readonly between = new Set<string>();
  /** Of the names of subdomains: a hostile name of 127 labels costs few look-ups. */
  private readonly nameBytes = new Set<number>();

  /**
   * @param records of the zone itself
   * @param subdomains by the key of their name, each below the apex; the closest above a name answers
   */
  constructor(apex: Name, records: readonly DnsRecord[], subdomains: ReadonlyMap<string, Zone>) {
    super(apex, records);
    this.subdomains = subdomains;
    for (const key of subdomains.keys()) {
      this.nameBytes.add(key.length);
      let rest = parentKey(key);
      for (; rest.length > apex.length && !this.between.has(rest); rest = parentKey(rest))
        this.between.add(rest);
    }
  }

  override find(name: Name, type: number): Prepared | null {
    const key = keyOf(name);
    for (let rest = key; rest.length > this.apex.length; rest = parentKey(rest)) {
      const subdomain = this.nameBytes.has(rest.length) ? this.subdomains.get(rest) : undefined;
      if (subdomain === undefined) continue;
      // Whether the subdomain is signed, only the zone above it can say (RFC 4035 3.1.4.1).
      if (rest === key && type === types.DS) return this.empty(name);
      return subdomain.find(name, type);
    }
    return this.between.has(key) ? this.empty(name) : super.find(name, type);
  }
}

function parentKey(key: string): string {
  return key.slice(key.charCodeAt(0) + 1);
}

/** Whether a name may be that of a subdomain. */
export function mayBeBelow(name: Name, domain: Name): boolean {
  if (name.length <= domain.length || !isWithin(name, domain)) return false;
  const label = labels(name).at(-1 - labels(domain).length) ?? new Uint8Array(0);
  return !ownLabel.test(String.fromCharCode(...label).toLowerCase());
}

/**
 * The zone of a subdomain as its master serves it: a delegation, of which only NS and glue are there (RFC 1034 4.2.1),
 * or all that is its own.
 *
 * @returns null when its records are neither
 */
export function subdomainZone({ name, records, delegate }: Subdomain): Zone | null {
  const servers = records.filter(({ owner, data }) => data.type === "NS" && sameName(owner, name));
  if (delegate)
    return servers.length === 0 ? null : new Zone(name, [...servers, ...glue(name, servers, records)]);
  if (!records.some(({ owner, data }) => data.type === "SOA" && sameName(owner, name))) return null;
  return new Zone(
    name,
    records.filter(({ owner, data }) => isOwn(owner, data.type, name)),
  );
}

/** Addresses of the nameservers below the subdomain: nobody finds them otherwise. */
function glue(
  name: Name,
  servers: readonly DnsRecord[],
  records: readonly DnsRecord[],
): readonly DnsRecord[] {
  const targets = new Set(servers.map(({ data }) => (data.type === "NS" ? keyOf(data.target) : "")));
  return records.filter(
    ({ owner, data }) =>
      (data.type === "A" || data.type === "AAAA") && isWithin(owner, name) && targets.has(keyOf(owner)),
  );
}

/** SOA and NS only at its apex: a subdomain does not speak for what is below it. */
function isOwn(owner: Name, type: string, name: Name): boolean {
  return type === "SOA" || type === "NS" ? sameName(owner, name) : isWithin(owner, name);
}

/**
 * Whether the records delegate: the subdomain has a nameserver that can be found, by its address or because its name
 * lies elsewhere. Otherwise its master answers for it.
 */
export function delegates(name: Name, records: readonly DnsRecord[]): boolean {
  const servers = records.filter(({ owner, data }) => data.type === "NS" && sameName(owner, name));
  if (glue(name, servers, records).length > 0) return true;
  return servers.some(({ data }) => data.type === "NS" && !isWithin(data.target, name));
}
