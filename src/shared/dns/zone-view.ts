/** What a zone is made of: the members of a view, and the zones of other clusters below its domain. */
import type { Name } from "./name.ts";
import type { DnsRecord } from "./record.ts";

export interface ZoneMember {
  /** 16 hex digits. */
  readonly id: string;
  readonly role: "replica" | "acceptor" | "learner" | "nameserver";
  /** host:port; an IPv6 address in brackets. */
  readonly addr: string;
  /** The domain that it serves as a nameserver, or "". */
  readonly domain: string;
  /** Silent for long: listed in TXT, and nowhere else. */
  readonly away: boolean;
  /** Whether clients reach it by wss. */
  readonly tls: boolean;
}

export interface ZoneView {
  /** One more with each change of the members. */
  readonly number: number;
  readonly members: readonly ZoneMember[];
}

/** The zone of another cluster, below this one's domain, as that cluster's nameserver told it. */
export interface Subdomain {
  readonly name: Name;
  /** Its whole zone; what lies outside of `name` is left out. */
  readonly records: readonly DnsRecord[];
  /** True: its own nameservers are asked (RFC 1034 4.2.1). False: this zone's nameservers answer for it. */
  readonly delegate: boolean;
}

export interface ZoneOptions {
  /** Seconds for which others may remember a record; 30 when not given. */
  readonly ttl?: number;
  /** Names of the nameservers where no member of the view is one, as with a Worker; they replace the members. */
  readonly nameservers?: readonly Name[];
}
