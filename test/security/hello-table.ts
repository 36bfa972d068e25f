/** Who is let in by the hello, and as whom: cases that throw when they fail. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { nodeId } from "../../src/shared/paxos/ids.ts";
import { DialerHello, NodeHello } from "../../src/shared/wire/dialer-hello.ts";
import {
  type Accepting,
  type Caller,
  type Dialing,
  type HelloStep,
  type Identify,
  ListenerHello,
  type Mac,
  type Secrets,
} from "../../src/shared/wire/handshake.ts";
import { decodeHello, encodeHello } from "../../src/shared/wire/hello-codec.ts";
import { client, everybody, type Identity, type Right, reader } from "../../src/shared/wire/identity.ts";
import type { HelloMessage, HelloRole } from "../../src/shared/wire/messages.ts";
import { isPrivateUrl } from "../../src/shared/wire/private-url.ts";
import { table } from "../paxos/case.ts";
import type { LaterCase } from "../server/fetch-rig.ts";
import { a, b, cluster } from "../wire/samples.ts";

const mac: Mac = (key, data) => Uint8Array.from(createHmac("sha256", key).update(data).digest());
let nonces = 0;
const nonce = () => new Uint8Array(16).fill(++nonces);
const secrets: Secrets = { client: "c", reader: "r", peer: "p" };
const open: Secrets = { client: null, peer: null };
const tokens = new Map<string, Identity>([
  ["root's", { user: "root", rights: ["admin"] }],
  ["ann's", { user: "ann", rights: ["read"] }],
]);
const identify: Identify = async (token) =>
  tokens.get(token ?? "") ?? { code: "DENIED", message: `nobody has ${token === null ? "none" : "that"}` };

function dialer(role: HelloRole, token: string | null, over: Partial<Dialing> = {}): DialerHello {
  const from = role === "client" ? null : a;
  const isPrivate = true;
  return new (role === "client" ? DialerHello : NodeHello)(
    { role, cluster: null, from, addr: "", to: null, token, isPrivate, nonce: nonce(), ...over },
    mac,
  );
}

function listener(over: Partial<Accepting> = {}): ListenerHello {
  return new ListenerHello({ cluster, id: b, secrets, isPrivate: true, nonce: nonce(), ...over }, mac);
}

const wire = (m: HelloMessage): HelloMessage => decodeHello(encodeHello(m));

type HelloOf = Extract<HelloMessage, { readonly type: "hello" }>;

interface Met {
  /** Who came in; null when both sides did not agree. */
  readonly caller: Caller | null;
  readonly code: string | null;
  readonly why: string;
  /** All that the dialer said. */
  readonly said: readonly HelloMessage[];
}

async function meet(d: DialerHello, l: ListenerHello): Promise<Met> {
  const said: HelloMessage[] = [d.hello];
  for (;;) {
    const heard: HelloStep<Caller> = await l.receive(wire(said.at(-1) as HelloMessage));
    if (heard.send === undefined) throw new Error("the node says nothing");
    const { send, done, reject } = await d.receive(wire(heard.send));
    const why = reject ?? heard.reject;
    if (why !== undefined) return { caller: null, code: why.code, why: why.message, said };
    if (done !== undefined) return { caller: heard.done ?? null, code: null, why: "", said };
    said.push(send as HelloMessage);
  }
}

type Row = readonly [
  role: HelloRole,
  token: string | null,
  accepting: Partial<Accepting>,
  /** The rights, or the code and why. */
  expected: readonly Right[] | readonly [code: string, why: RegExp],
];

const all: readonly Right[] = everybody.rights;
const asks: Partial<Accepting> = { identify };
const rows: readonly Row[] = [
  ["client", "c", {}, client.rights],
  ["client", "r", {}, reader.rights],
  ["client", "p", {}, ["DENIED", /token is wrong/]],
  ["client", "x", {}, ["DENIED", /token is wrong/]],
  ["client", null, {}, ["DENIED", /asks for a token/]],
  ["client", null, { secrets: open }, all],
  ["client", null, { secrets: { client: null, reader: "r", peer: null } }, ["DENIED", /asks for a token/]],
  ["client", "r", { secrets: { client: null, reader: "r", peer: null } }, reader.rights],
  ["peer", "p", {}, all],
  ["peer", "c", {}, ["DENIED", /token is wrong/]],
  ["peer", "r", {}, ["DENIED", /token is wrong/]],
  ["peer", null, {}, ["DENIED", /asks for a token/]],
  ["peer", null, { secrets: open }, all],
  ["peer", null, { secrets: { client: "c", peer: null } }, ["DENIED", /no key for other nodes/]],
  [
    "peer",
    null,
    { secrets: { client: null, reader: "r", peer: null } },
    ["DENIED", /no key for other nodes/],
  ],
  ["peer", null, { secrets: open, identify }, ["DENIED", /no key for other nodes/]],
  ["peer", null, { secrets: { client: "c", peer: null, anyPeer: true } }, all],
  // Where the key has to come with a certificate, it comes as a node's.
  ["operator", "p", {}, ["DENIED", /key of nodes/]],
  ["operator", "c", {}, ["DENIED", /key of nodes/]],
  ["operator", "r", {}, ["DENIED", /key of nodes/]],
  ["operator", null, { secrets: open }, ["DENIED", /key of nodes/]],
  ["operator", null, { secrets: { client: null, peer: "p" } }, ["DENIED", /key of nodes/]],
  ["client", "ann's", asks, ["read"]],
  ["client", "c", asks, ["DENIED", /nobody has that/]],
  ["client", null, asks, ["DENIED", /nobody has none/]],
  ["client", "ann's", { identify, isPrivate: false }, ["DENIED", /connect by wss/]],
  ["client", null, { identify, isPrivate: false }, ["DENIED", /connect by wss/]],
  ["peer", "p", { identify, isPrivate: false }, all],
  ["peer", "ann's", asks, ["DENIED", /token is wrong/]],
  ["operator", "root's", asks, ["admin"]],
  ["operator", "ann's", asks, ["DENIED", /needs the right "admin"/]],
];

const hello: LaterCase = {
  name: "hello: who is let in, and with which rights",
  run: async () => {
    for (const [role, token, accepting, expected] of rows) {
      const { caller, code, why } = await meet(dialer(role, token), listener(accepting));
      const row = `${role} with ${token}, ${JSON.stringify(accepting)}: ${why}`;
      const [first, second] = expected;
      if (second instanceof RegExp) {
        assert.deepEqual([caller, code], [null, first], row);
        assert.match(why, second, row);
      } else assert.deepEqual(caller?.identity.rights, expected, row);
    }
  },
};

const unheard: LaterCase = {
  name: "hello: no token is sent where somebody could overhear it, and no key of nodes anywhere",
  run: async () => {
    const words = (met: Met) => met.said.map((m) => JSON.stringify(m)).join();
    for (const token of ["c", "p", "ann's"]) {
      const proved = await meet(dialer("client", token), listener());
      assert.equal(words(proved).includes(`"${token}"`), false, "a proof does not hold the token");
    }
    const challenge: HelloMessage = {
      type: "challenge",
      version: 1,
      cluster,
      id: b,
      nonce: nonce(),
      required: "token",
    };
    const overheard = await dialer("client", "ann's", { isPrivate: false }).receive(challenge);
    assert.deepEqual([overheard.send, overheard.reject?.code], [undefined, "DENIED"]);
    const asked = await dialer("peer", "p").receive(challenge);
    assert.deepEqual([asked.send, asked.reject?.code], [undefined, "DENIED"]);
    const told = await dialer("client", "ann's").receive(challenge);
    assert.deepEqual(told.send, { type: "token", token: "ann's" });
  },
};

const replayed: LaterCase = {
  name: "hello: what was overheard lets nobody in",
  run: async () => {
    for (const [role, token] of [
      ["client", "c"],
      ["client", "r"],
      ["peer", "p"],
    ] as const) {
      const { caller, said } = await meet(dialer(role, token), listener());
      assert.notEqual(caller, null);
      const again = listener();
      let last: HelloStep<Caller> = {};
      for (const message of said) last = await again.receive(wire(message));
      assert.deepEqual([last.done, last.reject?.code], [undefined, "DENIED"]);
    }
  },
};

const changed: LaterCase = {
  name: "hello: whoever stands between cannot make somebody else of who dials",
  run: async () => {
    const changes: readonly Partial<HelloOf>[] = [
      { role: "client", from: null },
      { from: nodeId("00000000000000cc") },
      { addr: "10.0.0.1:1" },
      { nonce: nonce() },
    ];
    for (const change of changes) {
      const victim = dialer("peer", "p");
      const node = listener();
      const { send } = await node.receive(wire({ ...victim.hello, ...change }));
      const proof = (await victim.receive(wire(send as HelloMessage))).send as HelloMessage;
      assert.equal((await node.receive(wire(proof))).reject?.code, "DENIED", JSON.stringify(change));
    }
  },
};

const outOfTurn: LaterCase = {
  name: "hello: a token where a proof is due, and a proof where a token is, end it",
  run: async () => {
    const proof: HelloMessage = { type: "proof", mac: new Uint8Array(32) };
    for (const [l, message] of [
      [listener(), { type: "token", token: "c" }],
      [listener({ secrets: open }), { type: "token", token: "" }],
      [listener({ identify }), proof],
    ] as const) {
      await l.receive(dialer("client", null).hello);
      assert.deepEqual((await l.receive(message)).reject?.code, "BAD_FRAME");
    }
  },
};

const urls = table(
  "hello: which connections nobody can overhear",
  [
    ["wss://node.example/concoord", true],
    ["WSS://node.example", true],
    ["ws://127.0.0.1:14000/concoord", true],
    ["ws://127.8.8.8/concoord", true],
    ["ws://[::1]:14000/concoord", true],
    ["ws://localhost:14000/concoord", true],
    ["ws://localhost?relayed", true],
    ["ws://10.0.0.1:14000/concoord", false],
    ["ws://127.0.0.1.evil.example/concoord", false],
    ["ws://127.0.0.1:80@evil.example/concoord", false],
    ["ws://127.0.0.1@evil.example/concoord", false],
    ["ws://localhost.evil.example/concoord", false],
    ["ws://evil.example/?ws://127.0.0.1/", false],
    ["http://127.0.0.1/", false],
  ] as const,
  ([url, expected]) => assert.equal(isPrivateUrl(url), expected, url),
);

export const helloCases: readonly LaterCase[] = [
  ...[hello, unheard, replayed, changed, outOfTurn],
  { name: urls.name, run: async () => urls.run() },
];
