/** Connections byte by byte, as hostile programs make them: what a client sends, none of what it checks. */
import { connect, type Socket } from "node:net";
import { encodeClient } from "../../src/shared/wire/client-codec.ts";
import { encodeDialerHello } from "../../src/shared/wire/hello-codec.ts";
import { type ClientMessage, wireVersion } from "../../src/shared/wire/messages.ts";

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

const hello = encodeDialerHello({
  type: "hello",
  version: wireVersion,
  role: "client",
  cluster: null,
  from: null,
  addr: "",
  to: null,
  nonce: new Uint8Array(16),
});
const proof = encodeDialerHello({ type: "proof", mac: new Uint8Array(0) });

/** A client after its hello, which may send anything. @throws Error when it is not let in */
export async function client(addr: string, seat = 0): Promise<Knock> {
  const socket = await webSocket(addr, seat);
  for (const part of [hello, proof]) {
    socket.write(frame(part));
    if ((await heard(socket)) === null) throw new Error("the node hung up");
  }
  return { socket, send: (message) => void socket.write(frame(encodeClient(message))) };
}
