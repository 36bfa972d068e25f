/** A seed of `simulate` gives the same run, event by event. */
import { expect, test } from "vitest";
import { simulationHost } from "../../src/node/simulation-host.ts";
import { createSimulate } from "../../src/shared/sim/simulate.ts";

class Journal {
  readonly lines: string[] = [];

  add(line: string): number {
    this.lines.push(`${line} ${Date.now()} ${Math.random()}`);
    return this.lines.length;
  }
}

async function tracesOf(seed: number): Promise<readonly string[]> {
  const lines: string[] = [];
  const trace = (at: number, who: string, what: string) => void lines.push(`${at} ${who} ${what}`);
  const simulate = createSimulate({ ...simulationHost, trace });
  await simulate(Journal, { seed }, async (journal, { id, random, sleep }) => {
    const deep = async (n: number): Promise<number> => (n === 0 ? random() : deep(n - 1));
    for (let i = 0; i < 10; i++) {
      // Chains of different lengths.
      await sleep((await deep(1 + Math.floor(Math.random() * 100))) * 10);
      await Promise.all([journal.add(`${id}.${i}`), journal.add("again")]);
    }
  });
  return lines;
}

test.each([1, 2, 3, 4, 5])("seed %i", async (seed) => {
  const first = await tracesOf(seed);
  expect(first.length).toBeGreaterThan(500);
  expect(await tracesOf(seed)).toEqual(first);
});
