/**
 * The presentation form of records, as dig prints them: RFC 1035 5.1, addresses by RFC 5952, SVCB by RFC 9460 2.1 and
 * appendix A, unknown types by RFC 3597 5 (in one piece: `dig +nosplit`).
 */
import { unreachable } from "./bad-packet.ts";
import { textOf } from "./name.ts";
import { codeOf, type Data, type DnsRecord, typeName } from "./record.ts";
import { paramCode, paramName, type SvcParam, sortedParams } from "./svcb.ts";

/** @example recordText(record) // "counter.example. 30 IN A 10.0.0.1" */
export function recordText(record: DnsRecord): string {
  const { owner, ttl, data } = record;
  return `${textOf(owner)} ${ttl} IN ${typeName(codeOf(data))} ${text(data)}`;
}

/** The data alone: what dig prints behind the type, and what `data` of a JSON answer holds. */
export function text(data: Data): string {
  switch (data.type) {
    case "A":
      return data.address.join(".");
    case "AAAA":
      return ipv6Text(data.address);
    case "NS":
    case "CNAME":
      return textOf(data.target);
    case "SOA": {
      const { serial, refresh, retry, expire, minimum } = data;
      const numbers = [serial, refresh, retry, expire, minimum].join(" ");
      return `${textOf(data.mname)} ${textOf(data.rname)} ${numbers}`;
    }
    case "TXT":
      return data.strings.map(quoted).join(" ");
    case "SRV":
      return `${data.priority} ${data.weight} ${data.port} ${textOf(data.target)}`;
    case "SVCB":
    case "HTTPS":
      return [data.priority, textOf(data.target), ...sortedParams(data.params).map(paramText)].join(" ");
    case "HINFO":
      return `${quoted(data.cpu)} ${quoted(data.os)}`;
    case "other": {
      const { length } = data.bytes;
      return length === 0 ? "\\# 0" : `\\# ${length} ${[...data.bytes].map(hexByte).join("")}`;
    }
    default:
      return unreachable(data);
  }
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0").toUpperCase();
}

const quote = 0x22;
const backslash = 0x5c;

/** A character-string: only what would end it early or what is no printable ASCII is escaped. */
function quoted(bytes: Iterable<number>): string {
  return `"${Array.from(bytes, stringChar).join("")}"`;
}

function stringChar(byte: number): string {
  if (byte < 0x20 || byte >= 0x7f) return `\\${String(byte).padStart(3, "0")}`;
  const char = String.fromCharCode(byte);
  return byte === quote || byte === backslash ? `\\${char}` : char;
}

function paramText(param: SvcParam): string {
  const name = paramName(paramCode(param));
  switch (param.key) {
    case "mandatory":
      return `${name}=${param.keys
        .toSorted((a, b) => a - b)
        .map(paramName)
        .join(",")}`;
    case "alpn":
      return `${name}=${alpnText(param.ids)}`;
    case "no-default-alpn":
      return name;
    case "port":
      return `${name}=${param.port}`;
    case "ipv4hint":
      return `${name}=${param.addresses.map((address) => address.join(".")).join(",")}`;
    case "ipv6hint":
      return `${name}=${param.addresses.map(ipv6Text).join(",")}`;
    case "other":
      return param.bytes.length === 0 ? name : `${name}=${quoted(param.bytes)}`;
    default:
      return unreachable(param);
  }
}

/** Escaped twice: as items of a list, then as a character-string (RFC 9460 appendix A.1). */
function alpnText(ids: readonly string[]): string {
  const list = ids.map((id) => id.replace(/[\\,]/g, "\\$&")).join(",");
  return quoted(Array.from(list, (char) => char.charCodeAt(0)));
}

/** The longest run of two or more zero groups is `::`, the first among equals; IPv4-mapped ends as IPv4. */
function ipv6Text(address: Uint8Array): string {
  const groups = Array.from(
    { length: 8 },
    (_, i) => ((address[2 * i] ?? 0) << 8) | (address[2 * i + 1] ?? 0),
  );
  const words = groups.map((group) => group.toString(16));
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (mapped) return `::ffff:${address.slice(12).join(".")}`;
  const [start, length] = longestZeros(groups);
  if (length < 2) return words.join(":");
  return `${words.slice(0, start).join(":")}::${words.slice(start + length).join(":")}`;
}

function longestZeros(groups: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end++;
    if (end - start > best[1]) best = [start, end - start];
  }
  return best;
}
