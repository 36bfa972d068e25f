/** Reads the list of nodes that a program begins with. */
import { addrCharsMax } from "../limits.ts";
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

function isDomain(item: string): boolean {
  if (!/[a-z]/i.test(item)) return false;
  return /^[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*\.?$/i.test(item);
}

function address(item: string): string {
  if (/^wss?:\/\//i.test(item)) {
    if (!/^wss?:\/\/[^\s/?#]+([/?][^\s#]*)?$/i.test(item)) throw bad(item, "not a WebSocket URL");
    return item;
  }
  if (item.includes("://")) throw bad(item, "only ws:// and wss:// are spoken");
  const found = /^(?:\[([0-9a-f:.]+(?:%[^\]\s]+)?)\]|([^\s:/?#[\]@]+)):([0-9]{1,5})$/i.exec(item);
  if (found === null) throw bad(item, item.startsWith("[") ? "write [ip6]:port" : "write host:port");
  const port = Number(found[3]);
  if (port < 1 || port > 65_535) throw bad(item, "a port is a number from 1 to 65535");
  return item;
}

function bad(item: string, why: string): TypeError {
  return badBootstrap(`not an address of a node: ${JSON.stringify(item.slice(0, 80))} (${why})`);
}
