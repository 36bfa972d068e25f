/**
 * Which pages may speak with a node. Browsers say which origin a page has, and pages cannot change that; programs say
 * none. A page of this very node may, and one of another member, since clients go from one to the other; all others
 * only where the operator allows their origin.
 */
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { hostOf } from "../address.ts";

export interface OwnNames {
  /** host:port of each member, this node among them. */
  readonly members: readonly string[];
  /** Origins that the operator allows, as `originOf` gives them. */
  readonly allowed: readonly string[];
}

/**
 * An origin as browsers name it.
 * @returns null for what is none
 * @example originOf("https://App.example:443/") // "https://app.example"
 */
export function originOf(text: string): string | null {
  if (!/^https?:\/\/[^\s/?#@]+\/?$/i.test(text) || !URL.canParse(text)) return null;
  return new URL(text).origin;
}

/**
 * Whether the host in a request is a name of ours. A foreign site can give its own name our address, and its pages then
 * have the same origin as this node (DNS rebinding); addresses and names that others gave us cannot be had so.
 * @param header the host that was asked for, with or without port
 */
export function isOwnHost(header: string, { members, allowed }: OwnNames): boolean {
  const name = header.replace(/:[0-9]*$/, "").replace(/^\[|\]$/g, "");
  if (isIP(name) !== 0 || name === "localhost") return true;
  if (members.some((addr) => hostOf(addr) === name)) return true;
  return allowed.some((origin) => new URL(origin).hostname === name);
}

/** @param isSecure whether the request came by TLS */
export function isOwnPage(
  { origin, host = "" }: Pick<IncomingHttpHeaders, "origin" | "host">,
  names: OwnNames,
  isSecure: boolean,
): boolean {
  if (origin === undefined) return true;
  if (originOf(origin) === null) return false;
  const from = new URL(origin);
  if (names.allowed.includes(from.origin)) return true;
  // Whoever stands between can make a page that came without TLS.
  if (isSecure && from.protocol !== "https:") return false;
  const port = from.port === "" ? (from.protocol === "https:" ? 443 : 80) : from.port;
  if (names.members.includes(`${from.hostname}:${port}`)) return true;
  return from.host === host && isOwnHost(host, names);
}
