/** What an operator sets in wrangler.toml, as `vars` and as the secret TOKEN. */

import { webSocketUrl } from "../shared/client/bootstrap.ts";
import { type Name, nameOf, textOf } from "../shared/dns/name.ts";
import { Zone } from "../shared/dns/zone-answers.ts";
import type { ZoneOptions } from "../shared/dns/zone-view.ts";

/** As of `concoord nameserver --ttl`. */
const ttlMax = 604_800;

export interface Vars {
  /** Whose records are served. */
  readonly DOMAIN?: string;
  /** Nodes of the cluster: host:port or ws(s):// URLs, with commas. */
  readonly BOOT?: string;
  /** What lets clients in. */
  readonly TOKEN?: string;
  /** Seconds for which others may remember a record. */
  readonly TTL?: string | number;
  /** The names that the parent zone has as NS of the domain, with commas; else the nameservers of the view. */
  readonly NAMESERVERS?: string;
}

export interface Settings {
  readonly apex: Name;
  /** As text, without the last dot. */
  readonly domain: string;
  /** host:port, or WebSocket URLs. */
  readonly nodes: readonly string[];
  readonly token: string | null;
  readonly zone: ZoneOptions;
}

/** The message names the variable. */
export class BadSettings extends Error {
  override readonly name = "BadSettings";
}

/** @throws BadSettings */
export function settingsOf(vars: Vars): Settings {
  const apex = read("DOMAIN", () => nameOf(vars.DOMAIN || missing()));
  const ttl = read("TTL", () => seconds(vars.TTL ?? ""));
  const nameservers = read("NAMESERVERS", () => items(vars.NAMESERVERS ?? "").map(nameOf));
  const zone = { nameservers, ...(ttl === null ? {} : { ttl }) };
  // So long that no name fits below it: known now, not with the first view.
  read("DOMAIN", () => Zone.of(apex, { number: 0, members: [] }, zone));
  return {
    apex,
    domain: textOf(apex).replace(/\.$/, ""),
    nodes: read("BOOT", () => nodes(vars.BOOT || missing())),
    token: vars.TOKEN || null,
    zone,
  };
}

function read<T>(name: keyof Vars, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof RangeError) throw new BadSettings(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

function items(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter((item) => item !== "");
}

/** Domains are not taken: of its own, this Worker is the one that would be asked. */
function nodes(text: string): readonly string[] {
  const found = items(text);
  for (const item of found)
    if (!/:\d+$|:\/\//.test(item) || !URL.canParse(webSocketUrl(item, false)) || /^http/i.test(item))
      throw new RangeError(`"${item}" is no node: write host:port, or a WebSocket URL`);
  return found;
}

function missing(): never {
  throw new RangeError("is not set");
}

/** @returns null for nothing */
function seconds(value: string | number): number | null {
  const text = String(value);
  if (text === "") return null;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY;
  if (number <= ttlMax) return number;
  throw new RangeError(`"${text}" is not a number of seconds`);
}
