import fc from "fast-check";
import { expect, test } from "vitest";
import { joinBatch, splitBatch } from "../../src/shared/paxos/batch.ts";

test("what was joined is split again", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 300 })), (commands) => {
      expect(splitBatch(joinBatch(commands)).map((c) => [...c])).toEqual(commands.map((c) => [...c]));
    }),
  );
});

test("no body makes it do anything but split or throw RangeError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (body) => {
      try {
        expect(joinBatch(splitBatch(body))).toEqual(body);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});

test.each([[[0, 0, 0]], [[0, 0, 0, 1]], [[0, 0, 0, 1, 7, 0]], [[0xff, 0xff, 0xff, 0xff, 1]]])(
  "%j is malformed",
  (bytes) => {
    expect(() => splitBatch(new Uint8Array(bytes))).toThrow(RangeError);
  },
);
