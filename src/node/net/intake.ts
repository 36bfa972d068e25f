/**
 * Which connections a port takes. Until it is known whose it is, a connection is a visitor's: there are few of those,
 * and the oldest make room, so that a flood of them harms visitors alone, each for a moment. Clients are counted by the
 * address they come from. Descriptors are left for all else that the node does: it never runs out of them.
 */
import type { Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  connectionsMax,
  connectionsPerAddressMax,
  visitorsMax,
  visitorsPerAddressMax,
} from "../../shared/limits.ts";
import type { Rejection } from "../../shared/wire/handshake.ts";
import { descriptorLimit, type Room, roomFor } from "./descriptors.ts";
import { networkOf } from "./network.ts";

/** Of the same trouble one line is said in this time. */
const quietMillis = 60_000;

/** The other end of a connection. */
type End = Pick<Socket, "remoteAddress" | "remotePort">;

interface Visitor {
  readonly socket: Socket;
  readonly network: string;
}

/** One line for the log. */
export type Warn = (line: string) => void;

export class Intake {
  /** Where lines go once there is a log. */
  warn: Warn | null = null;
  private readonly limit: number | null;
  private readonly room: Room;
  /** Oldest first, by their ends: with TLS others hold another object for the same connection. */
  private readonly visitors = new Map<string, Visitor>();
  private readonly visitorsOf = new Map<string, Set<string>>();
  private readonly clientsOf = new Map<string, number>();
  private clients = 0;
  private open = 0;
  private quietUntil = Number.NEGATIVE_INFINITY;

  /** @param raw the server that accepts; what it accepts is counted here @param limit of open files */
  constructor(raw: Server, limit: number | null = descriptorLimit()) {
    this.limit = limit;
    this.room = roomFor(limit);
    raw.on("connection", (socket: Socket) => this.enter(socket));
  }

  /** The connection is a node's: it counts no longer as a visitor's. */
  pass(end: End): void {
    this.remove(keyOf(end));
  }

  private remove(key: string): void {
    const network = this.visitors.get(key)?.network;
    if (network === undefined) return;
    this.visitors.delete(key);
    const same = this.visitorsOf.get(network);
    same?.delete(key);
    if (same?.size === 0) this.visitorsOf.delete(network);
  }

  /**
   * The connection is a client's, until it closes.
   * @returns why it cannot be; then it stays a visitor's
   */
  admit(socket: Duplex & End): Rejection | null {
    const network = networkOf(socket.remoteAddress);
    const same = this.clientsOf.get(network) ?? 0;
    if (same >= connectionsPerAddressMax)
      return busy(`more than ${connectionsPerAddressMax} connections of one address: close some`);
    if (this.clients >= this.room.clients) {
      this.say(this.fullness());
      return busy(`this node has ${this.clients} clients: connect to another node`);
    }
    this.pass(socket);
    this.clients++;
    this.clientsOf.set(network, same + 1);
    socket.once("close", () => this.leave(network));
    return null;
  }

  private leave(network: string): void {
    this.clients--;
    const same = (this.clientsOf.get(network) ?? 0) - 1;
    if (same > 0) this.clientsOf.set(network, same);
    else this.clientsOf.delete(network);
  }

  private enter(socket: Socket): void {
    const key = keyOf(socket);
    const network = networkOf(socket.remoteAddress);
    this.open++;
    socket.once("close", () => {
      this.open--;
      this.remove(key);
    });
    const same = this.visitorsOf.get(network) ?? new Set<string>();
    if (same.size >= visitorsPerAddressMax) this.dropFirst(same);
    else if (this.visitors.size >= visitorsMax) this.dropFirst(this.visitors.keys());
    else if (this.open > this.room.all) {
      this.say(this.fullness());
      // Without visitors it is clients and nodes that fill it: the newcomer goes.
      if (this.visitors.size === 0) return void socket.destroy();
      this.dropFirst(this.visitors.keys());
    }
    this.visitors.set(key, { socket, network });
    this.visitorsOf.set(network, same.add(key));
  }

  private dropFirst(keys: Iterable<string>): void {
    for (const key of keys) {
      const visitor = this.visitors.get(key);
      this.remove(key);
      return void visitor?.socket.destroy();
    }
  }

  private fullness(): string {
    const { all, clients } = this.room;
    const isFew = this.limit !== null && clients < connectionsMax;
    const why = isFew ? `; this process may open ${this.limit} files (ulimit -n)` : "";
    return `too many connections: ${this.open} of ${all}, ${this.clients} of ${clients} clients${why}`;
  }

  /** One line for the log; what is said too often is not. */
  readonly say = (line: string): void => {
    const now = performance.now();
    if (now < this.quietUntil) return;
    this.quietUntil = now + quietMillis;
    this.warn?.(line);
  };
}

function keyOf({ remoteAddress, remotePort }: End): string {
  return `${remoteAddress} ${remotePort}`;
}

function busy(message: string): Rejection {
  return { code: "BUSY", message };
}
