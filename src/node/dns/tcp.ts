/**
 * DNS over TCP (RFC 7766): any number of queries on a connection, without waiting for answers, which come in the order
 * of the queries. The answers to what arrived together leave in one write.
 */
import { createServer, type Server, type Socket } from "node:net";
import { answer } from "../../shared/dns/answer.ts";
import {
  dnsTcpConnectionsMax,
  dnsTcpPerAddressMax,
  dnsTcpQueryBytesMax,
  dnsTcpQuietMillisMax,
  dnsTcpWaitingBytesMax,
} from "../../shared/name-limits.ts";
import type { Log } from "../log/levels.ts";
import type { Names } from "./names.ts";

/** How often connections are looked at that may have been quiet for too long. */
const lookMillis = 500;
/** Of the length in front of each message. */
const lengthBytes = 2;

export interface TcpOptions {
  readonly names: Pick<Names, "zones">;
  /** dnsTcpQuietMillisMax unless given. */
  readonly quietMillis?: number;
  /** One line for the log. */
  readonly log: Log;
}

export class TcpServer {
  readonly port: number;
  private readonly server: Server;
  private readonly options: TcpOptions;
  /** Who was quiet the longest comes first. */
  private readonly open = new Set<Conversation>();
  private readonly perAddress = new Map<string, number>();
  private readonly pace: NodeJS.Timeout;

  private constructor(server: Server, options: TcpOptions) {
    this.server = server;
    this.options = options;
    const at = server.address();
    this.port = typeof at === "object" && at !== null ? at.port : 0;
    server.on("error", (error) => options.log(`DNS by TCP: ${error.message}`, "error"));
    server.on("connection", (socket) => this.accept(socket));
    this.pace = setInterval(() => this.look(), lookMillis).unref();
  }

  /**
   * @param address an IP address; "::" does not take those of IPv4 with it
   * @param port 0 for any free one
   * @throws the system's error
   */
  static bind(address: string, port: number, options: TcpOptions): Promise<TcpServer> {
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen({ port, host: address, ipv6Only: true }, () => {
        server.removeAllListeners("error");
        resolve(new TcpServer(server, options));
      });
    });
  }

  async close(): Promise<void> {
    clearInterval(this.pace);
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const conversation of this.open) conversation.drop();
    await closed;
  }

  private accept(socket: Socket): void {
    socket.on("error", () => socket.destroy());
    const address = socket.remoteAddress ?? "";
    const others = this.perAddress.get(address) ?? 0;
    if (others >= dnsTcpPerAddressMax) return void socket.destroy();
    const [quietest] = this.open;
    if (quietest !== undefined && this.open.size >= dnsTcpConnectionsMax) quietest.drop();
    this.perAddress.set(address, others + 1);
    const conversation = new Conversation(socket, this.options.names, () => {
      this.open.delete(conversation);
      this.open.add(conversation);
    });
    this.open.add(conversation);
    socket.on("close", () => {
      this.open.delete(conversation);
      const left = (this.perAddress.get(address) ?? 1) - 1;
      if (left === 0) this.perAddress.delete(address);
      else this.perAddress.set(address, left);
    });
  }

  private look(): void {
    const { quietMillis = dnsTcpQuietMillisMax } = this.options;
    const limit = performance.now() - quietMillis;
    for (const conversation of this.open) {
      if (conversation.heardAt > limit) return;
      conversation.drop();
    }
  }
}

class Conversation {
  /** When it brought a whole query, or took all that waited for it. */
  heardAt = performance.now();
  private readonly socket: Socket;
  private readonly names: Pick<Names, "zones">;
  private readonly heard: () => void;
  /** What came and is not answered yet. */
  private rest: Buffer = Buffer.alloc(0);
  /** It will not ask any more, but still reads. */
  private ended = false;

  constructor(socket: Socket, names: Pick<Names, "zones">, heard: () => void) {
    this.socket = socket;
    this.names = names;
    this.heard = heard;
    socket.on("data", (piece: Buffer) => {
      this.rest = this.rest.length === 0 ? piece : Buffer.concat([this.rest, piece]);
      this.work();
    });
    socket.on("drain", () => {
      this.note();
      socket.resume();
      this.work();
    });
    socket.on("end", () => {
      this.ended = true;
      this.work();
    });
  }

  drop(): void {
    this.socket.destroy();
  }

  private note(): void {
    this.heardAt = performance.now();
    this.heard();
  }

  /** Answers what is there, as long as there is room for answers; who does not read them is not read from. */
  private work(): void {
    const { socket } = this;
    let isDone = false;
    while (!isDone && !socket.writableNeedDrain && !socket.destroyed) isDone = this.answerSome();
    if (socket.writableNeedDrain) socket.pause();
    else if (this.ended) socket.end();
  }

  /** @returns whether nothing is left to answer */
  private answerSome(): boolean {
    const { socket, rest, names } = this;
    const parts: Uint8Array[] = [];
    let room = dnsTcpWaitingBytesMax;
    let at = 0;
    let end = this.endOf(at);
    for (; end !== null && room > 0; end = this.endOf(at)) {
      if (end - at > lengthBytes + dnsTcpQueryBytesMax) {
        this.drop();
        return true;
      }
      const bytes = answer(rest.subarray(at + lengthBytes, end), names.zones, "tcp");
      at = end;
      if (bytes === null) continue;
      parts.push(bytes);
      room -= lengthBytes + bytes.length;
    }
    if (at > 0) {
      // A copy: a few bytes must not keep the whole piece.
      this.rest = Buffer.from(rest.subarray(at));
      this.note();
    }
    if (parts.length > 0) socket.write(framed(parts));
    return end === null;
  }

  /**
   * Where the message that begins at `at` ends; null when not all of it is here. One that is too long ends before all
   * of it is here, so that nothing waits for the rest.
   */
  private endOf(at: number): number | null {
    const { rest } = this;
    if (rest.length - at < lengthBytes) return null;
    const length = rest.readUInt16BE(at);
    const end = at + lengthBytes + length;
    return end <= rest.length || length > dnsTcpQueryBytesMax ? end : null;
  }
}

function framed(parts: readonly Uint8Array[]): Buffer {
  const bytes = parts.reduce((sum, part) => sum + lengthBytes + part.length, 0);
  const out = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const part of parts) {
    out.writeUInt16BE(part.length, at);
    out.set(part, at + lengthBytes);
    at += lengthBytes + part.length;
  }
  return out;
}
