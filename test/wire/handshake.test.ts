/**
 * The hello: who is let in, who is turned away with which code, and what an eavesdropper cannot make of it.
 */

import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { clusterId, nodeId } from "../../src/shared/paxos/ids.ts";
import { DialerHello, NodeHello } from "../../src/shared/wire/dialer-hello.ts";
import {
  type Accepting,
  type Caller,
  type Dialing,
  type HelloStep,
  ListenerHello,
  type Mac,
  type Reached,
  type Secrets,
} from "../../src/shared/wire/handshake.ts";
import { decodeHello, encodeHello } from "../../src/shared/wire/hello-codec.ts";
import type { HelloMessage } from "../../src/shared/wire/messages.ts";
import { a, b, cluster } from "./samples.ts";

const mac: Mac = (key, data) => Uint8Array.from(createHmac("sha256", key).update(data).digest());
/** As browsers do it. */
const asyncMac: Mac = async (key, data) => mac(key, data);
const other = clusterId("f".repeat(32));
let nonces = 0;
const nonce = (): Uint8Array => new Uint8Array(16).fill(++nonces);

function dialing(over: Partial<Dialing> = {}): Dialing {
  return {
    role: "client",
    cluster: null,
    from: null,
    addr: "",
    to: null,
    token: null,
    nonce: nonce(),
    ...over,
  };
}
function accepting(over: Partial<Accepting> = {}): Accepting {
  return { cluster, id: b, secrets: { client: null, peer: null }, nonce: nonce(), ...over };
}
const wire = (m: HelloMessage): HelloMessage => decodeHello(encodeHello(m));

interface Ended {
  readonly dialer: HelloStep<Reached>;
  readonly acceptor: HelloStep<Caller>;
}

/** Runs both sides over encoded bytes until one has nothing more to send. */
async function meet(d: Dialing, acc: Accepting, fake?: (m: HelloMessage) => HelloMessage): Promise<Ended> {
  const dialer = new NodeHello(d, mac);
  const acceptor = new ListenerHello(acc, asyncMac);
  let up: HelloMessage | undefined = dialer.hello;
  let fromAcceptor: HelloStep<Caller> = {};
  let fromDialer: HelloStep<Reached> = {};
  while (up !== undefined) {
    fromAcceptor = await acceptor.receive(wire(up));
    if (fromAcceptor.send === undefined) break;
    const down = wire(fromAcceptor.send);
    fromDialer = await dialer.receive(fake === undefined ? down : fake(down));
    up = fromDialer.send;
  }
  return { dialer: fromDialer, acceptor: fromAcceptor };
}

const peer: Partial<Dialing> = { role: "peer", from: a, addr: "127.0.0.1:14000" };
const guarded = { secrets: { client: "c", peer: "p" } };
const welcome: readonly (readonly [string, Partial<Dialing>, Partial<Accepting>])[] = [
  ["a client without token", {}, {}],
  ["a client that remembers the cluster", { cluster }, {}],
  ["a client with its token", { token: "c" }, guarded],
  ["a peer with its key, for this node", { ...peer, cluster, to: b, token: "p" }, guarded],
  ["a newcomer without a cluster", { ...peer, token: "p" }, guarded],
  ["a client where only nodes need a key", {}, { secrets: { client: null, peer: "p" } }],
];

test.each(welcome)("let in: %s", async (_, d, acc) => {
  const all = dialing(d);
  const { dialer, acceptor } = await meet(all, accepting(acc));
  expect(dialer).toStrictEqual({ done: { cluster, node: b } });
  expect(acceptor.done).toMatchObject({ role: all.role, from: all.from, addr: all.addr });
  expect(acceptor.reject).toBe(undefined);
});

function only(secrets: Partial<Secrets>): Partial<Accepting> {
  return { secrets: { client: null, peer: null, ...secrets } };
}

const turnedAway: readonly (readonly [string, Partial<Dialing>, Partial<Accepting>, string, RegExp])[] = [
  ["another cluster", { cluster: other }, {}, "WRONG_CLUSTER", /belongs to cluster/],
  ["another node is meant", { to: a }, {}, "UNREACHABLE", /now belongs to node 00000000000000bb/],
  ["no token", {}, guarded, "DENIED", /token/],
  ["a wrong token", { token: "x" }, guarded, "DENIED", /token is wrong/],
  ["the other role's token", { ...peer, token: "c" }, guarded, "DENIED", /token is wrong/],
  ["a token that the node does not know", { token: "c" }, {}, "DENIED", /knows none/],
  ["a peer without id", { role: "peer" }, {}, "BAD_FRAME", /id/],
  ["a peer where clients need a token and no key is known", peer, only({ client: "c" }), "DENIED", /no key/],
  ["the same with the clients' token", { ...peer, token: "c" }, only({ client: "c" }), "DENIED", /no key/],
  ["a peer where readers need a token", peer, only({ reader: "r" }), "DENIED", /no key/],
  ["a client where readers alone have a token", {}, only({ reader: "r" }), "DENIED", /asks for a token/],
  ["oneself", { ...peer, from: b }, {}, "UNREACHABLE", /own/],
];

test.each(turnedAway)("turned away: %s", async (_, d, acc, code, message) => {
  const { dialer, acceptor } = await meet(dialing(d), accepting(acc));
  expect(dialer.done).toBe(undefined);
  expect(acceptor.done).toBe(undefined);
  expect(dialer.reject).toMatchObject({ code, message: expect.stringMatching(message) });
});

test("another version is refused by both sides", async () => {
  const step = await new ListenerHello(accepting(), mac).receive({
    ...new DialerHello(dialing(), mac).hello,
    version: 2,
  });
  expect(step.reject?.code).toBe("VERSION");
  expect(step.send).toMatchObject({ type: "rejected", code: "VERSION" });
  const { dialer } = await meet(dialing(), accepting(), (m) =>
    m.type === "challenge" ? { ...m, version: 2 } : m,
  );
  expect(dialer.reject?.code).toBe("VERSION");
});

test("the dialer checks the challenge itself, whatever the acceptor let pass", async () => {
  const forged = (over: object) => (m: HelloMessage) => (m.type === "challenge" ? { ...m, ...over } : m);
  const codeOf = async (d: Partial<Dialing>, over: object) =>
    (await meet(dialing(d), accepting(), forged(over))).dialer.reject?.code;
  expect(await codeOf({ cluster }, { cluster: other })).toBe("WRONG_CLUSTER");
  expect(await codeOf({ to: b }, { id: nodeId("00000000000000cc") })).toBe("UNREACHABLE");
  expect(await codeOf({ ...peer }, { id: a })).toBe("UNREACHABLE");
});

test("an impostor without the token is found out by its welcome", async () => {
  const dialer = new DialerHello(dialing({ token: "c" }), mac);
  const challenge: HelloMessage = {
    type: "challenge",
    version: 1,
    cluster,
    id: b,
    nonce: nonce(),
    required: true,
  };
  const proof = await dialer.receive(challenge);
  expect(proof.send?.type).toBe("proof");
  const answer = await dialer.receive({ type: "welcome", mac: new Uint8Array(0) });
  expect(answer.reject).toMatchObject({ code: "DENIED", message: expect.stringMatching(/did not prove/) });
});

test("one's own proof, sent back as the welcome, is no welcome", async () => {
  const dialer = new DialerHello(dialing({ token: "c" }), mac);
  const { send } = await dialer.receive({
    type: "challenge",
    version: 1,
    cluster,
    id: b,
    nonce: nonce(),
    required: true,
  });
  if (send?.type !== "proof") throw new Error("no proof");
  expect((await dialer.receive({ type: "welcome", mac: send.mac })).reject?.code).toBe("DENIED");
});

test("the acceptor's own words, sent back, are no proof", async () => {
  const acc = accepting(guarded);
  const first = new ListenerHello(acc, mac);
  const victim = new DialerHello(dialing({ ...peer, token: "p" }), mac);
  const challenge = (await first.receive(victim.hello)).send as HelloMessage;
  const proof = (await victim.receive(challenge)).send as HelloMessage;
  const spoken = (await first.receive(proof)).send as HelloMessage;
  if (spoken.type !== "welcome" || proof.type !== "proof") throw new Error("no welcome");
  // The proof fits that one connection: a second one has another nonce.
  for (const used of [proof.mac, spoken.mac]) {
    const second = new ListenerHello({ ...acc, nonce: nonce() }, mac);
    await second.receive(victim.hello);
    expect((await second.receive({ type: "proof", mac: used })).reject?.code).toBe("DENIED");
  }
  // And the welcome does not pass as a proof, even with the same nonces.
  const same = new ListenerHello(acc, mac);
  await same.receive(victim.hello);
  expect((await same.receive({ type: "proof", mac: spoken.mac })).reject?.code).toBe("DENIED");
});

test("a relayed proof does not let a peer in under another name or at another node", async () => {
  const victim = new DialerHello(dialing({ ...peer, token: "p" }), mac);
  const acceptor = new ListenerHello(accepting(guarded), mac);
  const claimed = { ...victim.hello, from: nodeId("00000000000000cc") };
  const challenge = (await acceptor.receive(claimed)).send as HelloMessage;
  const proof = (await victim.receive(challenge)).send as HelloMessage;
  expect((await acceptor.receive(proof)).reject?.code).toBe("DENIED");
});

test("messages out of turn end it, also while a step is under way and after the end", async () => {
  const acceptor = new ListenerHello(accepting(), mac);
  expect((await acceptor.receive({ type: "proof", mac: new Uint8Array(0) })).reject?.code).toBe("BAD_FRAME");
  expect((await acceptor.receive(new DialerHello(dialing(), mac).hello)).reject?.code).toBe("BAD_FRAME");

  const busy = new ListenerHello(accepting(guarded), asyncMac);
  await busy.receive(new DialerHello(dialing({ token: "c" }), mac).hello);
  const proof: HelloMessage = { type: "proof", mac: new Uint8Array(32) };
  const [one, two] = await Promise.all([busy.receive(proof), busy.receive(proof)]);
  expect([one.reject?.code, two.reject?.code]).toStrictEqual(["DENIED", "BAD_FRAME"]);

  const dialer = new DialerHello(dialing(), mac);
  expect((await dialer.receive({ type: "welcome", mac: new Uint8Array(0) })).reject?.code).toBe("BAD_FRAME");
  const refusedDialer = new DialerHello(dialing(), mac);
  expect(await refusedDialer.receive({ type: "rejected", code: "BUSY", message: "full" })).toStrictEqual({
    reject: { code: "BUSY", message: "full" },
  });
});
