/**
 * A hostile program: `node test/security/flooder.ts KIND ADDR SECONDS` floods one node in one way, for so long, and
 * writes how often it did. It runs at the lowest priority: what it costs the node is what is tried, not the machine.
 */
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { constants, setPriority } from "node:os";
import { frameBytesMax } from "../../src/shared/limits.ts";
import { seq } from "../../src/shared/object/types.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import { encodeCalls } from "../../src/shared/wire/values.ts";
import { bombs } from "./bombs.ts";
import { client, frame, frameHead, heard, open, sendCommand, sessionOf, webSocket } from "./knock.ts";

setPriority(0, constants.priority.PRIORITY_LOW);
const [kind = "", addr = "", seconds = "3"] = process.argv.slice(2);
const end = performance.now() + 1_000 * Number(seconds);
/** Connections of one flood at once. */
const many = kind.startsWith("bombs") ? 16 : 64;
const heldMax = 4_000;
const held: Socket[] = [];
let done = 0;

/** One attack; the node may hang up at any time. */
type Flood = (seat: number) => Promise<void>;

const floods: Readonly<Record<string, Flood>> = {
  garbage: async (seat) => {
    const socket = await (seat % 2 === 0 ? open(addr, seat) : webSocket(addr, seat));
    socket.write(randomBytes(2_000));
    await over(socket);
  },
  "garbage behind the hello": async (seat) => {
    const { socket } = await client(addr, seat);
    socket.write(frame(randomBytes(2_000)));
    await over(socket);
  },
  bombs: async (seat) => {
    const { socket } = await client(addr, seat);
    socket.write(frame(bombOf(seat)));
    await over(socket);
  },
  "bombs as calls": async (seat) => {
    const { knock, session } = await sessionOf(addr, seat);
    for (let i = 1; i <= 4; i++) {
      const bomb = bombOf(seat + i).subarray(0, 900_000);
      const call = encodeCalls([{ object: "KeyValue/main", method: "get", args: [] }]);
      sendCommand(knock, session, i, 1, Buffer.concat([call.subarray(0, -1), bomb]));
    }
    await heard(knock.socket);
    knock.socket.destroy();
  },
  oversize: async (seat) => {
    const { socket } = await client(addr, seat);
    socket.write(frameHead(seat % 2 === 0 ? frameBytesMax + 1 : 2 ** 40));
    socket.write(new Uint8Array(100_000));
    await over(socket);
    const http = await open(addr, seat);
    http.write(`GET / HTTP/1.1\r\nhost: ${"x".repeat(100_000)}`);
    await over(http);
  },
  "half-open": async (seat) => {
    const socket = await (seat % 2 === 0 ? open(addr, seat) : webSocket(addr, seat));
    held.push(socket);
  },
  "frames without an end": async (seat) => {
    const { socket } = await client(addr, seat);
    held.push(socket);
    socket.write(frameHead(frameBytesMax));
    await written(socket, new Uint8Array(2_000_000));
  },
  "fragments without an end": async (seat) => {
    const { socket } = await client(addr, seat);
    const fragment = frame(Uint8Array.of(0), 0);
    const first = Uint8Array.from(frame(Uint8Array.of(0))).with(0, 2);
    const next = Uint8Array.from(fragment).with(0, 0);
    socket.write(first);
    await written(socket, Buffer.concat(Array<Uint8Array>(20_000).fill(next)));
    socket.destroy();
  },
  "never reading": async (seat) => {
    const { knock, session } = await sessionOf(addr, seat);
    // Nothing is read any more where somebody wants to do it, and never does.
    knock.socket.on("readable", () => undefined);
    held.push(knock.socket);
    const payload = encodeCalls([{ object: "KeyValue/main", method: "get", args: ["large"] }]);
    for (let id = 1; id <= 200; id++)
      knock.send({ type: "read", session, id, n: 1, after: seq(0), local: slot(0), payload });
    const pings = Buffer.concat(Array<Buffer>(1_000).fill(frame(new Uint8Array(100), 9)));
    for (let i = 0; i < 20; i++) await written(knock.socket, pings);
  },
  "a byte at a time": async (seat) => {
    const opened = await (seat % 2 === 0 ? open(addr, seat) : client(addr, seat));
    const socket = "socket" in opened ? opened.socket : opened;
    held.push(socket);
    const bytes = "socket" in opened ? frame(new Uint8Array(500)) : Buffer.from("GET / HTTP/1.1\r\nx: y");
    for (const byte of bytes) if (!(await written(socket, Uint8Array.of(byte)))) return;
  },
  "requests by HTTP": async (seat) => {
    const socket = await open(addr, seat);
    const body = JSON.stringify({ object: "KeyValue", method: "get", args: ["x".repeat(100_000)] });
    const type = "content-type: application/json";
    socket.write(`POST /call HTTP/1.1\r\nhost: ${addr}\r\n${type}\r\ncontent-length: 1000000\r\n\r\n${body}`);
    held.push(socket);
  },
};

const all = Object.values(bombs);

function bombOf(i: number): Uint8Array {
  return all[i % all.length] as Uint8Array;
}

/** Hangs up when the node does, or when time is over. */
async function over(socket: Socket): Promise<void> {
  const late = setTimeout(() => socket.destroy(), Math.max(1, end - performance.now()));
  while ((await heard(socket)) !== null);
  clearTimeout(late);
}

/** Resolves when the node took it, or hung up. @returns whether it is still there */
async function written(socket: Socket, bytes: Uint8Array): Promise<boolean> {
  const limit = Math.max(1, end - performance.now());
  const { promise, resolve } = Promise.withResolvers<void>();
  const closed = () => resolve();
  const timer = setTimeout(closed, limit);
  socket.once("close", closed);
  socket.write(bytes, closed);
  await promise;
  clearTimeout(timer);
  socket.off("close", closed);
  return !socket.destroyed && performance.now() < end;
}

const flood = floods[kind];
if (flood === undefined) {
  console.error(`KIND is one of: ${Object.keys(floods).join(", ")}`);
  process.exit(2);
}
async function again(seat: number): Promise<void> {
  for (let turn = 0; performance.now() < end; turn++) {
    try {
      await flood?.(seat + many * turn);
      done++;
    } catch (error) {
      // A node that refuses, hangs up or takes no more connections is what is wanted.
      if (!(error instanceof Error)) throw error;
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (held.length > heldMax) held.shift()?.destroy();
  }
}
await Promise.all(Array.from({ length: many }, (_, seat) => again(seat)));
console.log(JSON.stringify({ kind, done, held: held.length }));
process.exit(0);
