/**
 * How the Durable Object reaches a node: one WebSocket of workerd. It never dials again by itself: the follower knows
 * which node is next. What a close code says does not count, as 1000 comes with abrupt ends, too.
 */
import { webSocketUrl } from "../shared/client/bootstrap.ts";
import type { ClientLink, ClientLinkEvents, CloseReason, Dialer } from "../shared/wire/link.ts";
import type { ClientMessage } from "../shared/wire/messages.ts";
import { isPrivateUrl } from "../shared/wire/private-url.ts";
import { decodeFollowed, encodeFollower } from "./frames.ts";
import { Hello } from "./hello.ts";

export const dialer: Dialer = {
  dial: (addr, cluster, token, events) => {
    try {
      const url = webSocketUrl(addr, false);
      return new Link(new WebSocket(url), new Hello(cluster, token, isPrivateUrl(url)), events);
    } catch (error) {
      // No URL that could be dialled.
      if (!(error instanceof DOMException) && !(error instanceof TypeError)) throw error;
      events.closed(null);
      return { send: () => undefined, flush: () => undefined, close: () => undefined };
    }
  },
};

class Link implements ClientLink {
  readonly #socket: WebSocket;
  readonly #hello: Hello;
  readonly #events: ClientLinkEvents;
  #state: "hello" | "open" | "closed" = "hello";
  /** One event after the other, as the proofs of the hello take turns of the event loop. */
  #last: Promise<void> = Promise.resolve();

  constructor(socket: WebSocket, hello: Hello, events: ClientLinkEvents) {
    this.#socket = socket;
    this.#hello = hello;
    this.#events = events;
    socket.binaryType = "arraybuffer";
    this.#on("open", () => socket.send(hello.frame));
    this.#on("message", ({ data }) => this.#receive(data));
    this.#on("error", () => this.#ended(null));
    this.#on("close", () => this.#ended(null));
  }

  send(message: ClientMessage): void {
    const frame = encodeFollower(message);
    if (frame !== null && this.#state === "open") this.#socket.send(frame);
  }

  /** Nothing waits: a follower says little. */
  flush(): void {
    return;
  }

  close(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#socket.close();
  }

  #on<T extends keyof WebSocketEventMap>(
    type: T,
    heard: (event: WebSocketEventMap[T]) => void | Promise<void>,
  ): void {
    this.#socket.addEventListener(type, (event) => {
      this.#last = this.#last.then(async () => {
        try {
          if (this.#state !== "closed") await heard(event);
        } catch (error) {
          // The node does not keep to what was agreed: it is left.
          if (!(error instanceof RangeError)) throw error;
          this.#ended({ code: "BAD_FRAME", message: error.message });
        }
      });
    });
  }

  #ended(reason: CloseReason): void {
    if (this.#state === "closed") return;
    this.close();
    this.#events.closed(reason);
  }

  async #receive(data: unknown): Promise<void> {
    if (!(data instanceof ArrayBuffer)) throw new RangeError("a text frame");
    const frame = new Uint8Array(data);
    if (this.#state === "open") return this.#events.receive(decodeFollowed(frame));
    const answer = await this.#hello.receive(frame);
    if (this.#state === "closed") return;
    if (answer.type === "refused") return this.#ended(answer);
    // It may have closed meanwhile, which is the next thing that is heard.
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (answer.type === "send") return this.#socket.send(answer.frame);
    this.#state = "open";
    this.#events.open(answer.cluster, answer.node);
  }
}
