/** 2,000 seeds of the simulation; `npm run sim -- --seeds N` runs more. */
import { describe, expect, it } from "vitest";
import { runSeed } from "../src/shared/sim/run.ts";

const seedsEach = 100;
const groups = 20;

describe("simulated clusters keep their promises", () => {
  it.each(Array.from({ length: groups }, (_, i) => 1 + i * seedsEach))("100 seeds from %i", async (from) => {
    const broken: string[] = [];
    let calls = 0;
    for (let seed = from; seed < from + seedsEach; seed++) {
      const result = await runSeed(seed);
      calls += result.calls;
      if (result.error !== null) {
        broken.push(`${result.error.message}: npm run sim -- --seed ${seed} --trace`);
      }
    }
    expect(broken).toEqual([]);
    expect(calls).toBeGreaterThan(0);
  });
});

describe("a seed", () => {
  it("always gives the same run", async () => {
    const lines = async () => {
      const trace: string[] = [];
      await runSeed(8, (at, who, what) => trace.push(`${at} ${who} ${what}`));
      return trace;
    };
    const first = await lines();
    expect(first.length).toBeGreaterThan(100);
    expect(await lines()).toEqual(first);
  });
});
