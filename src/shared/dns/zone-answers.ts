/**
 * The answers of a zone, by name and type (RFC 1034 4.3.2). Each is prepared at the first query for it and then served
 * as bytes until a new view brings a new zone, so that a master of many subdomains does not pay for what nobody asks.
 *
 * The records tell by themselves who answers: a name with SOA is the apex of a zone, one with NS alone begins a
 * subdomain that is delegated, and what lies below it is only glue.
 */
import { checkedName, isWithin, keyOf, type Name } from "./name.ts";
import { rcodes } from "./packet.ts";
import { Prepared, type Reply } from "./prepared.ts";
import { codeOf, type DnsRecord, types } from "./record.ts";
import { zoneRecords } from "./zone.ts";
import type { ZoneOptions, ZoneView } from "./zone-view.ts";

type Sets = Map<number, DnsRecord[]>;

/** Where authority begins or ends. */
interface Border {
  readonly name: Name;
  /** The answer for every name below it that is not there. */
  readonly missing: () => Prepared;
  /** The answer for every type that a name does not have. */
  readonly noData: () => Prepared;
  /** False for a subdomain that is delegated: both answers refer to its nameservers. */
  readonly isApex: boolean;
}

interface Entry {
  readonly name: Name;
  /** Empty for a name that is there only because of those below it (RFC 8020). */
  readonly sets: Sets;
  readonly border: Border;
  readonly prepared: Map<number, Prepared>;
}

/** Of a negative answer: the TTL says how long to remember it (RFC 2308 3). */
function negativeSoa(record: DnsRecord): DnsRecord {
  const { data, ttl } = record;
  return data.type === "SOA" ? { ...record, ttl: Math.min(ttl, data.minimum) } : record;
}

/** RFC 8482 4.2. */
function hinfo(owner: Name, ttl: number): DnsRecord {
  const cpu = Uint8Array.from("RFC8482", (c) => c.charCodeAt(0));
  return { owner, ttl, data: { type: "HINFO", cpu, os: new Uint8Array(0) } };
}

/** One zone, its subdomains with it. Never changes. */
export class Zone {
  readonly apex: Name;
  private readonly sets = new Map<string, { readonly name: Name; readonly sets: Sets }>();
  private readonly borders = new Map<string, Border>();
  /** Of the names of these: a hostile name of 127 labels costs few look-ups. */
  private readonly borderBytes = new Set<number>();
  private readonly entries = new Map<string, Entry>();

  /** @param records of the zone: the apex has SOA */
  constructor(apex: Name, records: readonly DnsRecord[]) {
    this.apex = apex;
    for (const { owner, ttl, data } of records) {
      if (!isWithin(owner, apex)) continue;
      const { name, sets } = this.named(owner);
      const code = codeOf(data);
      const set = sets.get(code);
      if (set === undefined) sets.set(code, [{ owner: name, ttl, data }]);
      else set.push({ owner: name, ttl, data });
    }
    for (const { name, sets } of this.sets.values()) this.addBorder(name, sets);
    for (const [key, { name, sets }] of this.sets) {
      const border = this.borderOf(key);
      if (border !== null) this.entries.set(key, { name, sets, border, prepared: new Map() });
    }
  }

  /**
   * The zone of a domain in this view.
   *
   * @throws BadName when the domain is so long that no name fits below it
   * @example const zone = Zone.of(nameOf("counter.example"), view);
   */
  static of(domain: Name, view: ZoneView, options: ZoneOptions = {}): Zone {
    return new Zone(domain, zoneRecords(domain, view, options));
  }

  /** @returns null when the name is not in this zone */
  find(name: Name, type: number): Prepared | null {
    const key = keyOf(name);
    const entry = this.entries.get(key);
    if (entry === undefined) return this.borderOf(key)?.missing() ?? null;
    const { border } = entry;
    if (border.isApex) return entry.prepared.get(type) ?? this.prepare(entry, type);
    // The delegation itself is this zone's: whether it is signed, only this zone can say (RFC 4035 3.1.4.1).
    if (type !== types.DS || border.name !== entry.name) return border.missing();
    return this.borderOf(parentKey(key))?.noData() ?? null;
  }

  /** The answer for a name of this zone that is there and has nothing of the type. */
  protected empty(name: Name): Prepared | null {
    return this.borderOf(keyOf(name))?.noData() ?? null;
  }

  private prepare(entry: Entry, type: number): Prepared {
    const { name, sets, border, prepared } = entry;
    const first = sets.values().next().value?.[0];
    const any = type === types.ANY && first !== undefined ? [hinfo(name, first.ttl)] : undefined;
    const answers = any ?? sets.get(type) ?? sets.get(types.CNAME);
    if (answers === undefined) return border.noData();
    const additional = this.addressesFor(answers);
    const made = preparedOr(name, { ...empty, aa: true, answers, additional });
    prepared.set(type, made);
    return made;
  }

  /** The entry of a name, and of all between it and the apex. */
  private named(owner: Name): { readonly name: Name; readonly sets: Sets } {
    const key = keyOf(owner);
    const known = this.sets.get(key);
    if (known !== undefined) return known;
    const made = { name: owner, sets: new Map() };
    this.sets.set(key, made);
    if (owner.length > this.apex.length) this.named(parent(owner));
    return made;
  }

  private addBorder(name: Name, sets: Sets): void {
    const soa = sets.get(types.SOA)?.[0];
    const servers = sets.get(types.NS);
    if (soa !== undefined) {
      const reply = { ...empty, aa: true, authority: [negativeSoa(soa)] };
      const missing = once(() => preparedOr(name, { ...reply, rcode: rcodes.nxdomain }));
      this.borders.set(keyOf(name), {
        name,
        missing,
        noData: once(() => preparedOr(name, reply)),
        isApex: true,
      });
    } else if (servers !== undefined) {
      const referral = once(() => {
        const additional = this.addressesFor(servers);
        return preparedOr(name, { ...empty, authority: servers, additional, needsAdditional: true });
      });
      this.borders.set(keyOf(name), { name, missing: referral, noData: referral, isApex: false });
    } else return;
    this.borderBytes.add(name.length);
  }

  /** The closest one at or above a name; null outside of the zone. */
  private borderOf(key: string): Border | null {
    for (let at = 0; key.length - at >= this.apex.length; at += key.charCodeAt(at) + 1) {
      if (!this.borderBytes.has(key.length - at)) continue;
      const border = this.borders.get(key.slice(at));
      if (border !== undefined) return border;
    }
    return null;
  }

  /** Of the targets that this zone knows, in the order of the records. */
  private addressesFor(records: readonly DnsRecord[]): readonly DnsRecord[] {
    const targets = new Set<string>();
    for (const { data } of records)
      if ("target" in data && data.type !== "CNAME") targets.add(keyOf(data.target));
    return [...targets].flatMap((key) => {
      const sets = this.sets.get(key)?.sets;
      return [...(sets?.get(types.A) ?? []), ...(sets?.get(types.AAAA) ?? [])];
    });
  }
}

function once(make: () => Prepared): () => Prepared {
  let made: Prepared | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

function parent(name: Name): Name {
  return checkedName(name.subarray((name[0] as number) + 1));
}

function parentKey(key: string): string {
  return key.slice(key.charCodeAt(0) + 1);
}

const empty: Reply = {
  aa: false,
  rcode: rcodes.noerror,
  answers: [],
  authority: [],
  additional: [],
  needsAdditional: false,
};

/** Records that make no message, which only another cluster's nameserver can have sent, harm only themselves. */
function preparedOr(name: Name, reply: Reply): Prepared {
  try {
    return new Prepared(name, reply);
  } catch (error) {
    if (error instanceof RangeError) return new Prepared(name, { ...empty, rcode: rcodes.servfail });
    throw error;
  }
}
