/**
 * What listens on a node's port, and what answers HTTP there. Without TLS these are one. With TLS the first byte of a
 * connection tells whether it is a handshake (RFC 8446 5.1); whoever comes without is told so in one line of HTTP.
 * HTTP/2 is spoken where it is negotiated, as DNS over HTTPS wants it (RFC 8484 5.2).
 */
import { createServer as createHttpServer, type Server as HttpServer, type IncomingMessage } from "node:http";
import {
  createServer as createHttp2Server,
  type Http2Server,
  type Http2ServerRequest,
  type ServerHttp2Stream,
} from "node:http2";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import {
  handshakeMillisMax,
  requestHeadBytesMax,
  requestHeadMillisMax,
  requestMillisMax,
  streamsMax,
} from "../../shared/limits.ts";
import { plainRefused } from "./dial.ts";
import type { NodeTls } from "./node-tls.ts";

/** The content type of every record of a TLS handshake. */
const handshakeRecord = 0x16;
/** A silent connection of HTTP/2 is closed; events of the page come each second. */
const idleMillisMax = 2 * requestMillisMax;

/** How often it is looked whose time is over. */
const checkMillis = 1_000;

export interface Port {
  /** Takes connections: the one to listen with, and to count at. */
  readonly raw: Server;
  /** HTTP/1.1 and its upgrades. */
  readonly http: HttpServer;
  /** Null without TLS. */
  readonly http2: Http2Server | null;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** Not listening yet. @param tls null for a port without */
export function makePort(tls: NodeTls | null): Port {
  const http = createHttpServer({
    headersTimeout: requestHeadMillisMax,
    requestTimeout: requestMillisMax,
    connectionsCheckingInterval: checkMillis,
    maxHeaderSize: requestHeadBytesMax,
    noDelay: true,
  });
  if (tls !== null) return securePort(tls, http);
  const close = () => {
    const closed = new Promise<void>((resolve) => http.close(() => resolve()));
    http.closeAllConnections();
    return closed;
  };
  return { raw: http, http, http2: null, close };
}

function securePort(tls: NodeTls, http: HttpServer): Port {
  const http2 = http2Server();
  const secure = createTlsServer(
    {
      ...tls.shown,
      ALPNProtocols: ["h2", "http/1.1"],
      // Clients need none; what a peer has shown is looked at when it says that it is one.
      requestCert: tls.isMutual,
      rejectUnauthorized: false,
      handshakeTimeout: handshakeMillisMax,
    },
    (socket) => (socket.alpnProtocol === "h2" ? http2 : http).emit("connection", socket),
  );
  secure.on("tlsClientError", (_error, socket) => socket.destroy());
  tls.onChange(() => secure.setSecureContext(tls.shown));
  const sockets = new Set<Socket>();
  const raw = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    firstByte(socket, (byte) => {
      if (byte === handshakeRecord) secure.emit("connection", socket);
      else refusePlain(socket);
    });
  });
  // What watches the times of requests begins its work with this event; this server listens to no port itself.
  raw.once("listening", () => http.emit("listening"));
  const close = () => {
    const closed = new Promise<void>((resolve) => raw.close(() => resolve()));
    http.close();
    for (const socket of sockets) socket.destroy();
    return closed;
  };
  return { raw, http, http2, close };
}

/** The byte stays to be read. Whoever sends none is cut. */
function firstByte(socket: Socket, then: (byte: number | undefined) => void): void {
  const late = setTimeout(() => socket.destroy(), handshakeMillisMax);
  socket.once("close", () => clearTimeout(late));
  socket.once("readable", () => {
    clearTimeout(late);
    const bytes: unknown = socket.read();
    if (!(bytes instanceof Uint8Array)) return socket.destroy();
    socket.unshift(bytes);
    then(bytes[0]);
  });
}

/** RFC 2817 4.2. What was sent is read and forgotten: a reset would overtake the answer. */
function refusePlain(socket: Socket): void {
  const what = "this port speaks TLS only: use https:// and wss://";
  const body = `${JSON.stringify({ error: { code: "DENIED", name: "ConcoordError", message: what } })}\n`;
  const head = [
    `HTTP/1.1 ${plainRefused} Upgrade Required`,
    "Upgrade: TLS/1.2, HTTP/1.1",
    "Connection: Upgrade, close",
    "Content-Type: application/json",
    `Content-Length: ${body.length}`,
  ];
  const late = setTimeout(() => socket.destroy(), handshakeMillisMax);
  socket.once("close", () => clearTimeout(late));
  socket.resume();
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** What arrives on it was decrypted already. */
function http2Server(): Http2Server {
  const server = createHttp2Server({ settings: { maxConcurrentStreams: streamsMax } });
  server.setTimeout(idleMillisMax);
  server.on("sessionError", () => undefined);
  server.on("stream", (stream: ServerHttp2Stream) => {
    if (stream.endAfterHeaders) return;
    const late = setTimeout(() => stream.close(), requestMillisMax);
    for (const event of ["end", "close"] as const) stream.once(event, () => clearTimeout(late));
  });
  server.on("request", withHost);
  return server;
}

/** The name in a request has another place in HTTP/2 (RFC 9113 8.3.1): it is put where everybody looks. */
function withHost({ rawHeaders, headers, authority }: Http2ServerRequest): void {
  if (headers.host === undefined) rawHeaders.push("host", authority);
}

/**
 * Why whoever is at the other end cannot pass for a node; null when it can. A session that is continued shows no
 * certificate of its own, and may be older than what is trusted now.
 */
export function whyNoNode({ socket }: Pick<IncomingMessage, "socket">): string | null {
  if (!(socket instanceof TLSSocket)) return "it is not connected by TLS";
  if (socket.getPeerX509Certificate() === undefined) return "it shows no certificate";
  if (socket.isSessionReused()) return "it continues an earlier session of TLS";
  return socket.authorized ? null : `its certificate is refused: ${String(socket.authorizationError)}`;
}
