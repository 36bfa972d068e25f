/** Locks in simulated clusters, under every fault: whatever fails, two programs never hold one at once. */
import { expect, test } from "vitest";
import { simulate } from "../../src/node/testing.ts";
import { hold } from "../../src/shared/client/index.ts";
import { Lock } from "../../src/shared/object/library/lock.ts";
import { Semaphore } from "../../src/shared/object/library/semaphore.ts";

const seeds = Array.from({ length: 20 }, (_, i) => i + 1);

test.each(seeds)("one holder at a time, with tokens that rise: seed %i", async (seed) => {
  const tokens: number[] = [];
  let inside = 0;
  await simulate(Lock, { seed, faults: true }, async (lock, { random, sleep }) => {
    for (let i = 0; i < 3; i++) {
      await using held = await hold(lock);
      expect(++inside).toBe(1);
      tokens.push(held.token);
      await sleep(random() * 200);
      expect(held.signal.aborted).toBe(false);
      inside--;
    }
  });
  expect(tokens).toHaveLength(9);
  expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
});

test("a semaphore lets in as many as it has permits, and loses none", async () => {
  let inside = 0;
  let most = 0;
  await simulate(
    Semaphore,
    { seeds: 15, clients: 5, faults: true },
    async (semaphore, { id, random, sleep }) => {
      if (id === 0) await semaphore.release();
      for (let i = 0; i < 3; i++) {
        await semaphore.acquire();
        most = Math.max(most, ++inside);
        expect(inside).toBeLessThanOrEqual(2);
        await sleep(random() * 100);
        inside--;
        await semaphore.release();
      }
    },
  );
  expect([inside, most]).toEqual([0, 2]);
});
