/** A registered host: how ssh reaches it, and what may fail there together with others. */
import { usage } from "../cli/failure.ts";

export interface Host {
  /** As it was registered: `db1.example`, `10.0.0.7:2222`, `[2001:db8::7]`. */
  readonly name: string;
  /** Without brackets. */
  readonly address: string;
  /** Of its sshd; null for what ssh's own configuration says. */
  readonly sshPort: number | null;
  /** What it shares with other hosts and may lose with them. */
  readonly groups: readonly string[];
}

const form = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_][A-Za-z0-9_.-]*))(?::([0-9]{1,5}))?$/;

/**
 * Reads `host`, `host:sshport` or `[ipv6]:sshport`. Nothing else gets near a command line: no name can begin with a
 * hyphen or hold what a shell would act on.
 * @throws Failure 2
 * @example parseHost("10.0.0.7:2222").sshPort // 2222
 */
export function parseHost(name: string, groups: readonly string[] = []): Host {
  const match = form.exec(name);
  const sshPort = match?.[3] === undefined ? null : Number(match[3]);
  if (match === null || sshPort === 0 || (sshPort ?? 0) > 65_535)
    throw usage(`"${name}" is not a host, as db1.example, 10.0.0.7:2222 or [2001:db8::7]:22`);
  return { name, address: match[1] ?? match[2] ?? "", sshPort, groups };
}

/** @throws Failure 2 when `name` cannot be a user on a host */
export function checkUserName(name: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/.test(name)) throw usage(`"${name}" is not a user name`);
  return name;
}

/** The host and port of a node, as `10.0.0.7:14000`; the port is null when only the host is named. */
export interface NodeName {
  readonly host: Host;
  readonly port: number | null;
}

/**
 * Finds what `HOST` or `HOST:PORT` means among the registered hosts: a name that is registered as a whole is the host.
 * @throws Failure 1 when no such host is registered
 */
export function findNode(text: string, hosts: readonly Host[]): NodeName | null {
  const whole = hosts.find(({ name }) => name === text);
  if (whole !== undefined) return { host: whole, port: null };
  const match = /^(.+):([0-9]{1,5})$/.exec(text);
  const [, before = "", port = ""] = match ?? [];
  const host = hosts.find(
    ({ name, address }) => name === before || address === before.replace(/^\[|\]$/g, ""),
  );
  return host === undefined ? null : { host, port: Number(port) };
}
