/**
 * What a domain says of its cluster: SRV records (RFC 2782) at `_concoord._tcp.<domain>`, whose targets are the nodes
 * that serve clients. How the DNS is asked differs: adapters know.
 */
import { domainTargetsMax } from "../name-limits.ts";

/** One SRV record, and where its target is. */
export interface Target {
  /** The name of the host, without the last dot. */
  readonly host: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
  /** IP addresses; none when the DNS server has none: then the host name is dialled. */
  readonly addresses: readonly string[];
}

export interface Service {
  readonly targets: readonly Target[];
  /** How long this may be taken for true; 0 where somebody else remembers it. */
  readonly ttlMillis: number;
}

/** One way to ask the DNS. Every question settles within some seconds. */
export interface DomainResolver {
  /**
   * The nodes that serve clients, at least one.
   * @throws LookUpFailed
   */
  service(domain: string): Promise<Service>;
  /**
   * What the TXT records say, one text for each; none when there are none.
   * @throws LookUpFailed
   */
  texts(domain: string): Promise<readonly string[]>;
}

/** What a client dials. */
export interface Found {
  /** `host:port`, `[ip6]:port`; the best first. */
  readonly addresses: readonly string[];
  readonly ttlMillis: number;
}

/** What the DNS said when it gave no records: that there are none; that something is wrong; nothing. */
export type Said = "none" | "error" | "nothing";

/** A domain was looked up in vain. The message names it and tells what the DNS said. */
export class LookUpFailed extends Error {
  override readonly name = "LookUpFailed";
  readonly said: Said;
  constructor(domain: string, said: Said, what: string, cause?: unknown) {
    super(`${bare(domain)}: ${what}`, cause === undefined ? undefined : { cause });
    this.said = said;
  }
}

/** @param said NXDOMAIN or NODATA */
export function noService(domain: string, said: string): LookUpFailed {
  const hint = bare(domain).includes(".") ? "" : "; a node is host:port";
  return new LookUpFailed(
    domain,
    "none",
    `there is no SRV record at ${serviceName(domain)} (${said})${hint}`,
  );
}

/** Without the dot at the end: domains are never searched for below others. */
export function bare(domain: string): string {
  return domain.endsWith(".") ? domain.slice(0, -1) : domain;
}

/** Where the SRV records of a cluster are. */
export function serviceName(domain: string): string {
  return `_concoord._tcp.${bare(domain)}`;
}

/**
 * The addresses to dial: by priority, and by chance among equals, the heavier sooner.
 * @param die gives numbers from 0 up to, not including, 1
 * @param named whether host names are dialled, not addresses: over TLS, where certificates name hosts
 */
export function addressesOf(
  { targets }: Pick<Service, "targets">,
  die: () => number,
  named = false,
): readonly string[] {
  // Keys drawn like this come out as if targets were drawn one after the other, each by its weight.
  const keyed = targets.map((target) => {
    const { weight } = target;
    return { target, key: weight === 0 ? die() - 1 : die() ** (1 / weight) };
  });
  keyed.sort((a, b) => a.target.priority - b.target.priority || b.key - a.key);
  const all = keyed.flatMap(({ target: { host, port, addresses } }) =>
    (named || addresses.length === 0 ? [host] : addresses).map((each) => joined(each, port)),
  );
  return [...new Set(all)].slice(0, domainTargetsMax);
}

/** `host:port`, with brackets around an IPv6 address. */
export function joined(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
