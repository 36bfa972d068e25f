/** No bytes, however broken, make a decoder throw anything but BadFrame, hang, or touch a prototype. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { BadFrame } from "../../src/shared/wire/bad-frame.ts";
import {
  decodeClientFrame,
  decodeServerFrame,
  encodeClient,
  encodeServer,
} from "../../src/shared/wire/client-codec.ts";
import { decodeCommand, encodeCommand } from "../../src/shared/wire/command-codec.ts";
import { decodeHello, encodeHello } from "../../src/shared/wire/hello-codec.ts";
import { decodeWrite, encodeWrite } from "../../src/shared/wire/log-codec.ts";
import { decodePeerFrame, encodePeer } from "../../src/shared/wire/peer-codec.ts";
import {
  decodeCalls,
  decodeError,
  decodeValue,
  encodeCalls,
  encodeValue,
} from "../../src/shared/wire/values.ts";
import * as samples from "./samples.ts";

const millisMax = 50;
const decoders: readonly ((bytes: Uint8Array) => unknown)[] = [
  decodePeerFrame,
  decodeClientFrame,
  decodeServerFrame,
  decodeHello,
  decodeCommand,
  decodeWrite,
  decodeValue,
  decodeError,
  (bytes) => decodeCalls(bytes, 1),
];

const values = [
  { a: [1, -0, "\uFEFF", 1n << 70n], b: new Map<unknown, unknown>([[1, new Set(["x"])]]) },
  [new Date(5), new Float64Array(3), new ArrayBuffer(4), { deep: { deeper: [undefined, null] } }],
];
const encoded: readonly Uint8Array[] = [
  ...samples.peers.map(encodePeer),
  ...samples.clients.map(encodeClient),
  ...samples.servers.map(encodeServer),
  ...samples.hellos.map(encodeHello),
  ...samples.commands.map(encodeCommand),
  ...samples.writes.map(encodeWrite),
  ...values.map(encodeValue),
  encodeCalls([{ object: "Counter/main", method: "increment", args: values }]),
];

function survives(bytes: Uint8Array): void {
  for (const decode of decoders) {
    const started = performance.now();
    try {
      decode(bytes);
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
    }
    const took = performance.now() - started;
    // The machine may stop us for a moment: only what is slow again counts.
    if (took > millisMax) expect(again(decode, bytes)).toBeLessThan(millisMax);
  }
}

function again(decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const started = performance.now();
    try {
      decode(bytes);
    } catch (error) {
      if (!(error instanceof BadFrame)) throw error;
    }
    best = Math.min(best, performance.now() - started);
  }
  return best;
}

test("random bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 0, maxLength: 300, size: "max" }), survives), {
    numRuns: 3_000,
  });
});

test("real messages with some bytes changed", () => {
  const change = fc.tuple(fc.nat(400), fc.nat(255));
  fc.assert(
    fc.property(
      fc.constantFrom(...encoded),
      fc.array(change, { minLength: 1, maxLength: 4 }),
      (bytes, changes) => {
        const broken = bytes.slice();
        for (const [at, to] of changes) broken[at % broken.length] = to;
        survives(broken);
      },
    ),
    { numRuns: 5_000 },
  );
});

test("every single byte of every message replaced by telling ones", () => {
  for (const bytes of encoded)
    for (let at = 0; at < bytes.length; at++)
      for (const to of [0x00, 0x1b, 0x3b, 0x5f, 0x9b, 0xbb, 0xc2, 0xd9, 0xf7, 0xff]) {
        const broken = bytes.slice();
        broken[at] = to;
        survives(broken);
      }
});

test("large and nested input is refused or read quickly, and no prototype is touched", () => {
  const million = new Uint8Array(1_000_006).fill(0x80);
  million.set([0x9a, 0x00, 0x0f, 0x42, 0x41]);
  survives(million);
  survives(new Uint8Array(1_000_000).fill(0x81));
  survives(new Uint8Array(100_000).fill(0xa0));
  survives(new Uint8Array(9_000_000));
  expect(Object.keys(Object.prototype)).toStrictEqual([]);
  expect(({} as Record<string, unknown>)["polluted"]).toBe(undefined);
});
