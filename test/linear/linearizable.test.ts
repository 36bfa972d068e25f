/** The checker itself: histories of which is known what they are, and small ones of which every order can be tried. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Entry, Outcome } from "./history.ts";
import { explain, linearize, type Model } from "./linearizable.ts";
import { counterModel, queueModel, stackModel } from "./models-data.ts";
import { done, entry, error, never, right, unknown, value, wrong } from "./stories.ts";

describe("histories of which is known what they are", () => {
  test.each(right)("right: %s", (_, model, rows) => {
    const verdict = linearize(model, rows.map(entry));
    expect(verdict.type === "linearizable" ? "" : explain(verdict)).toBe("");
  });

  test.each(wrong)("wrong: %s", (_, model, rows) => {
    const verdict = linearize(model, rows.map(entry));
    expect(verdict.type).toBe("violation");
    if (verdict.type === "violation") expect(explain(verdict)).toMatch(/^not linearizable\. .*\n/);
  });
});

/** Every order of every choice of the calls that may not have taken effect. Nothing is clever here. */
function tryAll<S>(model: Model<S>, states: readonly S[], left: readonly Entry[]): boolean {
  if (states.length === 0) return false;
  if (left.every(({ outcome }) => outcome.type === "unknown")) return true;
  return left.some((call) => {
    const others = left.filter((other) => other !== call);
    if (others.some(({ answered }) => answered < call.made)) return false;
    return tryAll(
      model,
      states.flatMap((state) => model.step(state, call)),
      others,
    );
  });
}

type Call = readonly [method: string, arg: number | null, outcome: Outcome];

const queueCalls: readonly Call[] = [
  ["put", 1, done],
  ["put", 2, done],
  ["get", null, value(1)],
  ["get", null, value(2)],
  ["get_nowait", null, error("Empty")],
  ["qsize", null, value(1)],
  ["put", 3, unknown],
  ["get", null, unknown],
];

const stackCalls: readonly Call[] = [
  ["append", 1, done],
  ["append", 2, done],
  ["append", 3, done],
  ["append", 3, unknown],
  ["pop", null, value(1)],
  ["pop", null, value(2)],
  ["pop", null, unknown],
  ["pop", null, error("IndexError")],
  ["get_stack", null, value([1, 2])],
  ["get_stack", null, value([2, 1])],
  ["get_stack", null, value([2, 3])],
  ["get_size", null, value(1)],
];

describe.each([
  ["queue", queueModel(0), queueCalls],
  ["queue for two", queueModel(2), queueCalls],
  ["stack", stackModel, stackCalls],
])("histories of a %s", (_, model, calls) => {
  const somebodysCall = fc.record({
    made: fc.nat(12),
    takes: fc.integer({ min: 1, max: 6 }),
    of: fc.constantFrom(...calls),
  });

  test("the search says what one through every order says", () => {
    const verdicts = { linearizable: 0, violation: 0, undecided: 0 };
    const property = fc.property(fc.array(somebodysCall, { maxLength: 6 }), (made) => {
      const entries = made.map(({ made, takes, of: [method, arg, outcome] }, i) => {
        const answered = outcome.type === "unknown" ? never : made + takes + i / 100;
        return entry([made + i / 100, answered, "a", [method, ...(arg === null ? [] : [arg])], outcome]);
      });
      const { type } = linearize(model, entries);
      verdicts[type]++;
      expect(type === "linearizable").toBe(tryAll(model, [model.initial], entries));
    });
    fc.assert(property, { numRuns: 3_000, seed: 1 });
    expect(verdicts.linearizable).toBeGreaterThan(300);
    expect(verdicts.violation).toBeGreaterThan(300);
  });
});

test("a long history of calls that overlap is decided at once", () => {
  const calls = Array.from({ length: 60 }, (_, i) => entry([i, i + 4.5, "a", ["increment"], done]));
  const read = (n: number) => entry([70, 71, "b", ["getvalue"], value(n)]);
  expect(linearize(counterModel, [...calls, read(60)]).type).toBe("linearizable");
  expect(linearize(counterModel, [...calls, read(59)]).type).toBe("violation");
});

test("many appends at once are in the order that somebody sees much later", () => {
  const items = Array.from({ length: 12 }, (_, i) => (5 * i) % 12);
  const calls = items.map((item) => entry([item / 100, 9, "a", ["append", item], done]));
  const others = [
    entry([0, never, "b", ["append", 100], unknown]),
    entry([0, never, "b", ["pop"], unknown]),
    entry([10, 11, "b", ["get_size"], value(12)]),
  ];
  const look = (...seen: readonly number[]) => entry([20, 21, "b", ["get_stack"], value(seen)]);
  expect(linearize(stackModel, [...calls, ...others, look(...items)]).type).toBe("linearizable");
  expect(linearize(stackModel, [...calls, ...others, look(1, ...items.slice(1))]).type).toBe("violation");
});
