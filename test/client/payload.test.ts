/** Payloads that the client puts together decode as what was called. */
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  encodeArguments,
  joinParts,
  type Part,
  partLength,
  target,
} from "../../src/shared/client/payload.ts";
import { decodeCalls } from "../../src/shared/wire/values.ts";
import { sendableJson } from "../sendable.ts";

const names = ["Counter/main", "Counter/visits", "Größe/ß", `Long/${"x".repeat(128)}`];
const methods = ["increment", "get", "m".repeat(128)];

it("decodes to the same calls", () => {
  const targets = names.flatMap((object) => methods.map((method) => target(object, method)));
  const part = fc.record({
    target: fc.constantFrom(...targets),
    args: fc.array(sendableJson, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 300 }), (calls) => {
      const parts: Part[] = calls.map((c) => ({ target: c.target, args: encodeArguments(c.args) }));
      const bytes = joinParts(parts);
      expect(bytes.length).toBeLessThanOrEqual(3 + parts.reduce((sum, p) => sum + partLength(p), 0));
      expect(decodeCalls(bytes, calls.length)).toEqual(
        calls.map(({ target: { object, method }, args }) => ({ object, method, args })),
      );
    }),
    { numRuns: 50 },
  );
});

it.each([1, 23, 24, 255, 256, 1_000])("holds %i calls, and names a method once in a row", (n) => {
  const to = target("Counter/main", "increment");
  const bytes = joinParts(Array.from({ length: n }, () => ({ target: to, args: encodeArguments([]) })));
  expect(decodeCalls(bytes, n)).toHaveLength(n);
  expect(bytes.length).toBeLessThan(30 + 4 * n);
});
