/**
 * Where a member is reached: its host:port taken apart, IP addresses as bytes, and the label that stands for one.
 *
 * The label of 10.0.0.1 is `10-0-0-1`. That of an IPv6 address is its shortest form (RFC 5952 4) with `-` for `:`, and
 * with a 0 where it would begin or end with a hyphen, which no host name may (RFC 1123 2.1): `::1` is `0--1`, and
 * `2001:db8::` is `2001-db8--0`. Every address has one label, and no two have the same.
 */
import { BadName, type Name, nameOf } from "./name.ts";
import { u16At } from "./reader.ts";
import { text } from "./text.ts";

export type Host =
  | { readonly type: "A" | "AAAA"; readonly address: Uint8Array }
  | { readonly type: "name"; readonly name: Name };

export interface Endpoint {
  readonly host: Host;
  readonly port: number;
}

/**
 * @param addr as `10.0.0.1:14000`, `[::1]:14000` or `host.example:14000`
 * @returns null when it is none of these. An IPv4 address that is written as an IPv6 one counts as what it is
 * @example endpointOf("[::1]:14000")?.port // 14000
 */
export function endpointOf(addr: string): Endpoint | null {
  const [, six, other, digits] = /^(?:\[([^\]]*)\]|([^:]+)):(\d{1,5})$/.exec(addr) ?? [];
  const port = Number(digits);
  if (digits === undefined || port < 1 || port > 0xffff) return null;
  const address = six === undefined ? ipv4(other ?? "") : ipv6(six);
  if (address !== null) return { host: { type: address.length === 4 ? "A" : "AAAA", address }, port };
  const name = six === undefined ? hostName(other ?? "") : null;
  return name === null ? null : { host: { type: "name", name }, port };
}

/** A name whose last label is a number is a mistyped IPv4 address: nobody would look it up. */
function hostName(host: string): Name | null {
  if (!/^[\w.-]+$/.test(host) || /(?:^|\.)\d+\.?$/.test(host)) return null;
  try {
    return nameOf(host);
  } catch (error) {
    if (error instanceof BadName) return null;
    throw error;
  }
}

/** @returns 4 bytes, or null when `host` is no IPv4 address */
export function ipv4(host: string): Uint8Array | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(host);
  const numbers = match?.slice(1).map(Number) ?? [256];
  return numbers.some((n) => n > 255) ? null : Uint8Array.from(numbers);
}

/** @returns 16 bytes (4 for an IPv4 address in IPv6 form, RFC 4291 2.5.5.2), or null when `host` is no IPv6 address */
export function ipv6(host: string): Uint8Array | null {
  const last = host.slice(host.lastIndexOf(":") + 1);
  const four = last.includes(".") ? ipv4(last) : null;
  const hex = four === null ? host : `${host.slice(0, -last.length)}${hexAt(four, 0)}:${hexAt(four, 2)}`;
  const halves = hex.split("::");
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
  const [left = [], right = []] = groups;
  const zeros = 8 - left.length - right.length;
  if (halves.length > 2 || (halves.length === 2 ? zeros < 1 : zeros !== 0)) return null;
  const all = [...left, ...new Array<string>(zeros).fill("0"), ...right];
  if (all.some((group) => !/^[0-9a-f]{1,4}$/i.test(group))) return null;
  const bytes = Uint8Array.from(all.map((group) => parseInt(group, 16)).flatMap((n) => [n >> 8, n & 0xff]));
  const mapped =
    bytes[10] === 0xff && bytes[11] === 0xff && bytes.subarray(0, 10).every((byte) => byte === 0);
  return mapped ? bytes.slice(12) : bytes;
}

function hexAt(bytes: Uint8Array, at: number): string {
  return u16At(bytes, at).toString(16);
}

/**
 * The label that names an address below `ipaddr`.
 *
 * @param address 4 or 16 bytes
 * @example labelOf(Uint8Array.of(10, 0, 0, 1)) // "10-0-0-1"
 */
export function labelOf(address: Uint8Array): string {
  if (address.length === 4) return address.join("-");
  return text({ type: "AAAA", address }).replace(/^:/, "0:").replace(/:$/, ":0").replaceAll(":", "-");
}
