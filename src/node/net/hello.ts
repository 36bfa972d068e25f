/** Runs the hello of shared/wire/handshake.ts over a WebSocket, on both sides, within handshakeMillisMax. */

import { createHmac, randomBytes } from "node:crypto";
import type { RawData, WebSocket } from "ws";
import { earlyFramesMax, handshakeMillisMax } from "../../shared/limits.ts";
import type { ClusterId, NodeId } from "../../shared/paxos/ids.ts";
import { NodeHello } from "../../shared/wire/dialer-hello.ts";
import {
  type Accepting,
  type Caller,
  type Dialing,
  type HelloStep,
  ListenerHello,
  type Mac,
} from "../../shared/wire/handshake.ts";
import { decodeHello, encodeHello } from "../../shared/wire/hello-codec.ts";
import type { CloseReason } from "../../shared/wire/link.ts";
import type { HelloMessage } from "../../shared/wire/messages.ts";
import { isPrivateUrl } from "../../shared/wire/private-url.ts";
import { binaryFrame, closeWith } from "./connection.ts";

/** What dialers must know to be let in, by what they want to be. */
export type Tokens = Accepting["secrets"];

const mac: Mac = (key, data) => createHmac("sha256", key).update(data).digest();

export interface DialEvents {
  /** `early`: frames that came right behind the hello; they go to the connection. */
  open(cluster: ClusterId, node: NodeId, early: readonly Uint8Array[]): void;
  /** Once instead of `open`. `error` is the socket's, when there was one. */
  failed(reason: CloseReason, error: Error | null): void;
}

/** The side that connects; `ws` may still be connecting. */
export function dialHello(
  ws: WebSocket,
  dialing: Omit<Dialing, "nonce" | "isPrivate">,
  events: DialEvents,
): void {
  const isPrivate = isPrivateUrl(ws.url);
  const hello = new NodeHello({ ...dialing, isPrivate, nonce: randomBytes(16) }, mac);
  ws.once("open", () => ws.send(encodeHello(hello.hello)));
  new Exchange(
    ws,
    (m) => hello.receive(m),
    ({ cluster, node }, early) => events.open(cluster, node, early),
    events.failed,
  );
}

/** The side that is connected to. Whoever fails is told why and closed. */
export function acceptHello(
  ws: WebSocket,
  accepting: Omit<Accepting, "nonce">,
  done: (caller: Caller, early: readonly Uint8Array[]) => void,
): void {
  const hello = new ListenerHello({ ...accepting, nonce: randomBytes(16) }, mac);
  new Exchange(
    ws,
    (m) => hello.receive(m),
    done,
    () => ws.terminate(),
  );
}

/** Hands messages to `receive` one at a time until it is done, rejects, or time is up. */
class Exchange<Done> {
  private busy = false;
  private over = false;
  private error: Error | null = null;
  private readonly early: Uint8Array[] = [];
  private readonly timer: NodeJS.Timeout;
  private readonly ws: WebSocket;
  private readonly receive: (m: HelloMessage) => Promise<HelloStep<Done>>;
  private readonly done: (result: Done, early: readonly Uint8Array[]) => void;
  private readonly failed: (reason: CloseReason, error: Error | null) => void;

  constructor(
    ws: WebSocket,
    receive: (m: HelloMessage) => Promise<HelloStep<Done>>,
    done: (result: Done, early: readonly Uint8Array[]) => void,
    failed: (reason: CloseReason, error: Error | null) => void,
  ) {
    this.ws = ws;
    this.receive = receive;
    this.done = done;
    this.failed = failed;
    const late = { code: "TIMEOUT", message: "the hello took too long" } as const;
    this.timer = setTimeout(() => this.end(late), handshakeMillisMax);
    ws.on("error", this.onError);
    ws.on("close", this.onClose);
    ws.on("message", this.onMessage);
  }

  private readonly onError = (error: Error): void => {
    this.error = error;
  };

  /** A rejection and the close behind it arrive together: the step under way says why. */
  private readonly onClose = (): void => {
    if (!this.busy) this.end(null);
  };

  private readonly onMessage = (data: RawData, binary: boolean): void => {
    try {
      const frame = binaryFrame(data, binary);
      if (frame === null) throw new RangeError("a text frame");
      if (this.busy) this.early.push(frame);
      else void this.step(decodeHello(frame));
      if (this.early.length > earlyFramesMax) throw new RangeError("too much during the hello");
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.end({ code: "BAD_FRAME", message: error.message });
    }
  };

  private async step(message: HelloMessage): Promise<void> {
    this.busy = true;
    const { send, reject, done: result } = await this.receive(message);
    if (this.over) return;
    if (send !== undefined && this.ws.readyState === this.ws.OPEN) this.ws.send(encodeHello(send));
    if (reject !== undefined) return this.end(reject);
    if (this.ws.readyState !== this.ws.OPEN) return this.end(null);
    this.busy = false;
    if (result === undefined) return;
    this.detach();
    this.ws.off("error", this.onError);
    this.done(result, this.early);
  }

  private end(reason: CloseReason): void {
    this.detach();
    if (this.ws.readyState === this.ws.OPEN) closeWith(this.ws, reason);
    else this.ws.terminate();
    this.failed(reason, this.error);
  }

  private detach(): void {
    clearTimeout(this.timer);
    this.ws.off("message", this.onMessage);
    this.ws.off("close", this.onClose);
    this.over = true;
  }
}
