/** Connections byte by byte, as hostile programs make them: what a client sends, none of what it checks. */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { type SessionId, seq } from "../../src/shared/object/types.ts";
import { decodeServerFrame, encodeClient } from "../../src/shared/wire/client-codec.ts";
import { encodeCommand } from "../../src/shared/wire/command-codec.ts";
import { encodeDialerHello } from "../../src/shared/wire/hello-codec.ts";
import { type ClientMessage, type ServerMessage, wireVersion } from "../../src/shared/wire/messages.ts";

const upgrade = (host: string) =>
  [
    "GET /concoord HTTP/1.1",
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    "\r\n",
  ].join("\r\n");

/** A frame as clients send it (RFC 6455 5.2), with a mask of zeros. @param opcode 2 binary, 9 ping */
export function frame(payload: Uint8Array, opcode = 2): Buffer {
  return Buffer.concat([frameHead(payload.length, opcode), payload]);
}

/** The head of a frame of so many bytes. */
export function frameHead(length: number, opcode = 2): Buffer {
  const head = Buffer.alloc(length < 126 ? 6 : length < 65_536 ? 8 : 14);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (length < 126 ? length : length < 65_536 ? 126 : 127);
  if (length >= 65_536) head.writeBigUInt64BE(BigInt(length), 2);
  else if (length >= 126) head.writeUInt16BE(length, 2);
  return head;
}

export interface Knock {
  readonly socket: Socket;
  send(message: ClientMessage): void;
}

/** A TCP connection. @param seat clients of the loopback have many addresses to come from: which of them */
export function open(addr: string, seat = 0): Promise<Socket> {
  const port = Number(addr.slice(addr.lastIndexOf(":") + 1));
  // Linux lets programs choose among all of 127/8; elsewhere there is one address.
  const localAddress = process.platform === "linux" ? `127.0.${1 + (seat % 20)}.1` : "127.0.0.1";
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, localAddress });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      // Being cut off is what is tried.
      socket.on("error", () => socket.destroy());
      resolve(socket);
    });
  });
}

/** Resolves with the next piece that comes, null at the end. */
export function heard(socket: Socket): Promise<Buffer | null> {
  return new Promise((resolve) => {
    const done = (piece: Buffer | null) => {
      socket.off("data", done).off("close", closed);
      resolve(piece);
    };
    const closed = () => done(null);
    socket.once("data", done).once("close", closed);
  });
}

/** A connection that was upgraded to WebSocket, and has said nothing. */
export async function webSocket(addr: string, seat = 0): Promise<Socket> {
  const socket = await open(addr, seat);
  socket.write(upgrade(addr));
  await heard(socket);
  return socket;
}

/** What a client says before it is one. */
export const hello = encodeDialerHello({
  type: "hello",
  version: wireVersion,
  role: "client",
  cluster: null,
  from: null,
  addr: "",
  to: null,
  nonce: new Uint8Array(16),
});
export const proof = encodeDialerHello({ type: "proof", mac: new Uint8Array(0) });

/** A client after its hello, which may send anything. @throws Error when it is not let in */
export async function client(addr: string, seat = 0): Promise<Knock> {
  const socket = await webSocket(addr, seat);
  for (const part of [hello, proof]) {
    socket.write(frame(part));
    if ((await heard(socket)) === null) throw new Error("the node hung up");
  }
  return { socket, send: (message) => void socket.write(frame(encodeClient(message))) };
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** What came of frames that are not whole yet. */
const rests = new WeakMap<Socket, Buffer>();

/** The frames of which the end came with `piece`. */
function framesIn(socket: Socket, piece: Buffer): Frame[] {
  const bytes = Buffer.concat([rests.get(socket) ?? Buffer.alloc(0), piece]);
  const found: Frame[] = [];
  let at = 0;
  for (;;) {
    const low = (bytes[at + 1] ?? 0) & 127;
    const from = at + (low < 126 ? 2 : low === 126 ? 4 : 10);
    if (from > bytes.length) break;
    const length =
      low < 126 ? low : low === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if (from + length > bytes.length) break;
    found.push({ opcode: (bytes[at] as number) & 15, payload: bytes.subarray(from, from + length) });
    at = from + length;
  }
  rests.set(socket, bytes.subarray(at));
  return found;
}

/** The messages that come next. @throws Error when the node hangs up */
export async function said(socket: Socket): Promise<ServerMessage[]> {
  const piece = await heard(socket);
  if (piece === null) throw new Error("the node hung up");
  return framesIn(socket, piece).flatMap(({ opcode, payload }) =>
    opcode === 2 ? decodeServerFrame(payload) : [],
  );
}

type Message<T> = Extract<ServerMessage, { readonly type: T }>;

/** The first message of a kind. @throws Error when the node hangs up before */
export async function firstSaid<T extends ServerMessage["type"]>(
  socket: Socket,
  type: T,
): Promise<Message<T>> {
  for (;;) {
    const found = (await said(socket)).find((message): message is Message<T> => message.type === type);
    if (found !== undefined) return found;
  }
}

/** Why the node hangs up. @throws Error when it does not say it */
export async function goodbye(socket: Socket): Promise<string> {
  for (;;) {
    const piece = await heard(socket);
    if (piece === null) throw new Error("the node hung up without a word");
    const close = framesIn(socket, piece).find(({ opcode }) => opcode === 8);
    if (close !== undefined) return close.payload.subarray(2).toString();
  }
}

export interface Seated {
  readonly knock: Knock;
  readonly session: SessionId;
}

/** A client with a session, which ends soon when it is gone. */
export async function sessionOf(addr: string, seat = 0): Promise<Seated> {
  const knock = await client(addr, seat);
  knock.send({ type: "open", secret: randomBytes(16).toString("hex"), ttl: 1_000 });
  return { knock, session: (await firstSaid(knock.socket, "opened")).session };
}

export function sendCommand(
  { send }: Knock,
  session: SessionId,
  firstSeq: number,
  n: number,
  payload: Uint8Array,
): void {
  const acked = { ackedSeq: seq(0), ackedLate: [] };
  const bytes = encodeCommand({ type: "calls", session, firstSeq: seq(firstSeq), n, ...acked, payload });
  send({ type: "command", bytes });
}
