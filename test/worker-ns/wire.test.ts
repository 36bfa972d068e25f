/** The Worker's own wire, held against the one of nodes: same bytes, same values, same refusals. */
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { clusterId, nodeId } from "../../src/shared/paxos/ids.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { View } from "../../src/shared/paxos/view.ts";
import { BadFrame } from "../../src/shared/wire/bad-frame.ts";
import { decodeServerFrame, encodeClient, encodeServer } from "../../src/shared/wire/client-codec.ts";
import { decodeItems, encodeItem, joinFrame } from "../../src/shared/wire/codec.ts";
import { type Accepting, ListenerHello, type Mac } from "../../src/shared/wire/handshake.ts";
import { decodeHello, encodeHello } from "../../src/shared/wire/hello-codec.ts";
import type { ServerMessage } from "../../src/shared/wire/messages.ts";
import { decode, encode, type Plain } from "../../src/worker-ns/cbor.ts";
import { decodeFollowed, encodeFollower } from "../../src/worker-ns/frames.ts";
import { type Answer, Hello } from "../../src/worker-ns/hello.ts";

const id = nodeId("00000000000000a1");
const cluster = clusterId("c".repeat(32));
const other = clusterId("d".repeat(32));
const mac: Mac = (key, data) => Uint8Array.from(createHmac("sha256", key).update(data).digest());

const leaf = fc.oneof(
  fc.nat(255),
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.uint8Array({ maxLength: 200 }),
  fc.boolean(),
  fc.constant(null),
);
const { value: plain } = fc.letrec<{ value: Plain }>((tie) => ({
  value: fc.oneof({ maxDepth: 5 }, leaf, fc.array(tie("value"), { maxLength: 30 })),
}));

test("values are the bytes that nodes make of them, and back", () => {
  fc.assert(
    fc.property(plain, (value) => {
      const bytes = encode(value);
      expect(bytes).toEqual(encodeItem(value));
      expect(decode(bytes)).toEqual(decodeItems(bytes));
    }),
  );
});

test("numbers of every size", () => {
  const numbers = [
    0,
    23,
    24,
    255,
    256,
    65_535,
    65_536,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 40 + 1,
    Number.MAX_SAFE_INTEGER,
  ];
  expect(decode(joinFrame(numbers.map((n) => encodeItem(n))))).toEqual(numbers);
});

test("other bytes are a BadFrame, never anything else", () => {
  const all = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    plain.map(encode).chain((bytes) =>
      fc.tuple(fc.nat(bytes.length), fc.nat(255)).map(([at, byte]) => {
        const changed = bytes.slice();
        changed[at] = byte;
        return changed;
      }),
    ),
  );
  fc.assert(
    fc.property(all, (bytes) => {
      try {
        decode(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(BadFrame);
      }
    }),
    { numRuns: 2_000 },
  );
  expect(() => decode(new Uint8Array(20_000).fill(0x81))).toThrow(BadFrame);
  expect(() => decode(Uint8Array.of(0x9a, 0xff, 0xff, 0xff, 0xff))).toThrow(BadFrame);
});

const view: View = {
  number: 300,
  first: slot(2 ** 40),
  members: [
    { id, role: "replica", addr: "10.0.0.1:14000", domain: "", groups: ["rack é"], away: false },
    {
      id: nodeId("b".repeat(16)),
      role: "nameserver",
      addr: "[::1]:1",
      domain: "x.example",
      groups: [],
      away: true,
    },
  ],
};
const members: ServerMessage = {
  type: "members",
  id,
  leader: null,
  view: 300,
  members: view.members.map(({ id: of, role, addr }) => ({ id: of, role, addr })),
};

test("messages", () => {
  for (const type of ["ping", "follow"] as const)
    expect(encodeFollower({ type })).toEqual(encodeClient({ type }));
  expect(encodeFollower({ type: "close", session: "1.0" as never })).toBeNull();
  const told: ServerMessage[] = [members, { type: "view", view }, { ...members, leader: id }];
  const frame = joinFrame([...told, { type: "pong" } as const].map(encodeServer));
  expect(decodeFollowed(frame)).toEqual(decodeServerFrame(frame).slice(0, 3));
  expect(() => decodeFollowed(encodeItem([11, [1, 1, [["no id"]]]]))).toThrow(BadFrame);
});

interface Ended {
  readonly answer: Answer;
  /** Whether the node let it in. */
  readonly isIn: boolean;
}

/** Both sides of a hello, as bytes. @param change what somebody in between makes of what the node says */
async function met(
  hello: Hello,
  accepting: Partial<Accepting>,
  change = (bytes: Uint8Array) => bytes,
): Promise<Ended> {
  const nonce = new Uint8Array(16).fill(7);
  const listener = new ListenerHello(
    { cluster, id, secrets: { client: null, peer: null }, nonce, ...accepting },
    mac,
  );
  let frame = hello.frame;
  for (;;) {
    const step = await listener.receive(decodeHello(frame));
    if (step.send === undefined) throw new Error("the node says nothing");
    const answer = await hello.receive(change(encodeHello(step.send)));
    if (answer.type !== "send") return { answer, isIn: step.done !== undefined };
    frame = answer.frame;
  }
}

const secrets = { client: "a token", peer: null };
/** A node that asks for the token itself. */
const asking: Partial<Accepting> = {
  isPrivate: true,
  identify: async (token) =>
    token === "ann's" ? { user: "ann", rights: ["read"] } : { code: "DENIED", message: "nobody" },
};
const done = { type: "done", cluster, node: id };
const refused = (code: string, message: RegExp) => ({
  type: "refused",
  code,
  message: expect.stringMatching(message),
});

test.each([
  ["no token", new Hello(null, null), {}, done],
  ["the cluster that it knows", new Hello(cluster, null), {}, done],
  ["the right token", new Hello(cluster, "a token"), { secrets }, done],
  ["a wrong token", new Hello(null, "another"), { secrets }, refused("DENIED", /token is wrong/)],
  ["a missing token", new Hello(null, null), { secrets }, refused("DENIED", /asks for a token/)],
  ["a needless token", new Hello(null, "a token"), {}, refused("DENIED", /knows none/)],
  ["another cluster", new Hello(other, null), {}, refused("WRONG_CLUSTER", /belongs to cluster/)],
  ["a token that is asked for", new Hello(null, "ann's", true), asking, done],
  ["none, where one is asked for", new Hello(null, null), asking, refused("DENIED", /nobody/)],
  ["a token that would be overheard", new Hello(null, "ann's"), asking, refused("DENIED", /by wss/)],
])("hello with %s", async (_, hello, accepting, expected) => {
  expect((await met(hello, accepting)).answer).toEqual(expected);
});

test("a node that proves nothing is not believed", async () => {
  const forged = (bytes: Uint8Array) => (bytes[1] === 4 ? encode([4, new Uint8Array(32)]) : bytes);
  const { answer, isIn } = await met(new Hello(null, "a token"), { secrets }, forged);
  expect(isIn).toBe(true);
  expect(answer).toEqual(refused("DENIED", /did not prove/));
});

test("what is out of turn, another version or no hello is refused", async () => {
  const version = encode([2, 2, cluster, id, new Uint8Array(16), false]);
  expect(await new Hello(null, null).receive(version)).toEqual(refused("VERSION", /speaks version 2/));
  const foreign = encode([2, 1, other, id, new Uint8Array(16), false]);
  expect(await new Hello(cluster, null).receive(foreign)).toEqual(refused("WRONG_CLUSTER", /answered/));
  const early = encode([4, new Uint8Array(0)]);
  for (const frame of [early, encode([9]), encode("hello"), new Uint8Array(5_000)])
    await expect(new Hello(null, null).receive(frame)).rejects.toBeInstanceOf(BadFrame);
});
