/** What a malicious client may say to a node, byte by byte: before its hello is over, and after. */
import { createHmac, randomBytes } from "node:crypto";
import type { Node } from "concoord/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { seq, sessionId } from "../../src/shared/object/types.ts";
import { clusterId, nodeId } from "../../src/shared/paxos/ids.ts";
import { decodeServerFrame, encodeClient } from "../../src/shared/wire/client-codec.ts";
import { encodeItem } from "../../src/shared/wire/codec.ts";
import { encodeCommand } from "../../src/shared/wire/command-codec.ts";
import { DialerHello } from "../../src/shared/wire/dialer-hello.ts";
import type { Dialing, Mac } from "../../src/shared/wire/handshake.ts";
import { decodeListenerHello, encodeDialerHello } from "../../src/shared/wire/hello-codec.ts";
import type { ServerMessage } from "../../src/shared/wire/messages.ts";
import { encodePeer } from "../../src/shared/wire/peer-codec.ts";
import { until } from "../net/rig.ts";
import { provingNode } from "./proving-node.ts";

const mac: Mac = (key, data) => createHmac("sha256", key).update(data).digest();
const secret = "0123456789abcdef0123456789abcdef";
let node: Node;
beforeAll(async () => {
  node = await provingNode(["./test/fixtures/objects/desk.ts", "concoord.object.lock.Lock"]);
});
afterAll(() => node[Symbol.asyncDispose]());

/** One socket, and all that was said on it. */
class Raw {
  readonly socket: WebSocket;
  readonly frames: Uint8Array[] = [];
  /** What the node heard of us. */
  readonly said: Uint8Array[] = [];
  closed: string | null = null;

  constructor() {
    this.socket = new WebSocket(`ws://${node.addr}/concoord`);
    this.socket.on("message", (data) => this.frames.push(new Uint8Array(data as Buffer)));
    this.socket.on("close", (_code, reason) => {
      this.closed = reason.toString();
    });
  }

  async say(...frames: readonly Uint8Array[]): Promise<void> {
    await until(() => this.socket.readyState === WebSocket.OPEN || this.closed !== null);
    for (const frame of frames) {
      this.said.push(frame);
      this.socket.send(frame);
    }
  }

  async frame(i: number): Promise<Uint8Array> {
    await until(() => this.frames.length > i || this.closed !== null);
    const frame = this.frames[i];
    if (frame === undefined) throw new Error(`closed: ${this.closed}`);
    return frame;
  }

  async ended(): Promise<string> {
    await until(() => this.closed !== null);
    return this.closed ?? "";
  }

  get heard(): readonly ServerMessage[] {
    return this.frames.slice(2).flatMap((frame) => decodeServerFrame(frame));
  }

  heardOf<T extends ServerMessage["type"]>(type: T) {
    return this.heard.filter((m): m is Extract<ServerMessage, { readonly type: T }> => m.type === type);
  }
}

/** Says hello as told; resolves when the node welcomed it. @throws Error with why it was closed */
async function greeted(over: Partial<Dialing>): Promise<Raw> {
  const raw = new Raw();
  const nonce = randomBytes(16);
  const from =
    over.role === undefined || over.role === "client" ? null : nodeId(randomBytes(8).toString("hex"));
  const blank = { role: "client", cluster: null, from, addr: "", to: null, token: null } as const;
  const hello = new DialerHello({ ...blank, nonce, ...over }, mac);
  await raw.say(encodeDialerHello(hello.hello));
  const { send, reject } = await hello.receive(decodeListenerHello(await raw.frame(0)));
  if (send === undefined) throw new Error(`${reject?.code} ${reject?.message}`);
  await raw.say(encodeDialerHello(send));
  const welcome = await hello.receive(decodeListenerHello(await raw.frame(1)));
  if (welcome.done === undefined) throw new Error(`${welcome.reject?.code} ${welcome.reject?.message}`);
  return raw;
}

test.each<[string, Partial<Dialing>, RegExp]>([
  ["no token", {}, /^DENIED the node asks for a token/],
  ["a wrong token", { token: "guess" }, /^DENIED the token is wrong/],
  ["a client's token as a node's", { role: "peer", token: "clients" }, /^DENIED the token is wrong/],
  ["a reader's token as a node's", { role: "peer", token: "readers" }, /^DENIED the token is wrong/],
  ["a node's key as a client's token", { token: "nodes" }, /^DENIED the token is wrong/],
  [
    "a client's token as an administrator's",
    { role: "operator", token: "clients" },
    /^DENIED operators need the key of nodes/,
  ],
  ["another cluster", { token: "clients", cluster: clusterId("f".repeat(32)) }, /^WRONG_CLUSTER /],
  [
    "a node of another cluster",
    { role: "peer", token: "nodes", cluster: clusterId("f".repeat(32)) },
    /^WRONG_CLUSTER /,
  ],
  [
    "a node of another cluster that has another key",
    { role: "peer", token: "theirs" },
    /^DENIED the token is wrong/,
  ],
])("refused in the hello: %s", async (_what, over, why) => {
  await expect(greeted(over)).rejects.toThrow(why);
});

test("a hello that was overheard does not let anybody in", async () => {
  const victim = await greeted({ token: "clients" });
  const thief = new Raw();
  const [hello, proof] = victim.said as [Uint8Array, Uint8Array];
  await thief.say(hello);
  await thief.frame(0);
  await thief.say(proof);
  expect(await thief.ended()).toMatch(/^DENIED the token is wrong/);
  victim.socket.terminate();
});

test("nothing but a hello is looked at before the proof", async () => {
  const messages = [
    encodeClient({ type: "open", secret, ttl: 10_000 }),
    encodePeer({ type: "askGenesis" }),
    new Uint8Array([0xff]),
    encodeItem(["__proto__", "constructor"]),
  ];
  for (const message of messages) {
    const raw = new Raw();
    await raw.say(message);
    expect(await raw.ended()).toMatch(/^BAD_FRAME /);
  }
  expect(node.status().sessions).toBe(0);
});

test("who came as a client speaks no word of the nodes' protocol", async () => {
  const before = node.status();
  for (const message of [
    { type: "askGenesis" },
    { type: "askChange", kind: "evict", id: nodeId(node.id) },
    { type: "takeSnapshot" },
    { type: "endSession", session: sessionId("2.0") },
    {
      type: "forward",
      commands: [encodeCommand({ type: "open", secretHash: "0".repeat(64), ttl: 9_000, user: "root" })],
    },
  ] as const) {
    const raw = await greeted({ token: "clients" });
    await raw.say(encodePeer(message));
    expect(await raw.ended()).toMatch(/^BAD_FRAME /);
  }
  const after = node.status();
  expect([after.sessions, after.view, after.decided]).toEqual([before.sessions, before.view, before.decided]);
});

test("nobody names a user, and only calls are commands", async () => {
  const open = { secretHash: "0".repeat(64), ttl: 10_000, user: "root" } as const;
  for (const frame of [
    encodeItem([1, secret, 10_000, "root"]),
    encodeClient({ type: "command", bytes: encodeCommand({ type: "open", ...open }) }),
    encodeClient({ type: "command", bytes: encodeCommand({ type: "found", classes: [] }) }),
    encodeClient({
      type: "command",
      bytes: encodeCommand({ type: "upgrade", view: 1, upgrades: 0, classes: [] }),
    }),
    encodeClient({ type: "command", bytes: encodeCommand({ type: "snapshot" }) }),
    encodeClient({
      type: "command",
      bytes: encodeCommand({ type: "keepAlive", sessions: [sessionId("2.0")] }),
    }),
  ]) {
    const raw = await greeted({ token: "clients" });
    await raw.say(frame);
    expect(await raw.ended()).toMatch(/^BAD_FRAME /);
  }
  expect(node.status().sessions).toBe(0);
});

async function opened(token: string, own: string): Promise<{ readonly raw: Raw; readonly session: string }> {
  const raw = await greeted({ token });
  await raw.say(encodeClient({ type: "open", secret: own, ttl: 10_000 }));
  await until(() => raw.heardOf("opened").length > 0);
  return { raw, session: raw.heardOf("opened")[0]?.session ?? "" };
}

/** One call with arguments as they are, which need not be any. */
function callFrame(
  session: string,
  first: number,
  object: string,
  method: string,
  args: Uint8Array,
): Uint8Array {
  const text = (of: string) => [...encodeItem(of)];
  const payload = Uint8Array.from([0x81, 0x83, ...text(object), ...text(method), ...args]);
  const numbers = { firstSeq: seq(first), n: 1, ackedSeq: seq(0), ackedLate: [] };
  const bytes = encodeCommand({ type: "calls", session: sessionId(session), ...numbers, payload });
  return encodeClient({ type: "command", bytes });
}

const none = Uint8Array.of(0x80);

test("names that nobody may call are refused before the arguments are decoded", async () => {
  const { raw, session } = await opened("clients", secret);
  const garbage = new Uint8Array(64).fill(0xff);
  const names = [
    ["Desk", "__proto__", "UNKNOWN_METHOD"],
    ["Desk", "constructor", "UNKNOWN_METHOD"],
    ["Desk", "__defineGetter__", "UNKNOWN_METHOD"],
    ["__proto__", "note", "UNKNOWN_CLASS"],
    ["__proto__/x", "note", "UNKNOWN_CLASS"],
  ] as const;
  for (const [i, [object, method]] of names.entries())
    await raw.say(callFrame(session, i + 1, object, method, garbage));
  await until(() => raw.heardOf("answer").length === names.length);
  const codes = raw
    .heardOf("answer")
    .map(({ outcome }) => (outcome.type === "refused" ? outcome.code : outcome.type));
  expect(codes).toEqual(names.map(([, , code]) => code));
  await raw.say(encodeClient({ type: "close", session: sessionId(session) }));
  await until(() => node.status().sessions === 0);
  raw.socket.terminate();
});

test("a session's lock and outcomes are out of the reach of all others", async () => {
  const owner = await opened("clients", secret);
  await owner.raw.say(callFrame(owner.session, 1, "Lock", "acquire", none));
  await until(() => owner.raw.heardOf("answer").length === 1);
  const attacks = [
    callFrame(owner.session, 2, "Lock", "release", none),
    callFrame(owner.session, 1, "Lock", "acquire", none),
    encodeClient({ type: "attach", session: sessionId(owner.session), secret: "f".repeat(32) }),
    encodeClient({ type: "cancel", session: sessionId(owner.session), seqs: [seq(1)] }),
    encodeClient({ type: "close", session: sessionId(owner.session) }),
  ];
  for (const attack of attacks) {
    const thief = await opened("clients", randomBytes(16).toString("hex"));
    await thief.raw.say(attack);
    expect(await thief.raw.ended()).toMatch(/^DENIED /);
    expect(thief.raw.heardOf("answer")).toEqual([]);
  }
  const other = await opened("clients", randomBytes(16).toString("hex"));
  await other.raw.say(callFrame(other.session, 1, "Lock", "release", none));
  await until(() => other.raw.heardOf("answer").length === 1);
  expect(other.raw.heardOf("answer")[0]?.outcome.type).toBe("threw");
  await owner.raw.say(callFrame(owner.session, 2, "Lock", "locked", none));
  await until(() => owner.raw.heardOf("answer").length === 2);
  expect(owner.raw.heardOf("answer")[1]?.outcome).toMatchObject({
    type: "returned",
    value: Uint8Array.of(0xf5),
  });
});

test("a reader reads and changes nothing", async () => {
  const { raw, session } = await opened("readers", randomBytes(16).toString("hex"));
  await raw.say(callFrame(session, 1, "Desk", "note", Uint8Array.of(0x81, 0x61, 0x78)));
  await until(() => raw.heardOf("answer").length === 1);
  expect(raw.heardOf("answer")[0]?.outcome).toMatchObject({ type: "refused", code: "DENIED" });
  const payload = Uint8Array.from([0x81, 0x83, ...encodeItem("Desk"), ...encodeItem("user"), 0x80]);
  const read = { session: sessionId(session), id: 1, n: 1, after: seq(0), local: null, payload };
  await raw.say(encodeClient({ type: "read", ...read }));
  await until(() => raw.heardOf("readAnswer").length === 1);
  expect(raw.heardOf("readAnswer")[0]?.outcome.type).toBe("returned");
});
