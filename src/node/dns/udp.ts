/**
 * DNS over UDP: one socket, which answers each datagram at once. Who asks too much gets less and less, because a
 * sender's address may be forged (shared/dns/rate-limit.ts).
 *
 * With 0.0.0.0 the system chooses the address that answers come from: a machine with several addresses names one.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { truncated } from "../../shared/dns/answer.ts";
import type { RateLimit } from "../../shared/dns/rate-limit.ts";
import type { Log } from "../log/levels.ts";
import { KeptAnswers } from "./kept-answers.ts";
import type { Names } from "./names.ts";

export interface UdpOptions {
  readonly names: Pick<Names, "zones">;
  /** Null for no limit. */
  readonly limit: RateLimit | null;
  /** One line for the log. */
  readonly log: Log;
}

export class UdpServer {
  private readonly socket: Socket;
  private readonly options: UdpOptions;
  private readonly kept: KeptAnswers;

  private constructor(socket: Socket, options: UdpOptions) {
    this.socket = socket;
    this.options = options;
    this.kept = new KeptAnswers(options.names);
    // A network that went away comes back; what the port is for goes on.
    socket.on("error", (error) => options.log(`DNS by UDP: ${error.message}`, "error"));
    socket.on("message", (query, from) => this.received(query, from));
  }

  /**
   * @param address an IP address; "::" does not take those of IPv4 with it
   * @throws the system's error
   */
  static bind(address: string, port: number, options: UdpOptions): Promise<UdpServer> {
    const type = address.includes(":") ? "udp6" : "udp4";
    // Addresses come from the system: there is nothing to look up, nor a turn to wait for that.
    const socket = createSocket({
      type,
      ipv6Only: type === "udp6",
      lookup: (host, _options, found) => found(null, host, type === "udp6" ? 6 : 4),
    });
    return new Promise((resolve, reject) => {
      socket.once("error", (error) => {
        socket.close();
        reject(error);
      });
      socket.bind(port, address, () => {
        socket.removeAllListeners("error");
        resolve(new UdpServer(socket, options));
      });
    });
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }

  private received(query: Buffer, { address, port }: RemoteInfo): void {
    // Only a forged datagram comes from there, and nothing can be sent to it.
    if (port === 0) return;
    const { limit } = this.options;
    const { socket } = this;
    const verdict = limit === null ? "answer" : limit.take(address, performance.now());
    if (verdict === "nothing") return;
    // What waits to be sent may be the same bytes.
    const isIdle = socket.getSendQueueCount() === 0;
    const bytes = verdict === "answer" ? this.kept.answer(query, isIdle) : truncated(query);
    // Whether it arrives is not known anyway: who asked asks again.
    if (bytes !== null) socket.send(bytes, port, address);
  }
}
