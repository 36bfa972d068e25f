/** Tables, golden scripts and the sentences of the paper, each a test. */
import { expect, test } from "vitest";
import { allCases } from "./cases.ts";

test("there are cases, and no two of one name", () => {
  const names = allCases.map((c) => c.name);
  expect(names.length).toBeGreaterThan(60);
  expect(new Set(names).size).toBe(names.length);
});

for (const { name, run } of allCases) test(name, () => run());
