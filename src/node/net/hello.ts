/** Runs the hello of shared/wire/handshake.ts over a WebSocket, on both sides, within handshakeMillisMax. */
import { createHmac, randomBytes } from "node:crypto";
import type { RawData, WebSocket } from "ws";
import { handshakeMillisMax } from "../../shared/limits.ts";
import type { ClusterId, NodeId } from "../../shared/paxos/ids.ts";
import {
  type Accepting,
  AcceptorHello,
  type Caller,
  DialerHello,
  type Dialing,
  type HelloStep,
  type Mac,
} from "../../shared/wire/handshake.ts";
import { decodeHello, encodeHello } from "../../shared/wire/hello-codec.ts";
import type { CloseReason } from "../../shared/wire/link.ts";
import type { HelloMessage } from "../../shared/wire/messages.ts";
import { binaryFrame, closeWith } from "./connection.ts";

/** What each role must know to be let in; null lets everybody of that role in. */
export type Tokens = Accepting["secrets"];

/** Frames that the other side may send before this one has looked at its last hello message. */
const earlyFramesMax = 16;

const mac: Mac = (key, data) => createHmac("sha256", key).update(data).digest();

export interface DialEvents {
  /** `early`: frames that came right behind the hello; they go to the connection. */
  open(cluster: ClusterId, node: NodeId, early: readonly Uint8Array[]): void;
  /** Once instead of `open`. `error` is the socket's, when there was one. */
  failed(reason: CloseReason, error: Error | null): void;
}

/** The side that connects; `ws` may still be connecting. */
export function dialHello(ws: WebSocket, dialing: Omit<Dialing, "nonce">, events: DialEvents): void {
  const hello = new DialerHello({ ...dialing, nonce: randomBytes(16) }, mac);
  ws.once("open", () => ws.send(encodeHello(hello.hello)));
  exchange(
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
  const hello = new AcceptorHello({ ...accepting, nonce: randomBytes(16) }, mac);
  exchange(
    ws,
    (m) => hello.receive(m),
    done,
    () => ws.terminate(),
  );
}

/** Hands messages to `receive` one at a time until it is done, rejects, or time is up. */
function exchange<Done>(
  ws: WebSocket,
  receive: (m: HelloMessage) => Promise<HelloStep<Done>>,
  done: (result: Done, early: readonly Uint8Array[]) => void,
  failed: (reason: CloseReason, error: Error | null) => void,
): void {
  let busy = false;
  let over = false;
  let error: Error | null = null;
  const early: Uint8Array[] = [];
  const timer = setTimeout(
    () => end({ code: "TIMEOUT", message: "the hello took too long" }),
    handshakeMillisMax,
  );
  const onError = (e: Error) => {
    error = e;
  };
  // A rejection and the close behind it arrive together: the step under way says why.
  const onClose = () => {
    if (!busy) end(null);
  };
  const onMessage = (data: RawData, binary: boolean) => {
    try {
      const frame = binaryFrame(data, binary);
      if (frame === null) throw new RangeError("a text frame");
      if (busy) early.push(frame);
      else void step(decodeHello(frame));
      if (early.length > earlyFramesMax) throw new RangeError("too much during the hello");
    } catch (e) {
      if (!(e instanceof RangeError)) throw e;
      end({ code: "BAD_FRAME", message: e.message });
    }
  };
  const detach = () => {
    clearTimeout(timer);
    ws.off("message", onMessage);
    ws.off("close", onClose);
    over = true;
  };
  const end = (reason: CloseReason) => {
    detach();
    if (ws.readyState === ws.OPEN) closeWith(ws, reason);
    else ws.terminate();
    failed(reason, error);
  };
  async function step(message: HelloMessage): Promise<void> {
    busy = true;
    const { send, reject, done: result } = await receive(message);
    if (over) return;
    if (send !== undefined && ws.readyState === ws.OPEN) ws.send(encodeHello(send));
    if (reject !== undefined) return end(reject);
    if (ws.readyState !== ws.OPEN) return end(null);
    busy = false;
    if (result === undefined) return;
    detach();
    ws.off("error", onError);
    done(result, early);
  }
  ws.on("error", onError);
  ws.on("close", onClose);
  ws.on("message", onMessage);
}
