/** Names with a view in which they answer, and plain sockets that ask them. */
import { createSocket, type Socket as DgramSocket } from "node:dgram";
import { connect, type Socket } from "node:net";
import { expect } from "vitest";
import { DnsServer } from "../../src/node/dns/dns-server.ts";
import { Names } from "../../src/node/dns/names.ts";
import { nodeId } from "../../src/shared/paxos/ids.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Member, View } from "../../src/shared/paxos/view.ts";

export const domain = "counter.example";
export const waitMillisMax = 10_000;

/** So many replicas at addresses of their own, the first of which serves the domain. */
export function viewOf(replicas: number, number = 1): View {
  const members = Array.from(
    { length: replicas },
    (_, i): Member => ({
      id: nodeId((i + 1).toString(16).padStart(16, "0")),
      role: "replica",
      addr: `10.0.0.${i + 1}:14000`,
      domain: i === 0 ? domain : "",
      groups: [],
      away: false,
    }),
  );
  return { number, first: slot(1), members };
}

export function namesOf(view: View = viewOf(3)): Names {
  const names = new Names({ domain });
  names.onView(view);
  return names;
}

export interface Port {
  readonly host: string;
  readonly port: number;
}

export function portOf(server: DnsServer, host = "127.0.0.1"): Port {
  return { host, port: Number(server.addr.split(":").at(-1)) };
}

/** A nameserver on a free port, without a limit unless one is given. */
export function open(names: Names, host = "127.0.0.1", perSecond = 0): Promise<DnsServer> {
  return DnsServer.open({ host, port: 0, perSecond, names, log: () => undefined });
}

/** A UDP socket that counts and keeps what comes back. */
export class UdpAsker {
  readonly got: Buffer[] = [];
  bytesIn = 0;
  bytesOut = 0;
  private readonly socket: DgramSocket;
  private readonly to: Port;
  private look: () => void = () => undefined;

  constructor(to: Port) {
    this.to = to;
    this.socket = createSocket(to.host.includes(":") ? "udp6" : "udp4");
    this.socket.on("message", (bytes) => {
      this.got.push(bytes);
      this.bytesIn += bytes.length;
      this.look();
    });
  }

  send(bytes: Uint8Array): void {
    this.bytesOut += bytes.length;
    this.socket.send(bytes, this.to.port, this.to.host);
  }

  /** Asks once; another query with the same id must not be under way. */
  ask(bytes: Uint8Array, waitMillis = waitMillisMax): Promise<Buffer> {
    this.send(bytes);
    return this.answerTo(bytes, waitMillis);
  }

  /** @throws Error when none comes in time */
  private answerTo(query: Uint8Array, waitMillis: number): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no answer by UDP")), waitMillis);
      this.look = () => {
        const found = this.got.find((bytes) => bytes[0] === query[0] && bytes[1] === query[1]);
        if (found === undefined) return;
        clearTimeout(timer);
        resolve(found);
      };
      this.look();
    });
  }

  close(): void {
    this.socket.close();
  }
}

/** A TCP connection that takes the messages apart. */
export class TcpAsker {
  readonly socket: Socket;
  readonly got: Buffer[] = [];
  /** How many pieces of data arrived. */
  pieces = 0;
  /** Resolves when the other side closed it. */
  readonly closed: Promise<void>;
  private rest = Buffer.alloc(0);

  private constructor({ host, port }: Port) {
    this.socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    this.closed = new Promise((resolve) => {
      // A reset is an end, too.
      for (const event of ["end", "close", "error"] as const) this.socket.on(event, () => resolve());
    });
  }

  /** From now on it takes what comes. */
  read(): void {
    this.socket.on("data", (piece: Buffer) => {
      this.pieces++;
      this.rest = Buffer.concat([this.rest, piece]);
      while (this.rest.length >= 2 && this.rest.length >= 2 + this.rest.readUInt16BE(0)) {
        const end = 2 + this.rest.readUInt16BE(0);
        this.got.push(this.rest.subarray(2, end));
        this.rest = this.rest.subarray(end);
      }
    });
  }

  static async open(to: Port, reads = true): Promise<TcpAsker> {
    const asker = new TcpAsker(to);
    if (reads) asker.read();
    await new Promise<void>((resolve, reject) => asker.socket.once("connect", resolve).once("error", reject));
    return asker;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Waits until a number stays as it is. */
export async function still(count: () => number): Promise<void> {
  let last = Number.NaN;
  const isSame = () => {
    const same = last === count();
    last = count();
    return same;
  };
  await expect.poll(isSame, { timeout: waitMillisMax, interval: 300 }).toBe(true);
}

/** Messages as they travel over TCP. */
export function framed(...messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat(messages.flatMap((m) => [Buffer.from([m.length >> 8, m.length & 0xff]), m]));
}
