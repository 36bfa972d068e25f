/** Locks that programs hold: two of them never hold one at once (holders.ts says what that means). */
import { expect, test } from "vitest";
import { type Figures, tryHolders } from "./holders.ts";
import { eachSeed, isUsual, seeds, timeout } from "./seeds.ts";

test("no two programs hold a lock", { timeout }, async () => {
  const worlds = await eachSeed("holders", "no two programs hold a lock", tryHolders);
  const sum = (of: keyof Figures) => worlds.reduce((all, world) => all + world[of], 0);
  const keys = ["holds", "lost", "together", "refused", "deaths", "double"] as const;
  const figures = Object.fromEntries(keys.map((key) => [key, sum(key)]));
  if (!isUsual) console.log(JSON.stringify({ worlds: seeds.length, ...figures }));
  expect(sum("double")).toBe(0);
  if (!isUsual) return;
  // Programs did lose their locks without knowing, and others went on.
  expect(sum("holds")).toBeGreaterThan(10 * worlds.length);
  expect(sum("together")).toBeGreaterThan(worlds.length);
  expect(sum("refused")).toBeGreaterThan(0.5 * worlds.length);
  expect(sum("deaths")).toBeGreaterThan(0.2 * worlds.length);
});
