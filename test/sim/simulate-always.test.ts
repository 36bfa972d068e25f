/** `always` of `simulate`: what it sees, and that it changes nothing. */
import { describe, expect, test } from "vitest";
import { simulate } from "./users.ts";

class Counter {
  value = 0;

  increment(): number {
    this.value++;
    return this.value;
  }
}

describe("always", () => {
  test("sees every object after what was executed, on every replica", async () => {
    const seen: number[] = [];
    const options = { seed: 1, faults: false, always: ({ value }: Counter) => void seen.push(value) };
    await simulate(Counter, options, async (counter) => {
      await counter.increment();
    });
    // Three replicas saw the last state; what was executed together is seen together.
    expect(seen.filter((value) => value === 3).length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...seen)).toBe(3);
  });

  test("cannot change what it sees", async () => {
    const always = (counter: Counter) => void counter.increment();
    const run = simulate(Counter, { seed: 1, faults: false, always }, async (counter) => {
      await counter.increment();
    });
    await expect(run).rejects.toThrow(/always must change nothing: it tried to set value/);
  });

  test("sees objects with private members and maps, too", async () => {
    class Hidden {
      readonly names = new Map<string, number>();
      #sum = 0;
      add(name: string): void {
        this.names.set(name, ++this.#sum);
      }
      sum(): number {
        return this.#sum;
      }
      toSnapshot() {
        return { names: this.names, sum: this.#sum };
      }
      static fromSnapshot({ names, sum }: { names: Map<string, number>; sum: number }): Hidden {
        const hidden = new Hidden();
        for (const [name, n] of names) hidden.names.set(name, n);
        hidden.#sum = sum;
        return hidden;
      }
    }
    const always = (hidden: Hidden) => {
      expect(hidden.names.size).toBe(hidden.sum());
      expect([...hidden.names.values()]).toEqual(Array.from({ length: hidden.sum() }, (_, i) => i + 1));
    };
    await simulate(Hidden, { seed: 1, seeds: 10, always }, async (hidden, { id }) => {
      for (let i = 0; i < 20; i++) await hidden.add(`${id}.${i}`);
    });
  });
});
