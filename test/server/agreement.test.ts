import { describe, expect, test } from "vitest";
import { agreementCases } from "./agreement-table.ts";

describe("state agreement", () => {
  test.each(agreementCases)("$name", ({ run }) => {
    expect(run).not.toThrow();
  });
});
