/** What must hold of a client, each case a test. */
import { test } from "vitest";
import { clientCases } from "./cases.ts";

for (const { name, run } of clientCases) test(name, () => run());
