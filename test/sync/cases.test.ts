/** The cases that mutants must not survive. */
import { test } from "vitest";
import { syncCases } from "./cases.ts";

for (const { name, run } of syncCases) test(name, () => run());
