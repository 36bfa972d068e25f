/** The DNS port of a node: UDP and TCP, of IPv4 and IPv6, around what its `Names` publish. */
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { RateLimit } from "../../shared/dns/rate-limit.ts";
import { joinHostPort } from "../address.ts";
import type { Log } from "../log/levels.ts";
import { PortError } from "../net/listener.ts";
import type { Names } from "./names.ts";
import { TcpServer } from "./tcp.ts";
import { UdpServer } from "./udp.ts";

/** Ports that are tried when any free one will do: TCP may have one that UDP has not. */
const anyPortTries = 20;

export interface DnsOptions {
  /** The address to listen on; 0.0.0.0 and :: are all addresses of this machine, of both kinds. */
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** How many ports from this one on are tried; 1 unless given. */
  readonly ports?: number;
  /** Answers by UDP to one network in a second; 0 for no limit. 50 unless given. */
  readonly perSecond?: number;
  readonly names: Names;
  /** One line for the log. */
  readonly log: Log;
}

interface Sockets {
  readonly port: number;
  close(): Promise<unknown>;
}

export class DnsServer {
  readonly names: Names;
  /** host:port */
  readonly addr: string;
  private readonly sockets: Sockets;

  private constructor({ names, host }: DnsOptions, sockets: Sockets) {
    this.names = names;
    this.sockets = sockets;
    this.addr = joinHostPort(host, sockets.port);
  }

  /**
   * Takes the port and begins to answer.
   * @throws PortError in one line, with what to do about it
   */
  static async open(options: DnsOptions): Promise<DnsServer> {
    const { host, port: first, ports = 1 } = options;
    const last = Math.min(65_535, first + ports - 1);
    const tries = first === 0 ? anyPortTries : last - first + 1;
    for (let i = 0; ; i++) {
      const port = first === 0 ? 0 : first + i;
      try {
        return new DnsServer(options, await openAll(options, port));
      } catch (error) {
        const failure = portError(error, host, port);
        if (!failure.inUse || i + 1 >= tries) throw failure;
      }
    }
  }

  async close(): Promise<void> {
    await this.sockets.close();
  }
}

/** Both kinds of socket at all addresses, on one port. */
async function openAll(options: DnsOptions, wanted: number): Promise<Sockets> {
  const { host, names, log, perSecond } = options;
  const limit = perSecond === 0 ? null : new RateLimit(perSecond === undefined ? {} : { perSecond });
  const open: { close(): Promise<void> }[] = [];
  const close = () => Promise.all(open.map((socket) => socket.close()));
  let port = wanted;
  try {
    for (const [i, address] of (await addressesOf(host)).entries()) {
      try {
        const tcp = await TcpServer.bind(address, port, { names, log });
        open.push(tcp);
        port = tcp.port;
        open.push(await UdpServer.bind(address, port, { names, limit, log }));
      } catch (error) {
        // The second of all addresses: a machine without IPv6 has no "::".
        if (i === 0 || !["EAFNOSUPPORT", "EADDRNOTAVAIL"].includes(codeOf(error))) throw error;
      }
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { port, close };
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (host === "0.0.0.0" || host === "::") return ["0.0.0.0", "::"];
  return [isIP(host) === 0 ? (await lookup(host)).address : host];
}

/** Why a port cannot be had, in one line, and what to do about it. */
export function portError(error: unknown, host: string, port: number): PortError {
  const where = `DNS port ${port} on ${host}`;
  const other = "take another one by --dns-port";
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return new PortError(`${where} is in use: ${other}`, true);
    case "EACCES": {
      const right = `sudo setcap cap_net_bind_service=+ep ${process.execPath}`;
      return new PortError(`${where}: permission denied: ${other}, or give node the right: ${right}`, false);
    }
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new PortError(`this machine has no address ${host}`, false);
    default:
      return new PortError(`${where}: ${error instanceof Error ? error.message : String(error)}`, false);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
