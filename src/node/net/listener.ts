/** The one port of a node: HTTP, and the WebSocket at /concoord for clients and peers. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerResponse } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { type ServerOptions, type WebSocket, WebSocketServer } from "ws";
import { bufferedChunksMax, fragmentsMax, frameBytesMax, goodbyeMillisMax } from "../../shared/limits.ts";
import type { ClusterId, NodeId } from "../../shared/paxos/ids.ts";
import type { Rejection } from "../../shared/wire/handshake.ts";
import type { Identity } from "../../shared/wire/identity.ts";
import type { ServerLink, ServerLinkEvents } from "../../shared/wire/link.ts";
import { relayedQuery } from "../../shared/wire/relayed.ts";
import { isOwnPage } from "../auth/origins.ts";
import { isPrivateSocket } from "../auth/private-socket.ts";
import type { NodeTls } from "../tls/node-tls.ts";
import { makePort, type Port, whyNoNode } from "../tls/port.ts";
import { closeWith, type Traffic } from "./connection.ts";
import { acceptHello, type Tokens } from "./hello.ts";
import { Intake, type Warn } from "./intake.ts";
import { networkOf } from "./network.ts";
import { WsServerLink } from "./server-link.ts";
import { SlowReaders } from "./slow-readers.ts";
import { UnfinishedFrames } from "./unfinished.ts";

/** Clients whose connection is silent are probed at this pace and dropped after two periods. */
const probeMillis = 15_000;

/** The types of ws do not know all of them. */
const webSocketOptions: ServerOptions & { readonly closeTimeout: number } = {
  noServer: true,
  maxPayload: frameBytesMax,
  maxFragments: fragmentsMax,
  maxBufferedChunks: bufferedChunksMax,
  closeTimeout: goodbyeMillisMax,
  perMessageDeflate: false,
};

/** The port cannot be had; the message says which and why. */
export class PortError extends Error {
  override readonly name = "PortError";
  readonly inUse: boolean;
  constructor(message: string, inUse: boolean) {
    super(message);
    this.inUse = inUse;
  }
}

/** Answers HTTP; `incoming` tells who asks. */
export type Fetch = (request: Request, env: { incoming: IncomingMessage }) => Response | Promise<Response>;

export interface Handlers {
  readonly id: NodeId;
  readonly cluster: ClusterId;
  readonly tokens: Tokens;
  /** Who has a token, where the tokens of clients do not say it. Never rejects. */
  identify?(token: string | null, request: IncomingMessage): Promise<Identity | Rejection>;
  /** host:port of each member: a page that came from one of them may connect to all. */
  members?(): readonly string[];
  /** Origins whose pages may connect, beside those of members. */
  readonly origins?: readonly string[];
  readonly fetch: Fetch;
  /** Takes a line for the log: that there are too many connections, or that a client does not read. */
  readonly warn?: Warn;
  peer(ws: WebSocket, from: NodeId, addr: string, early: readonly Uint8Array[]): void;
  client(link: ServerLink, identity: Identity): ServerLinkEvents;
  /** An administrator's program, which asks as nodes do; without it none is let in. */
  operator?(ws: WebSocket, from: NodeId, identity: Identity, early: readonly Uint8Array[]): void;
}

export class Listener {
  readonly port: number;
  /** Of its clients' connections. */
  readonly traffic: Traffic = { received: 0, sent: 0 };
  private readonly at: Port;
  private readonly tls: NodeTls | null;
  private readonly wss: WebSocketServer;
  private readonly clients = new Set<WsServerLink>();
  private readonly intake: Intake;
  private readonly unfinished = new UnfinishedFrames();
  private readonly readers: SlowReaders;
  private readonly pace: NodeJS.Timeout;
  private handlers: Handlers | null = null;
  private answers = false;

  private constructor(at: Port, tls: NodeTls | null, intake: Intake) {
    this.at = at;
    this.intake = intake;
    this.readers = new SlowReaders(intake.say);
    this.tls = tls;
    this.port = (at.raw.address() as AddressInfo).port;
    this.wss = new WebSocketServer(webSocketOptions);
    at.http.on("upgrade", (request, socket: Socket, head) => this.upgrade(request, socket, head));
    this.pace = setInterval(() => this.probeAll(), probeMillis).unref();
  }

  /**
   * Takes the port; nothing is answered but 503 until `serve`.
   * @param port 0 for any free one
   * @param tls with it nothing else is spoken
   * @throws PortError
   */
  static bind(host: string, port: number, tls: NodeTls | null = null): Promise<Listener> {
    return new Promise((resolve, reject) => {
      const at = makePort(tls);
      const intake = new Intake(at.raw);
      for (const server of [at.http, at.http2])
        server?.on("request", (_request: unknown, response: ServerResponse | Http2ServerResponse) => {
          if (listener.answers) return;
          response.statusCode = 503;
          response.end();
        });
      let listener: Listener;
      at.raw.once("error", (error) => reject(portError(error, host, port)));
      at.raw.listen(port, host, () => {
        listener = new Listener(at, tls, intake);
        resolve(listener);
      });
    });
  }

  /** How many clients are connected. */
  get connections(): number {
    return this.clients.size;
  }

  /** Begins to answer. */
  serve(handlers: Handlers): void {
    this.handlers = handlers;
    this.intake.warn = handlers.warn ?? null;
    this.serveHttp(handlers.fetch);
  }

  /** Begins to answer HTTP alone: there is nothing to connect to. */
  serveHttp(fetch: Fetch): void {
    this.answers = true;
    const answer = getRequestListener((request, env) => fetch(request, env as never));
    this.at.http.on("request", answer);
    this.at.http2?.on("request", answer);
  }

  async close(): Promise<void> {
    clearInterval(this.pace);
    for (const ws of this.wss.clients) ws.terminate();
    this.wss.close();
    await this.at.close();
  }

  private upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const handlers = this.handlers;
    if (pathOf(request) !== "/concoord") return refuse(socket, "404 Not Found");
    const isSecure = "encrypted" in socket && socket.encrypted === true;
    const names = { members: handlers?.members?.() ?? [], allowed: handlers?.origins ?? [] };
    if (!isOwnPage(request.headers, names, isSecure)) return refuse(socket, "403 Forbidden");
    if (handlers === null) return refuse(socket, "503 Service Unavailable");
    this.wss.handleUpgrade(request, socket, head, (ws) => {
      const unfinished = this.unfinished.watch(socket, ws);
      const { id, cluster, tokens: secrets } = handlers;
      const identify = handlers.identify?.bind(handlers);
      const accepting = {
        ...{ id, cluster, secrets, isPrivate: isPrivateSocket(socket) },
        identify: identify === undefined ? null : (token: string | null) => identify(token, request),
      };
      acceptHello(ws, accepting, ({ role, from, addr, identity }, early) => {
        unfinished.known(role !== "client");
        if (role === "client") return this.acceptClient(ws, handlers, identity, early, request);
        const why = this.whyNot(role, request);
        if (why !== null) return closeWith(ws, { code: "DENIED", message: why });
        this.intake.pass(socket);
        if (from !== null && role === "operator") handlers.operator?.(ws, from, identity, early);
        else if (from !== null) handlers.peer(ws, from, addr, early);
      });
    });
  }

  /** Why it cannot be what it says, although it knows the secret; null when it can. */
  private whyNot(role: "peer" | "operator", request: IncomingMessage): string | null {
    // A page whose name was made to mean this machine passes for one of this port; peers may do much more.
    if (request.headers.origin !== undefined) return "a page is no node";
    const why = role === "peer" && this.tls?.isMutual === true ? whyNoNode(request) : null;
    return why === null ? null : `no certificate of this cluster: ${why}`;
  }

  private acceptClient(
    ws: WebSocket,
    handlers: Handlers,
    identity: Identity,
    early: readonly Uint8Array[],
    request: IncomingMessage,
  ): void {
    const { socket } = request;
    const refused = this.intake.admit(socket);
    if (refused !== null) return closeWith(ws, refused);
    const { traffic, readers } = this;
    const around = {
      ...{ traffic, readers },
      address: networkOf(socket.remoteAddress),
      relayed: isRelayed(request),
    };
    const link = new WsServerLink(ws, early, (l) => handlers.client(l, identity), around);
    this.clients.add(link);
    socket.on("drain", () => link.connection.drained());
    ws.on("close", () => this.clients.delete(link));
  }

  private probeAll(): void {
    for (const link of this.clients) link.connection.probe();
  }
}

function isRelayed(request: IncomingMessage): boolean {
  return (request.url ?? "").endsWith(relayedQuery);
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? "").split("?")[0] ?? "";
}

function refuse(socket: Socket, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function portError(error: NodeJS.ErrnoException, host: string, port: number): PortError {
  if (error.code === "EADDRINUSE") return new PortError(`port ${port} on ${host} is in use`, true);
  if (error.code === "EACCES") return new PortError(`port ${port} on ${host}: permission denied`, false);
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
    return new PortError(`this machine has no address ${host}`, false);
  return new PortError(`port ${port} on ${host}: ${error.message}`, false);
}
