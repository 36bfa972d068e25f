/** The limits of a node's port, hit from outside: who exceeds one is told what to do, and others do not notice. */
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openSession } from "../../src/node/index.ts";
import {
  argumentsBytesMax,
  bodiesBytesMax,
  callsInFlightMax,
  connectionsPerAddressMax,
  fragmentsMax,
  frameBytesMax,
  handshakeMillisMax,
  requestHeadBytesMax,
  requestsPerSecondMax,
  sessionsPerAddressMax,
  sessionsPerConnectionMax,
  strangerBytesMax,
  unfinishedBytesMax,
  visitorsPerAddressMax,
} from "../../src/shared/limits.ts";
import { encodeClient } from "../../src/shared/wire/client-codec.ts";
import { encodeCalls } from "../../src/shared/wire/values.ts";
import { Cluster } from "../process/cluster.ts";
import {
  client,
  firstSaid,
  frame,
  frameHead,
  goodbye,
  heard,
  hello,
  open,
  proof,
  said,
  sendCommand,
  sessionOf,
  webSocket,
} from "./knock.ts";

let cluster: Cluster;
let addr: string;
beforeAll(async () => {
  cluster = await Cluster.start(1, ["concoord.object.counter.Counter"]);
  addr = cluster.bootstrap;
});
afterAll(() => cluster?.stop());

const held: Socket[] = [];
/** The network that a test comes from: no other test's limits are its own. */
let seat = 0;
afterEach(async () => {
  for (const socket of held.splice(0)) socket.destroy();
  seat++;
  await using session = openSession(addr);
  expect(await session.call("Counter/main", "getvalue", [])).toBeTypeOf("number");
});

/** All that comes until the node hangs up. */
async function last(socket: Socket): Promise<string> {
  let text = "";
  for (let piece = await heard(socket); piece !== null; piece = await heard(socket))
    text += piece.toString("latin1");
  return text;
}

async function seated() {
  const found = await sessionOf(addr, seat);
  held.push(found.knock.socket);
  return found;
}

const get = encodeCalls([{ object: "Counter/main", method: "getvalue", args: [] }]);

test("a frame that is too long, or in too many pieces", async () => {
  const { knock } = await seated();
  knock.socket.write(frameHead(frameBytesMax + 1));
  expect(await last(knock.socket)).not.toBe("undefined");
  const { knock: other } = await seated();
  const piece = Uint8Array.from(frame(Uint8Array.of(0), 0)).with(0, 0);
  other.socket.write(Uint8Array.from(frame(Uint8Array.of(0))).with(0, 2));
  other.socket.write(Buffer.concat(Array<Uint8Array>(fragmentsMax + 1).fill(piece)));
  expect(await last(other.socket)).toContain("\x88");
});

test("frames without an end: the longest goes", async () => {
  const most = await seated();
  const others = [await seated(), await seated()];
  const half = unfinishedBytesMax / 4;
  for (const { knock } of [most, ...others]) knock.socket.write(frameHead(frameBytesMax));
  most.knock.socket.write(new Uint8Array(2 * half));
  for (const { knock } of others) knock.socket.write(new Uint8Array(half + 100_000));
  expect(await last(most.knock.socket)).toBeTypeOf("string");
  expect(others.map(({ knock }) => knock.socket.destroyed)).toEqual([false, false]);
});

test("the head of a request", async () => {
  const socket = await open(addr, seat);
  socket.write(`GET /livez HTTP/1.1\r\nhost: ${addr}\r\nx: ${"y".repeat(requestHeadBytesMax)}\r\n\r\n`);
  expect(await last(socket)).toMatch(/^HTTP\/1.1 431 /);
});

test("what is sent before the hello is over", async () => {
  const socket = await webSocket(addr, seat);
  socket.write(frameHead(frameBytesMax));
  socket.write(new Uint8Array(strangerBytesMax));
  expect(await last(socket)).toBe("");
});

test("a hello that is never said", async () => {
  const began = performance.now();
  const socket = await webSocket(addr, seat);
  expect(await goodbye(socket)).toContain("TIMEOUT the hello took too long");
  expect(performance.now() - began).toBeGreaterThan(handshakeMillisMax - 100);
});

test("visitors of one address: the oldest make room", async () => {
  for (let n = 0; n <= visitorsPerAddressMax; n++) held.push(await open(addr, seat));
  const [first] = held;
  expect(await last(first as Socket)).toBe("");
  const newest = held.at(-1) as Socket;
  newest.write(`GET /livez HTTP/1.1\r\nhost: ${addr}\r\nconnection: close\r\n\r\n`);
  expect(await last(newest)).toContain("ok");
});

test("connections of one address", { timeout: 120_000 }, async () => {
  const dial = async () => {
    const knock = await client(addr, seat);
    held.push(knock.socket);
    return knock;
  };
  while (held.length < connectionsPerAddressMax) await Promise.all(Array.from({ length: 100 }, dial));
  const socket = await webSocket(addr, seat);
  socket.write(frame(hello));
  await heard(socket);
  socket.write(frame(proof));
  expect(await goodbye(socket)).toContain(
    `BUSY more than ${connectionsPerAddressMax} connections of one address: close some`,
  );
});

test("requests that are no calls", async () => {
  const { knock } = await seated();
  const ping = encodeClient({ type: "ping" });
  const pings = frame(Buffer.concat(Array<Uint8Array>(1_000).fill(ping)));
  for (let n = 0; n <= requestsPerSecondMax; n += 1_000) knock.socket.write(pings);
  expect(await goodbye(knock.socket)).toMatch(
    new RegExp(`^BUSY more than ${requestsPerSecondMax} requests in a second: connect again`),
  );
});

test("calls under way", async () => {
  const { knock, session } = await seated();
  sendCommand(knock, session, callsInFlightMax + 1, 1, get);
  const refused = await firstSaid(knock.socket, "refused");
  expect(refused).toMatchObject({ code: "BUSY", message: expect.stringContaining("wait for answers") });
});

test("sessions of one connection, and of one address", { timeout: 120_000 }, async () => {
  const opens = (n: number) =>
    Buffer.concat(
      Array.from({ length: n }, () =>
        encodeClient({ type: "open", secret: randomBytes(16).toString("hex"), ttl: 10_000 }),
      ),
    );
  let opened = 0;
  const fill = async () => {
    const { socket } = await client(addr, seat);
    held.push(socket);
    socket.write(frame(opens(sessionsPerConnectionMax + 1)));
    let refused = "";
    for (let answers = 0; answers <= sessionsPerConnectionMax; ) {
      for (const message of await said(socket)) {
        if (message.type === "openRefused") refused = message.message;
        if (message.type === "opened") opened++;
        if (message.type === "opened" || message.type === "openRefused") answers++;
      }
    }
    return refused;
  };
  expect(await fill()).toContain("sessions of one connection: close some, or connect once more");
  while (opened < sessionsPerAddressMax) await fill();
  expect(await fill()).toContain("sessions were opened from this address: close some, or wait");
});

test("bodies of calls by HTTP", async () => {
  const post = (length: number) =>
    `POST /call HTTP/1.1\r\nhost: ${addr}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ${length}\r\n\r\n`;
  for (let n = 0; n < bodiesBytesMax; n += argumentsBytesMax) {
    const socket = await open(addr, seat);
    held.push(socket);
    socket.write(post(argumentsBytesMax));
  }
  const late = await open(addr, seat);
  late.write(`${post(argumentsBytesMax)}{`);
  expect(await last(late)).toMatch(/^HTTP\/1.1 503 [\s\S]*"BUSY"[\s\S]*try another node, or later/);
});
