/** Every message: there and back, its golden bytes, and what decoders say about fields that are wrong. */
import { expect, test } from "vitest";
import { BadFrame } from "../../src/shared/wire/bad-frame.ts";
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeClient,
  encodeServer,
} from "../../src/shared/wire/client-codec.ts";
import { encodeItem, joinFrame } from "../../src/shared/wire/codec.ts";
import { decodeCommand, encodeCommand } from "../../src/shared/wire/command-codec.ts";
import { decodeHello, encodeHello } from "../../src/shared/wire/hello-codec.ts";
import { decodeWrite, encodeWrite } from "../../src/shared/wire/log-codec.ts";
import { decodePeerFrame, encodePeer } from "../../src/shared/wire/peer-codec.ts";
import { golden } from "./golden.ts";
import * as samples from "./samples.ts";
import { fromHex, toHex } from "./samples.ts";

interface Codec {
  readonly name: keyof typeof golden;
  readonly samples: readonly unknown[];
  readonly encoded: readonly Uint8Array[];
  decode(bytes: Uint8Array): unknown;
}

const codecs: readonly Codec[] = [
  {
    name: "peers",
    samples: samples.peers,
    encoded: samples.peers.map(encodePeer),
    decode: (x) => decodePeerFrame(x)[0],
  },
  {
    name: "clients",
    samples: samples.clients,
    encoded: samples.clients.map(encodeClient),
    decode: (x) => decodeClientFrame(x)[0],
  },
  {
    name: "servers",
    samples: samples.servers,
    encoded: samples.servers.map(encodeServer),
    decode: (x) => decodeServerFrame(x)[0],
  },
  { name: "hellos", samples: samples.hellos, encoded: samples.hellos.map(encodeHello), decode: decodeHello },
  {
    name: "commands",
    samples: samples.commands,
    encoded: samples.commands.map(encodeCommand),
    decode: decodeCommand,
  },
  { name: "writes", samples: samples.writes, encoded: samples.writes.map(encodeWrite), decode: decodeWrite },
];

for (const codec of codecs) {
  test(`${codec.name}: what is encoded decodes to the same`, () => {
    codec.encoded.forEach((bytes, i) => {
      expect(codec.decode(bytes)).toStrictEqual(codec.samples[i]);
    });
  });

  test(`${codec.name}: the bytes are those of version 1`, () => {
    expect(codec.encoded.map(toHex)).toStrictEqual(golden[codec.name]);
    golden[codec.name].forEach((hex, i) => {
      expect(codec.decode(fromHex(hex))).toStrictEqual(codec.samples[i]);
    });
  });

  test(`${codec.name}: every cut and every other type of field is refused as BadFrame`, () => {
    for (const bytes of codec.encoded)
      for (let n = 0; n < bytes.length; n++)
        expect(() => codec.decode(bytes.subarray(0, n)), `${toHex(bytes)} cut at ${n}`).toThrow(BadFrame);
    expect(() => codec.decode(encodeItem([99]))).toThrow(/known kind/);
    expect(() => codec.decode(encodeItem("x"))).toThrow(BadFrame);
    expect(() => codec.decode(encodeItem([]))).toThrow(BadFrame);
  });
}

test("a frame carries several messages in order, in a buffer of its own", () => {
  const parts = samples.peers.map(encodePeer);
  const frame = joinFrame(parts);
  expect(frame.byteOffset).toBe(0);
  expect(frame.buffer.byteLength).toBe(frame.length);
  for (const part of parts) part.fill(0);
  expect(decodePeerFrame(frame)).toStrictEqual(samples.peers);
});

test("encoded bytes are not overwritten by later calls", () => {
  const first = encodePeer(samples.peers[2] as (typeof samples.peers)[number]);
  const before = toHex(first);
  for (let i = 0; i < 100; i++) encodePeer({ type: "forward", commands: [new Uint8Array(1_000).fill(i)] });
  for (let i = 0; i < 100; i++) encodePeer({ type: "forward", commands: [new Uint8Array(10_000).fill(i)] });
  expect(toHex(first)).toBe(before);
});

test("bodies are views onto the frame", () => {
  const frame = joinFrame([
    encodePeer({
      type: "p2a",
      pvalue: samples.pvalue,
      view: 1,
      first: samples.pvalue.slot,
      decided: samples.pvalue.slot,
    }),
  ]);
  const [m] = decodePeerFrame(new Uint8Array(frame));
  if (m?.type !== "p2a") throw new Error("not a p2a");
  expect(m.pvalue.proposal.body.buffer.byteLength).toBe(frame.length);
  expect(m.pvalue.proposal.body.constructor).toBe(Uint8Array);
  const [fromBuffer] = decodePeerFrame(Buffer.from(frame));
  expect(fromBuffer).toStrictEqual(m);
});

test("a body's bytes are not looked into", () => {
  const commands = [Uint8Array.of(0x9f, 0xff), Uint8Array.of(0xd8, 0x1c)];
  expect(decodePeerFrame(encodePeer({ type: "forward", commands }))).toStrictEqual([
    { type: "forward", commands },
  ]);
});

const hash = samples.secretHash;
const wrong: readonly (readonly [string, () => unknown, RegExp])[] = [
  ["node id", () => decodePeerFrame(encodeItem([1, [3, "AA"], 5, 2])), /p1a\.ballot.*node id/],
  ["zero ballot's leader", () => decodePeerFrame(encodeItem([1, [1, ""], 5, 2])), /p1a\.ballot.*node id/],
  ["negative slot", () => decodePeerFrame(encodeItem([7, -1])), /catchup\.from.*integer/],
  ["fraction", () => decodePeerFrame(encodeItem([7, 1.5])), /catchup\.from.*integer/],
  ["64-bit integer", () => decodePeerFrame(fromHex("82071b0000000000000005")), /catchup\.from.*integer/],
  ["slot as text", () => decodePeerFrame(encodeItem([7, "5"])), /catchup\.from.*integer/],
  ["too many fields", () => decodePeerFrame(encodeItem([7, 5, 5])), /catchup.*list of 2/],
  ["part", () => decodePeerFrame(encodeItem([2, [0, ""], [0, ""], 0, 0, -1, null, []])), /p1b\.above/],
  ["body as text", () => decodePeerFrame(encodeItem([11, ["x"]])), /forward\.commands\[\].*byte string/],
  ["a tag in a message", () => decodePeerFrame(fromHex("8207c100")), /tag 1/],
  ["session id", () => decodeClientFrame(encodeItem([5, "0.0"])), /close\.session/],
  ["secret", () => decodeClientFrame(encodeItem([2, "12.3", hash])), /attach\.secret.*32 hex/],
  ["ttl", () => decodeClientFrame(encodeItem([1, "0f".repeat(16), 86_400_001])), /open\.ttl/],
  [
    "too many seqs",
    () => decodeClientFrame(encodeItem([4, "12.3", new Array(1_025).fill(1)])),
    /cancel\.seqs/,
  ],
  ["reads", () => decodeClientFrame(encodeItem([7, "12.3", 1, 0, 0, null, new Uint8Array(0)])), /read\.n/],
  ["local", () => decodeClientFrame(encodeItem([7, "12.3", 1, 1, 0, -1, new Uint8Array(0)])), /read\.local/],
  ["code", () => decodeServerFrame(encodeItem([2, hash, "NO_SUCH", ""])), /openRefused\.code/],
  ["outcome", () => decodeServerFrame(encodeItem([5, "12.3", 1, 9])), /outcome/],
  ["role", () => decodeServerFrame(encodeItem([7, samples.a, null, 1, [[samples.b, "boss", ""]]])), /role/],
  ["n", () => decodeCommand(encodeItem([1, "12.3", 1, 0, 0, [], new Uint8Array(0)])), /calls/],
  ["class name", () => decodeCommand(encodeItem([2, [["x".repeat(129), "", [], []]]])), /class\.name/],
  ["two items", () => decodeCommand(joinFrame([encodeItem([4, "12.3"]), encodeItem(1)])), /more than one/],
  [
    "nonce",
    () => decodeHello(encodeItem([1, 1, "client", null, null, "", null, new Uint8Array(8)])),
    /nonce/,
  ],
  ["mac", () => decodeHello(encodeItem([3, new Uint8Array(31)])), /proof\.mac/],
  ["long hello", () => decodeHello(encodeItem([3, new Uint8Array(5_000)])), /too long/],
];

test.each(wrong)("a wrong field is refused by its name: %s", (_, decode, message) => {
  expect(decode).toThrow(BadFrame);
  expect(decode).toThrow(message);
});

test("a hello of another version keeps its version, whatever else it holds", () => {
  expect(decodeHello(encodeItem([1, 2, "new", { x: 1 }]))).toMatchObject({ type: "hello", version: 2 });
});

test("sentences are cut to what decoders take, also in the middle of a character", () => {
  const message = "😀".repeat(5_000);
  const [refused] = decodeServerFrame(
    encodeServer({ type: "openRefused", secretHash: hash, code: "BUSY", message }),
  );
  expect(refused).toMatchObject({ code: "BUSY", message: expect.stringMatching(/^😀+\ufffd?…$/u) });
});
