/** The commonest shape by hand: it reads and writes what the general way does, or leaves it to that. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { argumentsBytesMax, frameBytesMax } from "../../src/shared/limits.ts";
import { type Calls, seq, sessionId } from "../../src/shared/object/types.ts";
import { decodeClientFrame } from "../../src/shared/wire/client-codec.ts";
import { decodeItem, decodeTagged, encodeItem, joinFrame, room } from "../../src/shared/wire/codec.ts";
import { decodeCommand, encodeCommand } from "../../src/shared/wire/command-codec.ts";
import { quickCall, quickCalls } from "../../src/shared/wire/quick-read.ts";
import { writeCalls, writeCommandMessage } from "../../src/shared/wire/quick-write.ts";
import { decodeCalls, encodeCalls } from "../../src/shared/wire/values.ts";
import { sendableJson } from "../sendable.ts";

const numbers = fc.oneof(
  fc.constantFrom(1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32),
  fc.nat(),
);
const commands: fc.Arbitrary<Calls> = fc.record({
  type: fc.constant("calls" as const),
  session: fc
    .tuple(fc.integer({ min: 1, max: 2 ** 40 }), fc.nat({ max: 99_999 }))
    .map((id) => sessionId(id.join("."))),
  firstSeq: numbers.map((n) => seq(Math.max(1, n))),
  n: fc.integer({ min: 1, max: 1_000 }),
  ackedSeq: numbers.map(seq),
  ackedLate: fc.oneof(fc.constant([]), fc.array(numbers.map(seq), { maxLength: 3 })),
  payload: fc.uint8Array({ maxLength: 300 }),
});

/** As the CBOR library writes it. */
function general(c: Calls): Uint8Array {
  return encodeItem([1, c.session, c.firstSeq, c.n, c.ackedSeq, c.ackedLate, c.payload]);
}

/** A few bytes changed, added or cut off. */
const damages = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
  minLength: 1,
  maxLength: 3,
});
function damaged(bytes: Uint8Array, damage: readonly (readonly [number, number])[], cut: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (const [at, byte] of damage) copy[at % copy.length] = byte;
  return copy.subarray(0, copy.length - (cut % 3));
}

describe("commands of calls", () => {
  test("are written as the library writes them, and read back", () => {
    fc.assert(
      fc.property(commands, (c) => {
        const written = writeCalls(c);
        const isRare = c.ackedLate.length > 0 || Math.max(c.firstSeq, c.ackedSeq) >= 2 ** 32;
        expect(written === null).toBe(isRare);
        if (written !== null) expect([...written]).toEqual([...general(c)]);
        expect(decodeCommand(encodeCommand(c))).toEqual(c);
        expect(decodeCommand(general(c))).toEqual(c);
      }),
    );
  });

  test("are read only where the library reads the same", () => {
    fc.assert(
      fc.property(commands, damages, fc.nat(), (c, damage, cut) => {
        const bytes = damaged(general(c), damage, cut);
        const quick = quickCalls(bytes);
        if (quick === null) return;
        const fields = [1, quick.session, quick.firstSeq, quick.n, quick.ackedSeq, [], quick.payload];
        expect(decodeItem(bytes)).toEqual(fields);
      }),
      { numRuns: 2_000 },
    );
  });
});

const texts = fc.oneof(
  fc.constantFrom("Counter/main", "increment", "naïve", ""),
  fc.string({ maxLength: 140 }),
);
/** Names that no class can have are refused without a look at the arguments (values.ts). */
const names = texts.filter((text) => !/^(_|constructor$|__proto__)/.test(text));
const calls = fc.record({ object: names, method: names, args: fc.array(sendableJson, { maxLength: 3 }) });

describe("a call", () => {
  test("is read as among others", () => {
    fc.assert(
      fc.property(calls, (call) => {
        expect(decodeCalls(encodeCalls([call]), 1)).toEqual([call]);
      }),
    );
  });

  test("is read only where the library reads the same", () => {
    fc.assert(
      fc.property(calls, damages, fc.nat(), (call, damage, cut) => {
        const bytes = damaged(encodeCalls([call]), damage, cut);
        const quick = quickCall(bytes);
        const item = general1(bytes);
        if (quick === null || item === null) return;
        expect(item.slice(0, 2)).toEqual([quick.object, quick.method]);
        expect(item[2]).toEqual(decodeTagged(quick.args, 1));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** The one call of a payload by the library; null when it is none. */
function general1(bytes: Uint8Array): readonly unknown[] | null {
  try {
    const [item] = decodeTagged(bytes, 3) as readonly unknown[];
    return item as readonly unknown[];
  } catch {
    return null;
  }
}

describe("frames of commands", () => {
  test("are read with other messages behind and between", () => {
    const command = (n: number) => Uint8Array.from({ length: n }, (_, i) => i & 255);
    const sizes = [0, 1, 23, 24, 255, 256, 70_000, argumentsBytesMax];
    for (const size of sizes) {
      const written = writeCommandMessage(command(size), room);
      expect([...written]).toEqual([...encodeItem([3, command(size)])]);
      const ping = encodeItem([6]);
      const frame = joinFrame([written, written, ping, written]);
      const types = decodeClientFrame(frame).map(({ type }) => type);
      expect(types).toEqual(["command", "command", "ping", "command"]);
      const [first] = decodeClientFrame(joinFrame([written]));
      expect(first).toEqual({ type: "command", bytes: command(size) });
    }
  });

  test("refuse a frame that is too long", () => {
    const part = writeCommandMessage(new Uint8Array(frameBytesMax / 8), room);
    const frame = joinFrame(Array.from({ length: 8 }, () => part));
    expect(() => decodeClientFrame(frame)).toThrow("too long");
  });

  test("refuse what is cut off, and an empty frame", () => {
    const written = writeCommandMessage(Uint8Array.of(1, 2, 3), room);
    for (let n = 0; n < written.length; n++)
      expect(() => decodeClientFrame(written.slice(0, n)), String(n)).toThrow(RangeError);
  });
});
