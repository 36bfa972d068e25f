/**
 * Parsing of what stands on the command line. Each throws `usage(...)`, which names the flag and what it
 * wants.
 */
import { isIP } from "node:net";
import { isDomain } from "../../shared/client/bootstrap.ts";
import { groupsMax, nameCharsMax } from "../../shared/limits.ts";
import { formatObject, parseObject } from "../../shared/object/address.ts";
import { usage } from "./failure.ts";

/** A TCP port. `what` is the flag's name for the message. */
export function port(text: string, what = "--port"): number {
  const n = Number(text);
  if (!/^[0-9]+$/.test(text) || n < 1 || n > 65_535)
    throw usage(`${what}: "${text}" is not a port number from 1 to 65535`);
  return n;
}

/** A whole number from `min` to `max`. */
export function integer(text: string, what: string, min: number, max: number): number {
  const n = Number(text);
  if (!/^[0-9]+$/.test(text) || n < min || n > max)
    throw usage(`${what}: "${text}" is not a whole number from ${min} to ${max}`);
  return n;
}

/** `host:port` or `[::1]:14000`, checked; a host alone has no port and is refused. `what` as for `port`. */
export function hostPort(text: string, what: string): string {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+):([0-9]+)$/.exec(text);
  if (match === null) throw usage(`${what}: "${text}" is not host:port, as 127.0.0.1:14000`);
  port(match[2] as string, what);
  return text;
}

/**
 * The nodes to try, separated by commas: `host:port`, ws:// and wss:// URLs, domains to look up. `what` as for `port`.
 */
export function bootstrap(text: string, what = "--boot"): readonly string[] {
  const items = text.split(",").map((item) => item.trim());
  for (const item of items) {
    if (isDomain(item) || (/^wss?:\/\/./i.test(item) && URL.canParse(item))) continue;
    hostPort(item, what);
  }
  return items;
}

/** The address to listen on: a name or an IP address, without a port. @param advertise host:port, where there is one */
export function host(text: string, advertise?: string): string {
  if (isIP(text) === 0 && !/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/.test(text))
    throw usage(`--addr: "${text}" is not an address; the port goes to --port`);
  if ((text === "0.0.0.0" || text === "::") && advertise === undefined)
    throw usage(`--addr: other nodes cannot reach ${text}; say where they can: --advertise HOST:PORT`);
  return text;
}

/** Names separated by commas, each once, in order. */
export function groups(text: string): readonly string[] {
  const items = text.split(",").map((item) => item.trim());
  const wrong = items.find((item) => !/^[\w.-]+$/.test(item) || item.length > nameCharsMax);
  if (wrong !== undefined) throw usage(`--groups: "${wrong}" is not a name, as rack1,power2`);
  if (items.length > groupsMax) throw usage(`--groups: more than ${groupsMax} groups`);
  return [...new Set(items)].sort();
}

/** `Class` or `Class/name`. @returns always with the name */
export function objectName(text: string): string {
  const address = parseObject(text);
  if (address === null || !/^[A-Za-z_$][\w$]*$/.test(address.class))
    throw usage(`--objectname: "${text}" is not Class or Class/name, as Counter or Counter/visits`);
  return formatObject(address);
}

/** An argument of a call: what parses as JSON is JSON, anything else a string. */
export function callArgument(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

/** `--args`: all arguments as one JSON array. */
export function callArguments(text: string): readonly unknown[] {
  const value = callArgument(text.trim());
  if (!Array.isArray(value)) throw usage(`--args: not a JSON array: ${text.slice(0, 60)}`);
  return value;
}
