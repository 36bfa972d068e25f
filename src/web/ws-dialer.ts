/**
 * How browsers and Workers reach a node: one WebSocket of the platform, the messages of a turn in one frame. It never
 * dials again by itself: the client knows which node is next. What a close code says does not count, as 1000 comes
 * with abrupt ends, too; only the words of a refusal do.
 */
import { webSocketUrl } from "../shared/client/bootstrap.ts";
import { earlyFramesMax, joinedBytesMax, sendQueueBytesMax } from "../shared/limits.ts";
import { type Code, codes } from "../shared/object/types.ts";
import type { ClusterId } from "../shared/paxos/ids.ts";
import { decodeSessionFrame, encodeClient } from "../shared/wire/client-codec.ts";
import { joinFrame } from "../shared/wire/codec.ts";
import { DialerHello } from "../shared/wire/dialer-hello.ts";
import type { Mac } from "../shared/wire/handshake.ts";
import { decodeListenerHello, encodeDialerHello } from "../shared/wire/hello-codec.ts";
import type { ClientLink, ClientLinkEvents, CloseReason, Dialer } from "../shared/wire/link.ts";
import type { ClientMessage } from "../shared/wire/messages.ts";
import { isPrivateUrl } from "../shared/wire/private-url.ts";

/** The close code of every refusal; the reason text carries "CODE message", of at most 123 bytes. */
const refusedCode = 4000;
const reasonChars = 37;

export interface SocketEvents {
  readonly open: object;
  readonly message: { readonly data: unknown };
  readonly close: { readonly reason: string };
}

/** What is needed of a WebSocket. */
export interface Socket {
  binaryType: "blob" | "arraybuffer";
  readonly readyState: number;
  readonly bufferedAmount: number;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
  addEventListener<K extends keyof SocketEvents>(type: K, listener: (event: SocketEvents[K]) => void): void;
}

/** Begins to connect. @throws when the URL is none that may be dialled */
export type OpenSocket = (url: string) => Socket;

export class WebSocketDialer implements Dialer {
  readonly #mac: Mac;
  readonly #randomBytes: (n: number) => Uint8Array;
  readonly #isSecure: () => boolean;
  /** How sockets are made: by the platform unless replaced. */
  open: OpenSocket = (url) => new WebSocket(url);
  /** Whether nobody can overhear a connection to a URL. */
  isPrivate: (url: string) => boolean = isPrivateUrl;

  /** @param isSecure whether the program came over https */
  constructor(mac: Mac, randomBytes: (n: number) => Uint8Array, isSecure: () => boolean) {
    this.#mac = mac;
    this.#randomBytes = randomBytes;
    this.#isSecure = isSecure;
  }

  dial(addr: string, cluster: ClusterId | null, token: string | null, events: ClientLinkEvents): ClientLink {
    const nonce = this.#randomBytes(16);
    const url = webSocketUrl(addr, this.#isSecure());
    const isPrivate = this.isPrivate(url);
    const me = { role: "client", cluster, from: null, addr: "", to: null, token, isPrivate, nonce } as const;
    const hello = new DialerHello(me, this.#mac);
    try {
      return new WebSocketLink(this.open(url), hello, events);
    } catch {
      // No URL, or one that this page must not dial.
      events.closed(null);
      return { send: nothing, flush: nothing, close: nothing };
    }
  }
}

function nothing(): void {
  // there is no link
}

class WebSocketLink implements ClientLink {
  readonly #socket: Socket;
  readonly #hello: DialerHello;
  readonly #events: ClientLinkEvents;
  #parts: Uint8Array[] = [];
  /** `busy`: a message of the hello is looked at, which may take turns of the event loop. */
  #state: "hello" | "busy" | "open" | "closed" = "hello";
  readonly #early: Uint8Array[] = [];

  constructor(socket: Socket, hello: DialerHello, events: ClientLinkEvents) {
    this.#socket = socket;
    this.#hello = hello;
    this.#events = events;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => socket.send(plain(encodeDialerHello(hello.hello))));
    socket.addEventListener("message", ({ data }) => this.#receive(data));
    // A rejection and the close behind it may arrive together: the step under way says why.
    socket.addEventListener(
      "close",
      ({ reason }) => this.#state === "busy" || this.#ended(parseReason(reason)),
    );
  }

  send(message: ClientMessage): void {
    if (this.#state !== "closed") this.#parts.push(encodeClient(message));
  }

  flush(): void {
    if (this.#state !== "open") return;
    const parts = this.#parts;
    this.#parts = [];
    const isLong = parts.reduce((sum, part) => sum + part.length, 0) > joinedBytesMax;
    for (const frame of isLong ? parts.map((part) => [part]) : [parts]) {
      if (frame.length > 0) this.#socket.send(joinFrame(frame));
    }
    // A node that does not read for too long: what waits is sent again on another link.
    if (this.#socket.bufferedAmount > sendQueueBytesMax) this.#ended(null);
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#socket.close();
  }

  #ended(reason: CloseReason): void {
    if (this.#state === "closed") return;
    this.close();
    this.#events.closed(reason);
  }

  #receive(data: unknown): void {
    if (this.#state === "closed") return;
    try {
      if (!(data instanceof ArrayBuffer)) throw new RangeError("a text frame");
      const frame = new Uint8Array(data);
      if (this.#state === "open") return this.#events.receive(decodeSessionFrame(frame));
      if (this.#state === "hello") return void this.#step(frame);
      if (this.#early.push(frame) > earlyFramesMax) throw new RangeError("too many frames");
    } catch (error) {
      this.#bad(error);
    }
  }

  /** The node does not keep to what was agreed: it is told, and left. */
  #bad(error: unknown): void {
    if (!(error instanceof RangeError)) throw error;
    const { message } = error;
    this.#socket.close(refusedCode, `BAD_FRAME ${message.slice(0, reasonChars)}`);
    this.#ended({ code: "BAD_FRAME", message });
  }

  async #step(frame: Uint8Array): Promise<void> {
    this.#state = "busy";
    try {
      const { send, reject, done } = await this.#hello.receive(decodeListenerHello(frame));
      if (this.#state !== "busy") return;
      if (reject !== undefined) return this.#ended(reject);
      if (this.#socket.readyState !== WebSocket.OPEN) return this.#ended(null);
      if (send !== undefined) this.#socket.send(plain(encodeDialerHello(send)));
      this.#state = done === undefined ? "hello" : "open";
      if (done !== undefined) {
        this.#events.open(done.cluster, done.node);
        this.flush();
      }
    } catch (error) {
      this.#bad(error);
    }
    for (const next of this.#early.splice(0)) this.#receive(next.buffer);
  }
}

/** The platform takes only bytes that no other thread can change, and its types insist. */
function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return joinFrame([bytes]);
}

function parseReason(text: string): CloseReason {
  const space = text.indexOf(" ");
  const code = codes.find((c): c is Code => c === text.slice(0, space));
  return code === undefined ? null : { code, message: text.slice(space + 1) };
}
