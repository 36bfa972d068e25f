/** The one port of a node: HTTP, and the WebSocket at /concoord for clients and peers. */
import { createServer, type Server as HttpServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { type WebSocket, WebSocketServer } from "ws";
import {
  connectionsMax,
  frameBytesMax,
  membersMax,
  requestHeadMillisMax,
  requestMillisMax,
} from "../../shared/limits.ts";
import type { ClusterId, NodeId } from "../../shared/paxos/ids.ts";
import type { ServerLink, ServerLinkEvents } from "../../shared/wire/link.ts";
import { relayedQuery } from "../../shared/wire/relayed.ts";
import { closeWith, type Traffic } from "./connection.ts";
import { acceptHello, type Tokens } from "./hello.ts";
import { WsServerLink } from "./server-link.ts";

/** Clients whose connection is silent are probed at this pace and dropped after two periods. */
const probeMillis = 15_000;

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
  /** host:port of each member: a page that came from one of them may connect to all. */
  members?(): readonly string[];
  readonly fetch: Fetch;
  peer(ws: WebSocket, from: NodeId, addr: string, early: readonly Uint8Array[]): void;
  client(link: ServerLink): ServerLinkEvents;
}

export class Listener {
  readonly port: number;
  /** Of its clients' connections. */
  readonly traffic: Traffic = { received: 0, sent: 0 };
  private readonly http: HttpServer;
  private readonly wss: WebSocketServer;
  private readonly clients = new Set<WsServerLink>();
  private readonly pace: NodeJS.Timeout;
  private handlers: Handlers | null = null;
  private answers = false;

  private constructor(http: HttpServer) {
    this.http = http;
    this.port = (http.address() as AddressInfo).port;
    this.wss = new WebSocketServer({ noServer: true, maxPayload: frameBytesMax, perMessageDeflate: false });
    http.on("upgrade", (request, socket, head) => this.upgrade(request, socket, head));
    this.pace = setInterval(() => this.probeAll(), probeMillis).unref();
  }

  /**
   * Takes the port; nothing is answered but 503 until `serve`.
   * @param port 0 for any free one
   * @throws PortError
   */
  static bind(host: string, port: number): Promise<Listener> {
    return new Promise((resolve, reject) => {
      const http = createServer({
        headersTimeout: requestHeadMillisMax,
        requestTimeout: requestMillisMax,
        noDelay: true,
      });
      http.maxConnections = connectionsMax + membersMax;
      http.on("request", (_request, response) => {
        if (!listener.answers) response.writeHead(503).end();
      });
      let listener: Listener;
      http.once("error", (error) => reject(portError(error, host, port)));
      http.listen(port, host, () => {
        listener = new Listener(http);
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
    this.serveHttp(handlers.fetch);
  }

  /** Begins to answer HTTP alone: there is nothing to connect to. */
  serveHttp(fetch: Fetch): void {
    this.answers = true;
    this.http.on(
      "request",
      getRequestListener((request, env) => fetch(request, env as never)),
    );
  }

  async close(): Promise<void> {
    clearInterval(this.pace);
    for (const ws of this.wss.clients) ws.terminate();
    this.wss.close();
    const closed = new Promise<void>((resolve) => this.http.close(() => resolve()));
    this.http.closeAllConnections();
    await closed;
  }

  private upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => socket.destroy());
    const handlers = this.handlers;
    if (pathOf(request) !== "/concoord") return refuse(socket, "404 Not Found");
    if (!isOwnPage(request, handlers)) return refuse(socket, "403 Forbidden");
    if (handlers === null) return refuse(socket, "503 Service Unavailable");
    this.wss.handleUpgrade(request, socket, head, (ws) => {
      const { id, cluster, tokens: secrets } = handlers;
      acceptHello(ws, { id, cluster, secrets }, ({ role, from, addr }, early) => {
        if (role === "client") this.acceptClient(ws, handlers, early, isRelayed(request));
        // A page whose name was made to mean this machine passes for one of this port; peers may do much more.
        else if (request.headers.origin !== undefined)
          closeWith(ws, { code: "DENIED", message: "a page is no node" });
        else if (from !== null) handlers.peer(ws, from, addr, early);
      });
    });
  }

  private acceptClient(
    ws: WebSocket,
    handlers: Handlers,
    early: readonly Uint8Array[],
    relayed: boolean,
  ): void {
    if (this.clients.size >= connectionsMax)
      return closeWith(ws, { code: "BUSY", message: "this node has too many connections" });
    const link = new WsServerLink(ws, early, relayed, (l) => handlers.client(l), this.traffic);
    this.clients.add(link);
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

/** Browsers name the page's origin: it must be this very port, or that of another member. Programs name none. */
function isOwnPage(request: IncomingMessage, handlers: Handlers | null): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined) return true;
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin);
  const port = from.port === "" ? (from.protocol === "https:" ? 443 : 80) : from.port;
  return from.host === host || handlers?.members?.().includes(`${from.hostname}:${port}`) === true;
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function portError(error: NodeJS.ErrnoException, host: string, port: number): PortError {
  if (error.code === "EADDRINUSE") return new PortError(`port ${port} on ${host} is in use`, true);
  if (error.code === "EACCES") return new PortError(`port ${port} on ${host}: permission denied`, false);
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
    return new PortError(`this machine has no address ${host}`, false);
  return new PortError(`port ${port} on ${host}: ${error.message}`, false);
}
