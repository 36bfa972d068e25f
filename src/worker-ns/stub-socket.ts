/**
 * A WebSocket that the `fetch` of a stub brings: of a Durable Object such as `Relay`, or of another Worker. One can
 * listen to it from the beginning, as to those of `new WebSocket(url)`.
 */
import type { Socket, SocketEvents } from "../web/ws-dialer.ts";

type Listeners = { readonly [K in keyof SocketEvents]: ((event: SocketEvents[K]) => void)[] };

const connecting = 0;
const closed = 3;

export class StubSocket implements Socket {
  binaryType: "blob" | "arraybuffer" = "arraybuffer";
  /** null until the stub has answered. */
  #socket: WebSocket | null = null;
  #isOver = false;
  readonly #listeners: Listeners = { open: [], message: [], close: [] };

  /** @param url ws:// or wss://; which host it names is up to the stub */
  constructor(stub: object, url: string) {
    void this.#dial(fetcherOf(stub), url.replace(/^ws/i, "http"));
  }

  get readyState(): number {
    return this.#socket?.readyState ?? (this.#isOver ? closed : connecting);
  }

  /** Workers do not tell. */
  get bufferedAmount(): number {
    return 0;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    this.#socket?.send(data);
  }

  close(code?: number, reason?: string): void {
    this.#isOver = true;
    this.#socket?.close(code, reason);
  }

  addEventListener<K extends keyof SocketEvents>(type: K, listener: (event: SocketEvents[K]) => void): void {
    this.#listeners[type].push(listener);
  }

  async #dial(stub: Fetcher, url: string): Promise<void> {
    const socket = await webSocketOf(stub, url);
    if (socket === null) return this.#emit("close", { reason: "" });
    socket.binaryType = this.binaryType;
    socket.addEventListener("message", (event) => this.#emit("message", event));
    socket.addEventListener("close", (event) => this.#emit("close", event));
    socket.accept();
    if (this.#isOver) return socket.close();
    this.#socket = socket;
    this.#emit("open", {});
  }

  #emit<K extends keyof SocketEvents>(type: K, event: SocketEvents[K]): void {
    for (const listener of this.#listeners[type]) listener(event);
  }
}

/** What programs give as a stub answers requests; their types say no more than that it has the method. */
function fetcherOf(stub: object): Fetcher {
  return stub as Fetcher;
}

/** null when there is no answer, or no WebSocket in it. */
async function webSocketOf(stub: Fetcher, url: string): Promise<WebSocket | null> {
  try {
    const response = await stub.fetch(url, { headers: { upgrade: "websocket" } });
    if (response.webSocket === null) await response.body?.cancel();
    return response.webSocket;
  } catch {
    // The object behind the stub failed: the client dials again.
    return null;
  }
}
