/**
 * The DNS over HTTPS, as clients ask it: RFC 8484 by GET, wherever there is fetch. Addresses of targets come with the
 * answer, or are asked of the same server: the names of nodes need not be known to anybody else.
 */
import {
  bare,
  type DomainResolver,
  LookUpFailed,
  noService,
  type Service,
  serviceName,
  type Target,
} from "../shared/client/domain.ts";
import { BadPacket } from "../shared/dns/bad-packet.ts";
import { BadName, keyOf, type Name, nameOf, sameName, textOf } from "../shared/dns/name.ts";
import { decodePacket, encodePacket, type Packet, rcodes } from "../shared/dns/packet.ts";
import { type Data, type DnsRecord, types } from "../shared/dns/record.ts";
import { dnsPacketBytesMax, domainTargetsMax, lookUpMillisMax } from "../shared/name-limits.ts";

const mediaType = "application/dns-message";
const classIn = 1;

/** What an answer says, and the seconds that it was under way in caches: so much of each TTL is over. */
interface Answer {
  readonly packet: Packet;
  readonly age: number;
}

type Of<T extends Data["type"]> = DnsRecord & { readonly data: Extract<Data, { readonly type: T }> };

/** Whom a program asks that does not say: the server that it came from. @param origin as `location.origin` */
export function dohOf(origin: string): string {
  return `${origin}/dns-query`;
}

export class DohResolver implements DomainResolver {
  private readonly url: string;

  /** @param url of the server; `{?dns}` at its end may be there or not */
  constructor(url: string) {
    this.url = url.replace(/\{\?dns\}$/, "");
  }

  /** The TTL is the least of all records that were used, less their age. */
  async service(domain: string): Promise<Service> {
    const answer = await this.ask(domain, serviceName(domain), types.SRV);
    const { packet, age } = answer;
    if (packet.rcode === rcodes.nxdomain) throw noService(domain, "NXDOMAIN");
    // The root as the target says that there is no such service (RFC 2782).
    const records = found(packet, "SRV").filter(({ data }) => data.target.length > 1);
    if (records.length === 0) throw noService(domain, "NODATA");
    let ttl = Number.POSITIVE_INFINITY;
    const hosts = new Map<string, Promise<Addresses>>();
    const targets = records.slice(0, domainTargetsMax).map(async (record): Promise<Target> => {
      const { target, port, priority, weight } = record.data;
      const key = keyOf(target);
      const where = hosts.get(key) ?? this.addresses(domain, target, answer);
      hosts.set(key, where);
      const { addresses, seconds } = await where;
      ttl = Math.min(ttl, record.ttl - age, seconds);
      return { host: bare(textOf(target)), port, priority, weight, addresses };
    });
    return { targets: await Promise.all(targets), ttlMillis: Math.max(0, ttl) * 1_000 };
  }

  async texts(domain: string): Promise<readonly string[]> {
    const { packet } = await this.ask(domain, bare(domain), types.TXT);
    const decoder = new TextDecoder();
    return found(packet, "TXT").map(({ data }) =>
      data.strings.map((bytes) => decoder.decode(bytes)).join(""),
    );
  }

  /** None when the server knows none, or fails: then the system may know the host. */
  private async addresses(domain: string, host: Name, { packet, age }: Answer): Promise<Addresses> {
    const given = packet.additional.filter(({ owner }) => sameName(owner, host));
    const all = addressesIn(given, age);
    if (all.addresses.length > 0) return all;
    const both = [types.A, types.AAAA].map((type) => this.ask(domain, textOf(host), type));
    const asked = (await Promise.allSettled(both)).flatMap((each) =>
      each.status === "fulfilled" ? addressesIn(each.value.packet.answers, each.value.age) : [],
    );
    return {
      addresses: asked.flatMap(({ addresses }) => addresses),
      seconds: Math.min(...asked.map(({ seconds }) => seconds)),
    };
  }

  /** @throws LookUpFailed unless the server says what there is, or that there is nothing */
  private async ask(domain: string, name: string, type: number): Promise<Answer> {
    const asked = nameFor(domain, name);
    // Id 0, so that the same question is the same URL to caches (RFC 8484 4.1).
    const query = encodePacket({ id: 0, rd: true, questions: [{ name: asked, type, class: classIn }] });
    const { bytes, age } = await this.get(domain, query);
    const packet = decoded(bytes);
    const question = packet?.questions[0];
    const fits = question?.type === type && question.class === classIn && sameName(question.name, asked);
    if (!packet?.response || packet.id !== 0 || packet.opcode !== 0 || packet.questions.length !== 1 || !fits)
      throw this.failed(domain, "error", "gives no answer to the question");
    if (packet.rcode !== rcodes.noerror && packet.rcode !== rcodes.nxdomain)
      throw this.failed(domain, "error", `says ${nameOfRcode(packet.rcode)}`);
    // There is no longer message to ask for: what it holds counts, unless that is nothing.
    if (packet.tc && packet.answers.length === 0) throw this.failed(domain, "error", "cut its answer off");
    return { packet, age };
  }

  private async get(domain: string, query: Uint8Array): Promise<{ bytes: Uint8Array; age: number }> {
    const url = new URL(this.url);
    url.searchParams.set("dns", base64url(query));
    try {
      const response = await fetch(url, {
        headers: { accept: mediaType },
        // A browser's cache does not say how old an answer has become in it.
        cache: "no-store",
        signal: AbortSignal.timeout(lookUpMillisMax),
      });
      const { status, headers } = response;
      if (status !== 200) throw this.failed(domain, "error", `says HTTP ${status}`);
      if (!headers.get("content-type")?.toLowerCase().startsWith(mediaType))
        throw this.failed(domain, "error", "is no DNS server");
      return { bytes: await bounded(response), age: Number(/^\d+/.exec(headers.get("age") ?? "") ?? 0) };
    } catch (error) {
      throw error instanceof LookUpFailed ? error : this.failed(domain, "nothing", "does not answer", error);
    }
  }

  private failed(domain: string, said: "error" | "nothing", what: string, cause?: unknown): LookUpFailed {
    return new LookUpFailed(domain, said, `the DNS server ${this.url} ${what}`, cause);
  }
}

interface Addresses {
  readonly addresses: readonly string[];
  /** How long they hold. */
  readonly seconds: number;
}

/** At the end of a chain of CNAMEs the owner is another name: the server vouches for the chain. */
function addressesIn(records: readonly DnsRecord[], age: number): Addresses {
  const hosts = records.filter(({ data: { type } }) => type === "A" || type === "AAAA");
  return {
    addresses: hosts.flatMap(({ data }) => addressText(data)),
    seconds: Math.min(...hosts.map(({ ttl }) => ttl - age)),
  };
}

function addressText(data: Data): readonly string[] {
  if (data.type === "A") return [data.address.join(".")];
  if (data.type !== "AAAA") return [];
  const { address } = data;
  const words = Array.from({ length: 8 }, (_, i) =>
    (((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0)).toString(16),
  );
  // The platform knows how it is written short, as others write it.
  return [new URL(`http://[${words.join(":")}]`).hostname.slice(1, -1)];
}

function found<T extends Data["type"]>(packet: Packet, type: T): readonly Of<T>[] {
  return packet.answers.filter((record): record is Of<T> => record.data.type === type);
}

function nameFor(domain: string, name: string): Name {
  try {
    return nameOf(name);
  } catch (error) {
    if (error instanceof BadName) throw new LookUpFailed(domain, "none", error.message, error);
    throw error;
  }
}

/** @returns null for what is no DNS message */
function decoded(bytes: Uint8Array): Packet | null {
  try {
    return decodePacket(bytes, dnsPacketBytesMax);
  } catch (error) {
    if (error instanceof BadPacket) return null;
    throw error;
  }
}

function nameOfRcode(code: number): string {
  const entry = Object.entries(rcodes).find(([, value]) => value === code);
  return entry === undefined ? `rcode ${code}` : entry[0].toUpperCase();
}

/** @throws Error when the body is longer than a DNS message can be */
async function bounded({ body }: Response): Promise<Uint8Array> {
  const bytes = new Uint8Array(dnsPacketBytesMax);
  let length = 0;
  const reader = body?.getReader();
  for (;;) {
    const part = await reader?.read();
    if (part?.value === undefined) return bytes.subarray(0, length);
    if (length + part.value.length > bytes.length) {
      await reader?.cancel();
      throw new Error("the answer is too long");
    }
    bytes.set(part.value, length);
    length += part.value.length;
  }
}

function base64url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
