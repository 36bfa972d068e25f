/** Who may do what: tables and cases, each a test. */
import { test } from "vitest";
import { securityCases } from "./cases.ts";

for (const { name, run } of securityCases) test(name, () => run());
