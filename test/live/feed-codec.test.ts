/** What nodes say of watched objects, as bytes: golden vectors, round trips, and bytes that are wrong. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { inputKinds } from "../../src/shared/object/input.ts";
import { sessionId } from "../../src/shared/object/types.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import { BadFrame } from "../../src/shared/wire/bad-frame.ts";
import {
  decodeCall,
  decodeFeedInputs,
  decodeFeedState,
  encodeFeedInputs,
  encodeFeedState,
  type FeedInputs,
  type FeedState,
} from "../../src/shared/wire/feed-codec.ts";
import { encodeCalls } from "../../src/shared/wire/values.ts";

const session = sessionId("12.3");
const state: FeedState = {
  slot: slot(9),
  version: "2",
  hasDClass: true,
  waiting: [{ session, seq: 4 }],
  table: [
    [0, "", 0, "list", [1]],
    [1, 1, 2, 5, []],
  ],
};
const inputs: FeedInputs = {
  hash: 0xfedcba98,
  slots: [
    {
      context: { slot: slot(10), wall: 1_800_000_000_123, logTime: 250.5, seed: 7 },
      inputs: inputKinds.map((kind, at) => ({
        ...{
          at,
          kind,
          index: 100 + at,
          k: at,
          session,
          user: at === 0 ? "ann" : null,
          seq: at,
          told: at > 1,
        },
        payload:
          kind === "call" ? encodeCalls([{ object: "A/main", method: "f", args: [1] }]) : new Uint8Array(0),
      })),
    },
  ],
};

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

test("golden vectors: a change here is a change of the wire format", () => {
  expect(hex(encodeFeedState(state))).toBe(
    "85096132f581826431322e3304528285006000646c6973748101850101020580",
  );
  expect(hex(encodeFeedInputs(inputs))).toBe(
    "821afedcba9881850afb427a3185c507b000fb406f50000000000007868900001864006431322e3363616e6e00" +
      "f44d818366412f6d61696e616681018901011865016431322e33f601f4408902021866026431322e33f602f540" +
      "8903031867036431322e33f603f5408904041868046431322e33f604f5408905051869056431322e33f605f540",
  );
});

test("what was encoded is decoded", () => {
  expect(decodeFeedState(encodeFeedState(state))).toEqual(state);
  expect(decodeFeedState(encodeFeedState({ ...state, table: null })).table).toBeNull();
  expect(decodeFeedInputs(encodeFeedInputs(inputs))).toEqual(inputs);
  expect(decodeFeedInputs(new Uint8Array(0))).toEqual({ hash: null, slots: [] });
  expect(decodeCall(encodeCalls([{ object: "A/main", method: "f", args: [[1n]] }]))?.args).toEqual([[1n]]);
  expect(decodeCall(new Uint8Array(0))).toBeNull();
});

test("bytes that are wrong are refused by name", () => {
  const wrong = [encodeFeedState(state), encodeFeedInputs(inputs)];
  const decoders = [decodeFeedState, decodeFeedInputs, decodeCall];
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.boolean(), (at, byte, cut) => {
      for (const bytes of wrong) {
        const changed = bytes.slice();
        changed[at % bytes.length] = byte;
        const given = cut ? changed.subarray(0, at % bytes.length) : changed;
        for (const decode of decoders) {
          try {
            decode(given);
          } catch (error) {
            expect(error).toBeInstanceOf(BadFrame);
          }
        }
      }
    }),
    { numRuns: 2_000, seed: 1 },
  );
});
