/** Members, snapshots, code and state agreement: tables and cases, each a test. */
import { expect, test } from "vitest";
import { serverCases } from "./cases.ts";

test("no two cases are of one name", () => {
  const names = serverCases.map((c) => c.name);
  expect(new Set(names).size).toBe(names.length);
});

for (const { name, run } of serverCases) test(name, () => run());
