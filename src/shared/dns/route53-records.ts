/**
 * Records as Amazon Route 53 keeps them: sets of one name and type, with values as text. In names and in quoted texts
 * a byte is escaped by its octal number ("DNS domain name format" and "Supported DNS record types" of its Developer
 * Guide), unlike in the master files of RFC 1035. Its own NS and SOA records stay as they are.
 */
import { unreachable } from "./bad-packet.ts";
import { isWithin, labels, type Name } from "./name.ts";
import type { Data, DnsRecord, Svcb } from "./record.ts";
import type { SvcParam } from "./svcb.ts";

export type ManagedType = "A" | "AAAA" | "SRV" | "TXT" | "HTTPS";

export interface RecordSet {
  /** As `route53Name` writes it. */
  readonly name: string;
  readonly type: ManagedType;
  /** Seconds. */
  readonly ttl: number;
  /** In any order, each once. */
  readonly values: readonly string[];
}

/** Equal for record sets that are the same one to Route 53. */
export function keyOfSet(set: RecordSet): string {
  return `${set.name} ${set.type}`;
}

function octal(code: number): string {
  return `\\${code.toString(8).padStart(3, "0")}`;
}

/** The text of a name: in lower case, with its last dot, all but letters, digits, - and _ escaped. */
export function route53Name(name: Name): string {
  const texts = labels(name).map((label) => {
    const chars = Array.from(label, (byte) => String.fromCharCode(byte)).join("");
    // Only ASCII has cases here.
    const lower = chars.replace(/[A-Z]/g, (char) => char.toLowerCase());
    return lower.replace(/[^a-z0-9_-]/g, (char) => octal(char.charCodeAt(0)));
  });
  return `${texts.join(".")}.`;
}

/** A name that Route 53 wrote, as `route53Name` writes it: it escapes less and may leave out the last dot. */
export function sameSpelling(text: string): string {
  const spelled = text.toLowerCase().replace(/\\([0-7]{3})|[^a-z0-9_.-]/g, (char, digits) => {
    const code = digits === undefined ? char.charCodeAt(0) : Number.parseInt(digits, 8);
    const plain = String.fromCharCode(code).toLowerCase();
    return /[a-z0-9_-]/.test(plain) ? plain : octal(code);
  });
  return spelled.endsWith(".") ? spelled : `${spelled}.`;
}

export function isManagedType(type: string): type is ManagedType {
  return ["A", "AAAA", "SRV", "TXT", "HTTPS"].includes(type);
}

/**
 * Whether a record set is one of those that a nameserver of `domain` makes, and therefore removes: all managed types
 * of the domain itself, SRV of `_concoord._tcp`, addresses below `ipaddr`, HTTPS of `_PORT._https`.
 * @param name and `domain` as `route53Name` writes them
 */
export function manages(name: string, type: string, domain: string): type is ManagedType {
  if (!isManagedType(type)) return false;
  if (name === domain) return true;
  if (!name.endsWith(`.${domain}`)) return false;
  const below = name.slice(0, -domain.length - 1);
  if (type === "SRV") return below === "_concoord._tcp";
  if (type === "HTTPS") return /^_\d{1,5}\._https$/.test(below);
  return type !== "TXT" && /^[^.]+\.ipaddr$/.test(below);
}

/**
 * What a zone's records are to Route 53: without those that it does not keep for us (NS, SOA, the names of
 * nameservers, names outside).
 * @param domain the name whose view the records tell
 * @returns one set for each name and type, addresses first; equal values once, the smallest TTL
 */
export function recordSetsOf(records: readonly DnsRecord[], domain: Name): readonly RecordSet[] {
  const sets = new Map<string, RecordSet>();
  const zone = route53Name(domain);
  for (const { owner, ttl, data } of records) {
    const name = route53Name(owner);
    const { type } = data;
    if (!isWithin(owner, domain) || !manages(name, type, zone)) continue;
    const one: RecordSet = { name, type, ttl, values: [valueText(data)] };
    const set = sets.get(keyOfSet(one)) ?? one;
    const values = [...new Set([...set.values, ...one.values])];
    sets.set(keyOfSet(one), { name, type, ttl: Math.min(set.ttl, ttl), values });
  }
  // By type, which happens to put A and AAAA before what points at them.
  return [...sets.values()].sort((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0));
}

/** Only records of the managed types have a value here. */
function valueText(data: Data): string {
  switch (data.type) {
    case "A":
      return data.address.join(".");
    case "AAAA":
      return ipv6Text(data.address);
    case "SRV":
      return `${data.priority} ${data.weight} ${data.port} ${route53Name(data.target)}`;
    case "TXT":
      return data.strings.map(quoted).join(" ");
    case "HTTPS":
    case "SVCB":
      return svcbText(data);
    case "NS":
    case "CNAME":
    case "SOA":
    case "HINFO":
    case "other":
      throw new RangeError(`${data.type} is not kept in Route 53`);
    default:
      return unreachable(data);
  }
}

/** All eight groups: a shorter form is as good. */
function ipv6Text(address: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => {
    const group = ((address[2 * i] as number) << 8) | (address[2 * i + 1] as number);
    return group.toString(16);
  });
  return groups.join(":");
}

function quoted(bytes: Uint8Array): string {
  const chars = Array.from(bytes, (byte) => {
    const plain = byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c;
    return plain ? String.fromCharCode(byte) : octal(byte);
  });
  return `"${chars.join("")}"`;
}

function svcbText({ priority, target, params }: Svcb): string {
  return [String(priority), route53Name(target), ...params.map(paramText)].join(" ");
}

const keyNames = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"];

function paramText(param: SvcParam): string {
  switch (param.key) {
    case "mandatory":
      return `mandatory=${param.keys.map((code) => keyNames[code] ?? `key${code}`).join(",")}`;
    case "alpn": {
      // A comma within an id is escaped for the list first, then for the text (RFC 9460 appendix A.1).
      const list = param.ids.map((id) => id.replace(/[\\,]/g, "\\$&")).join(",");
      return `alpn=${quoted(Uint8Array.from(list, (char) => char.charCodeAt(0)))}`;
    }
    case "no-default-alpn":
      return param.key;
    case "port":
      return `port=${param.port}`;
    case "ipv4hint":
      return `ipv4hint=${param.addresses.map((address) => address.join(".")).join(",")}`;
    case "ipv6hint":
      return `ipv6hint=${param.addresses.map(ipv6Text).join(",")}`;
    case "other":
      return `key${param.code}=${quoted(param.bytes)}`;
    default:
      return unreachable(param);
  }
}
