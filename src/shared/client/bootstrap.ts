/** Reads the list of nodes that a program begins with, and where it looks up the domains in it. */
import { addrCharsMax } from "../limits.ts";
import { dnsLabelBytesMax, domainCharsMax } from "../name-limits.ts";
import { badBootstrap } from "./errors.ts";

export interface Bootstraps {
  /** `host:port`, `[ip6]:port`, or a `ws://`, `wss://` URL; in the order given, each once. */
  readonly addresses: readonly string[];
  /** Items without port and scheme: names to look up. */
  readonly domains: readonly string[];
}

/**
 * @param text items separated by commas; spaces around them do not count
 * @throws TypeError with code UNREACHABLE that names the item which is no address
 * @example parseBootstrap("127.0.0.1:14000, [::1]:14000, wss://example.org/concoord")
 */
export function parseBootstrap(text: string): Bootstraps {
  const addresses = new Set<string>();
  const domains = new Set<string>();
  for (const part of text.split(",")) {
    const item = part.trim();
    if (item === "") continue;
    if (item.length > addrCharsMax) throw bad(item, `longer than ${addrCharsMax} characters`);
    if (isDomain(item)) domains.add(item.toLowerCase());
    else addresses.add(address(item));
  }
  if (addresses.size + domains.size === 0)
    throw badBootstrap("the list of nodes is empty: give host:port[,…]");
  return { addresses: [...addresses], domains: [...domains] };
}

/** Whether it is a name to look up: without port and scheme, and no IP address. */
export function isDomain(item: string): boolean {
  if (!/[a-z]/i.test(item) || item.length > domainCharsMax) return false;
  const labels = item.replace(/\.$/, "").split(".");
  return labels.every((l) => l.length <= dnsLabelBytesMax && /^[a-z0-9_]([a-z0-9_-]*[a-z0-9])?$/i.test(l));
}

function address(item: string): string {
  if (item.includes("://")) {
    if (/^wss?:\/\/[^\s/?#]+([/?][^\s#]*)?$/i.test(item)) return item;
    throw bad(item, "not a ws:// or wss:// URL");
  }
  const found = /^(?:\[[0-9a-f:.]+(?:%[^\]\s]+)?\]|[^\s:/?#[\]@]+):([0-9]{1,5})$/i.exec(item);
  const port = Number(found?.[1]);
  if (port >= 1 && port <= 65_535) return item;
  throw bad(item, "write host:port or [ip6]:port, a port from 1 to 65535");
}

/**
 * The URL to dial: nodes serve clients and peers at /concoord.
 * @param addr an item of `addresses`
 * @param secure whether the program came over https: a browser lets it speak only TLS then
 */
export function webSocketUrl(addr: string, secure: boolean): string {
  if (!/^wss?:\/\//i.test(addr)) return `${secure ? "wss" : "ws"}://${addr}/concoord`;
  return /^wss?:\/\/[^/?]+\/?$/i.test(addr) ? `${addr.replace(/\/$/, "")}/concoord` : addr;
}

/** @throws TypeError with code UNREACHABLE when it is no URL of a DNS server */
export function checkedDoh(url: string | undefined): string | null {
  if (url === undefined) return null;
  if (/^https?:\/\/[^\s/?#]+[^\s#]*$/i.test(url)) return url;
  throw badBootstrap(`doh: not an http(s) URL: ${JSON.stringify(url)}`);
}

function bad(item: string, why: string): TypeError {
  return badBootstrap(`not an address of a node: ${JSON.stringify(item.slice(0, 80))} (${why})`);
}
