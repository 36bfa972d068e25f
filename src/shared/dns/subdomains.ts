/**
 * The subdomains that a master learned: what slaves pushed into its NameserverCoord object, as zones. What is pushed is
 * the whole record set of a domain, as messages of the DNS. Whoever pushed nothing for long is not answered for any
 * more; the time in which the master could not hear of it does not count.
 */
import { reasonCharsMax } from "../limits.ts";
import { subdomainSilentMillisMax, subdomainsMax } from "../name-limits.ts";
import { BadPacket } from "./bad-packet.ts";
import { delegates, mayBeBelow, subdomainZone } from "./master-zone.ts";
import { BadName, keyOf, type Name, nameOf, sameName, textOf } from "./name.ts";
import { decodePacket, encodePacket } from "./packet.ts";
import type { DnsRecord } from "./record.ts";
import { zoneRecords } from "./zone.ts";
import type { Zone } from "./zone-answers.ts";
import type { ZoneView } from "./zone-view.ts";

/** So few that names at their end can still point to those at its beginning. */
const recordsPerMessage = 32;

/**
 * What a slave pushes of a view.
 *
 * @param delegate whether its nameservers can be asked: where they cannot, as on another port than 53, the master must
 *   answer for them, and hears of none
 * @throws RangeError when the records fit no message
 */
export function pushedRecords(
  domain: Name,
  view: ZoneView,
  delegate: boolean,
  ttl?: number,
): readonly Uint8Array[] {
  const all = zoneRecords(domain, view, ttl === undefined ? {} : { ttl });
  const records = delegate ? all : all.filter(({ data }) => data.type !== "NS");
  const messages: Uint8Array[] = [];
  for (let at = 0; at < records.length; at += recordsPerMessage)
    messages.push(
      encodePacket({ id: 0, response: true, answers: records.slice(at, at + recordsPerMessage) }),
    );
  return messages;
}

/** @throws BadPacket */
function recordsOf(messages: readonly Uint8Array[]): readonly DnsRecord[] {
  // No message has more steps than bytes.
  return messages.flatMap((bytes) => decodePacket(bytes, bytes.length).answers);
}

/** Declared reads of the object; undefined where there is none. */
export type AskCoord = (method: "getpushed" | "getrecords", ...args: readonly unknown[]) => unknown;

export interface Now {
  /** Monotonic ms. */
  readonly now: number;
  /** Of the state that is asked. */
  readonly logTime: number;
  /** Whether that state is the cluster's newest one, as far as anybody knows. */
  readonly isCurrent: boolean;
}

interface PushedNames {
  readonly change: number;
  readonly subdomains: ReadonlyMap<string, number>;
}

interface Learned {
  readonly change: number;
  readonly messages: readonly Uint8Array[];
  /** By `listened`. */
  readonly heardAt: number;
  readonly key: string;
  readonly zone: Zone | null;
  /** Why there is no zone. */
  readonly problem: string | null;
}

export class Subdomains {
  private readonly domain: Name;
  private readonly ask: AskCoord;
  private readonly learned = new Map<string, Learned>();
  private change = -1;
  /** For how many ms it could hear of pushes. */
  private listened = 0;
  private lookedAt: number | null = null;
  private lacks: string | null = null;

  /** @param domain of the master: only what lies below it is answered for */
  constructor(domain: Name, ask: AskCoord) {
    this.domain = domain;
    this.ask = ask;
  }

  /** Those that are answered for, by the key of their name. */
  get zones(): ReadonlyMap<string, Zone> {
    const zones = new Map<string, Zone>();
    for (const { key, zone } of this.learned.values()) if (zone !== null) zones.set(key, zone);
    return zones;
  }

  /** For the status: who pushes what cannot be answered for. */
  get problems(): readonly string[] {
    const problems = [...this.learned.values()].flatMap(({ problem }) => problem ?? []);
    return this.lacks === null ? problems : [this.lacks, ...problems];
  }

  /** Looks at what was pushed. @returns whether `zones` are others than before */
  look({ now, logTime, isCurrent }: Now): boolean {
    if (isCurrent && this.lookedAt !== null) this.listened += now - this.lookedAt;
    this.lookedAt = now;
    const told = this.ask("getpushed", this.change);
    const isLacking = told === undefined && isCurrent;
    this.lacks = isLacking ? "the cluster serves no NameserverCoord: nobody can push subdomains" : null;
    const names = namesOf(told);
    const hasNews = names !== null && this.learn(names, logTime);
    return this.dropSilent() || hasNews;
  }

  private learn(names: PushedNames, logTime: number): boolean {
    this.change = names.change;
    let hasNews = false;
    for (const [name, { zone }] of this.learned)
      if (!names.subdomains.has(name)) {
        this.learned.delete(name);
        hasNews ||= zone !== null;
      }
    for (const [name, change] of names.subdomains) {
      const before = this.learned.get(name);
      if (before?.change === change) continue;
      const after = this.read(name, change, logTime, before);
      if (after === null) continue;
      this.learned.set(name, after);
      hasNews ||= after.zone !== (before?.zone ?? null);
    }
    return hasNews;
  }

  private read(name: string, change: number, logTime: number, before: Learned | undefined): Learned | null {
    const pushed = pushedOf(this.ask("getrecords", name));
    if (pushed === null) return null;
    const heardAt = this.listened - Math.max(0, logTime - pushed.at);
    const { records: messages } = pushed;
    // A sign of life.
    if (before?.zone != null && sameMessages(before.messages, messages))
      return { ...before, change, heardAt };
    return { change, messages, heardAt, ...made(name, messages, this.domain) };
  }

  /** What is silent comes back with its next push. */
  private dropSilent(): boolean {
    let hasNews = false;
    for (const [name, learned] of this.learned) {
      if (learned.zone === null || this.listened - learned.heardAt < subdomainSilentMillisMax) continue;
      const problem = `subdomain ${name}: nobody has pushed it for ${subdomainSilentMillisMax / 60_000} min`;
      this.learned.set(name, { ...learned, zone: null, problem });
      hasNews = true;
    }
    return hasNews;
  }
}

type Made = Pick<Learned, "key" | "zone" | "problem">;

function made(text: string, messages: readonly Uint8Array[], domain: Name): Made {
  const refused = (why: string): Made => {
    return { key: "", zone: null, problem: `subdomain ${text}: ${why}`.slice(0, reasonCharsMax) };
  };
  try {
    const name = nameOf(text);
    if (sameName(name, domain)) return refused("that is this domain itself");
    if (!mayBeBelow(name, domain)) return refused(`it cannot be below ${textOf(domain)}`);
    const records = recordsOf(messages);
    const zone = subdomainZone({ name, records, delegate: delegates(name, records) });
    return zone === null ? refused("it has neither SOA nor NS") : { key: keyOf(name), zone, problem: null };
  } catch (error) {
    if (error instanceof BadPacket || error instanceof BadName) return refused(error.message);
    throw error;
  }
}

function sameMessages(a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean {
  return a.length === b.length && a.every((bytes, i) => sameBytes(bytes, b[i] as Uint8Array));
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** What `getpushed` answered; null for no news, and for what is not such an answer. */
function namesOf(told: unknown): PushedNames | null {
  const { change, subdomains } = fields(told);
  if (typeof change !== "number" || typeof subdomains !== "object" || subdomains === null) return null;
  const names = new Map<string, number>();
  for (const [name, of] of Object.entries(subdomains).slice(0, subdomainsMax))
    if (typeof of === "number") names.set(name, of);
  return { change, subdomains: names };
}

/** What `getrecords` answered; null when it is gone again. */
function pushedOf(told: unknown) {
  const { at, records } = fields(told);
  if (typeof at !== "number" || !Array.isArray(records)) return null;
  const messages: readonly unknown[] = records;
  return { at, records: messages.filter((item) => item instanceof Uint8Array) };
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
