/**
 * `Relay`: a Durable Object between the cluster and programs that cannot reach its nodes. One upstream socket for each
 * client, frames forwarded as they are:
 *
 *   browser             Worker                  Relay                      node
 *   GET /concoord ----> stub.fetch(request) --> whose page is it?
 *                                               GET /concoord?relayed ---> the next of BOOT, until one takes it
 *   open <-------------------------------------------------------------- 101
 *   hello, calls -----------------------------> unread ------------------>
 *   <------------------------------------------ unread <------------------ answers
 *   closed <----------------------------------- code and reason <--------- ends
 *   ends -------------------------------------> code and reason ---------> closed
 *
 * What is said stays between both ends: the hello with its proof of the token, the session, what is sent again. The
 * relay decides nothing, keeps nothing and knows no token. A client whose upstream ended is closed, so that it comes
 * again by its own rules; the next address is tried then, and the session goes on.
 *
 * The clients' sockets hibernate, upstream sockets cannot. Who speaks after the object was gone from memory is closed:
 * another upstream socket would begin with another hello. `relayed` tells the node that the members' addresses are of
 * no use to this client.
 */
import { parseBootstrap, webSocketUrl } from "../shared/client/bootstrap.ts";
import { relayClientsMax, relayDialMillisMax, sendQueueBytesMax } from "../shared/limits.ts";
import { relayedQuery } from "../shared/wire/relayed.ts";

export interface RelayEnv {
  /** The nodes: `host:port[,…]`, or a list of `ws(s)://` URLs. */
  readonly BOOT: string;
}

interface Pair {
  readonly upstream: WebSocket;
  /** Bytes forwarded to each side since it last said anything: Workers do not tell how many of them wait. */
  toClient: number;
  toNode: number;
}

type Data = string | ArrayBuffer;

const normal = 1000;
const goingAway = 1001;
const withoutCode = 1005;
const failed = 1011;
/** What a side is told of, but nobody may send (RFC 6455, 7.4.1). */
const unsent = [1004, 1006, 1015];

/**
 * @example
 * export { Relay } from "concoord/worker";
 * export default {
 *   fetch: (request, env) => env.RELAY.getByName("main").fetch(request),
 * };
 */
export class Relay {
  /** Marks the class for `DurableObjectNamespace<Relay>`, as the base class of the platform does. */
  declare readonly __DURABLE_OBJECT_BRAND: never;
  readonly #state: DurableObjectState;
  readonly #urls: readonly string[];
  /** The index in `urls` of the node to try next: clients spread over the nodes. */
  #next: number;
  readonly #pairs = new Map<WebSocket, Pair>();

  /** @throws TypeError when BOOT is no list of addresses */
  constructor(state: DurableObjectState, env: RelayEnv) {
    this.#state = state;
    const { addresses, domains } = parseBootstrap(env.BOOT ?? "");
    if (domains.length > 0) throw new TypeError(`BOOT: a relay takes addresses only, not ${domains[0]}`);
    this.#urls = addresses.map(
      (addr) => `${webSocketUrl(addr, false).replace(/^ws/i, "http")}${relayedQuery}`,
    );
    this.#next = Math.floor(Math.random() * this.#urls.length);
  }

  /** Takes a WebSocket at /concoord, as nodes do. Nothing else is served. */
  async fetch(request: Request): Promise<Response> {
    const refusal = refusalOf(request);
    if (refusal !== null) return refusal;
    if (this.#pairs.size >= relayClientsMax) return text(503, "this relay has too many clients");
    const upstream = await this.#dial();
    if (upstream === null) return text(502, "no node of the cluster answers");
    const { 0: theirs, 1: ours } = new WebSocketPair();
    this.#state.acceptWebSocket(ours);
    this.#join(ours, upstream);
    return new Response(null, { status: 101, webSocket: theirs });
  }

  webSocketMessage(client: WebSocket, data: Data): void {
    const pair = this.#pairs.get(client);
    if (pair === undefined) return client.close(goingAway, "the relay slept: connect again");
    pair.toClient = 0;
    pair.toNode += sizeOf(data);
    pair.upstream.send(data);
    this.#bound(client, pair);
  }

  webSocketClose(client: WebSocket, code: number, reason: string): void {
    this.#pairs.get(client)?.upstream.close(sendable(code), reason);
    this.#pairs.delete(client);
    // The platform answers a close only from some date of compatibility on.
    client.close(sendable(code), reason);
  }

  webSocketError(client: WebSocket): void {
    this.#pairs.get(client)?.upstream.close(failed, "the client is gone");
    this.#pairs.delete(client);
  }

  /** The first node, from the next one on, that takes a WebSocket; null when none does. */
  async #dial(): Promise<WebSocket | null> {
    for (const _ of this.#urls) {
      const url = this.#urls[this.#next] as string;
      this.#next = (this.#next + 1) % this.#urls.length;
      const socket = await dialOne(url);
      if (socket !== null) return socket;
    }
    return null;
  }

  #join(client: WebSocket, upstream: WebSocket): void {
    const pair = { upstream, toClient: 0, toNode: 0 };
    this.#pairs.set(client, pair);
    upstream.binaryType = "arraybuffer";
    upstream.addEventListener("message", ({ data }) => {
      if (this.#pairs.get(client) !== pair) return;
      pair.toNode = 0;
      pair.toClient += sizeOf(data as Data);
      client.send(data as Data);
      this.#bound(client, pair);
    });
    upstream.addEventListener("close", ({ code, reason }) => {
      if (!this.#pairs.delete(client)) return;
      client.close(sendable(code), reason);
      upstream.close(sendable(code), reason);
    });
    upstream.accept();
  }

  /** A side that does not read: what it has not got comes again over another connection. */
  #bound(client: WebSocket, pair: Pair): void {
    if (Math.max(pair.toClient, pair.toNode) <= sendQueueBytesMax) return;
    this.#pairs.delete(client);
    client.close(failed, "too much waits");
    pair.upstream.close(failed, "too much waits");
  }
}

/** Why a request gets no WebSocket; null when it does. Browsers name the page's origin, programs name none. */
function refusalOf(request: Request): Response | null {
  const { pathname, host } = new URL(request.url);
  if (pathname !== "/concoord") return text(404, "clients connect at /concoord");
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") return text(426, "a WebSocket is due");
  const origin = request.headers.get("origin");
  if (origin === null || (URL.canParse(origin) && new URL(origin).host === host)) return null;
  return text(403, "pages of other origins may not connect");
}

function text(status: number, body: string): Response {
  return new Response(`${body}\n`, { status });
}

/** @returns null when the node does not answer in time, or refuses */
async function dialOne(url: string): Promise<WebSocket | null> {
  // Only until it answers: afterwards the signal would end the socket.
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), relayDialMillisMax);
  try {
    const response = await fetch(url, { headers: { upgrade: "websocket" }, signal: late.signal });
    if (response.webSocket === null) await response.body?.cancel();
    return response.webSocket;
  } catch {
    // Whatever the network says: another node may answer.
    return null;
  } finally {
    clearTimeout(timer);
  }
}

function sendable(code: number): number {
  if (code === withoutCode) return normal;
  return unsent.includes(code) ? failed : code;
}

function sizeOf(data: Data): number {
  return typeof data === "string" ? data.length : data.byteLength;
}
