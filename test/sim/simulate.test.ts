/** `simulate`: what it finds in classes and programs of users, and that a seed always gives the same run. */
import { describe, expect, test } from "vitest";
import { type Calls, ConcoordError, invocation, session, simulate, within } from "./users.ts";

/** Of simulated time, ms. */
const oneSecond = 1_000;

class Counter {
  static reads = ["getvalue"];
  value = 0;

  increment(): number {
    this.value++;
    return this.value;
  }

  getvalue(): number {
    return this.value;
  }
}

/** Why a simulation failed. */
async function failureOf(run: Promise<unknown>): Promise<Error> {
  const error = await run.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (error instanceof Error) return error;
  throw new Error("the simulation found nothing");
}

function lastLine({ message }: Error): string {
  return message.split("\n").at(-1) ?? "";
}

describe("a class that is right", () => {
  test("passes with all kinds of faults", async () => {
    const told: number[] = [];
    const result = await simulate(Counter, { seed: 1, seeds: 20 }, async (counter) => {
      for (let i = 0; i < 10; i++) told.push(await counter.increment());
      const now = await counter.getvalue();
      expect(now).toBeGreaterThanOrEqual(10);
    });
    expect(result).toMatchObject({ seeds: 20, calls: 20 * 30 });
    expect(result.failovers).toBeGreaterThan(5);
    expect(told.length).toBe(20 * 30);
    // Each seed answered each number once.
    for (let n = 1; n <= 30; n++) expect(told.filter((value) => value === n).length).toBe(20);
  });

  test("passes without faults, and then nobody else takes the lead", async () => {
    const options = { seed: 5, seeds: 5, faults: false, replicas: 5, clients: 2 } as const;
    const result = await simulate(Counter, options, async (counter) => {
      await counter.increment();
    });
    expect(result).toEqual({ seeds: 5, calls: 10, failovers: 0 });
  });

  test("may use a session, several objects, and calls that are given up", async () => {
    const options = { seed: 1, seeds: 5, clients: 2 };
    await simulate(Counter, options, async (counter, { id }) => {
      const own = counter[session].object(Counter, `own${id}`);
      let certain = 0;
      for (let i = 0; i < 5; i++) {
        try {
          await within(own, { timeout: 50 }).increment();
          certain++;
        } catch (error) {
          if (!(error instanceof ConcoordError)) throw error;
          if (error.executed === "unknown") return;
        }
      }
      expect(await own.getvalue()).toBe(certain);
    });
  });
});

/** Counts an order twice that is repeated after another one. */
class Shop {
  readonly orders: string[] = [];
  last = "";

  order(id: string): void {
    if (id !== this.last) this.orders.push(id);
    this.last = id;
  }
}

async function order(shop: Calls<Shop>, id: string): Promise<void> {
  for (;;) {
    try {
      return await within(shop, { timeout: 100 }).order(id);
    } catch (error) {
      if (!(error instanceof ConcoordError && error.retryable)) throw error;
    }
  }
}

function onceEach({ orders }: { readonly orders: readonly string[] }): void {
  if (new Set(orders).size < orders.length) throw new RangeError(`twice: ${orders.join(" ")}`);
}

describe("what is wrong fails, with the line that replays it", () => {
  const shop = (seed: number, seeds: number) =>
    simulate(Shop, { seed, seeds, always: onceEach }, async (proxy, { id }) => {
      for (let i = 0; i < 5; i++) await order(proxy, `${id}.${i}`);
    });

  test("a class that forgets, when calls are repeated after failures", async () => {
    const error = await failureOf(shop(1, 40));
    expect(lastLine(error)).toMatch(/^replay: simulate\(Shop, \{ seed: \d+, … \}, …\)$/);
    expect(error.cause).toBeInstanceOf(RangeError);
    const seed = Number(/seed: (\d+)/.exec(lastLine(error))?.[1]);
    const again = await failureOf(shop(seed, 1));
    expect(again.message).toBe(error.message);
  });

  test("a program that rejects", async () => {
    const run = simulate(
      Counter,
      { seed: 3, replicas: 1, clients: 1, faults: ["crash"] },
      async (counter) => {
        await counter.increment();
        expect(await counter.getvalue()).toBe(2);
      },
    );
    const error = await failureOf(run);
    expect(error.message).toMatch(/^Counter failed with seed 3, with the faults crash: AssertionError: /);
    expect(lastLine(error)).toBe(
      'replay: simulate(Counter, { seed: 3, replicas: 1, clients: 1, faults: ["crash"], … }, …)',
    );
  });

  test("a program that never ends", async () => {
    const run = simulate(Counter, { seed: 1, faults: false }, async (counter, { id }) => {
      await counter.increment();
      if (id === 1) await new Promise(() => undefined);
    });
    expect((await failureOf(run)).message).toMatch(/client 1 has not ended 300 simulated seconds after/);
  });

  test("replicas that differ", async () => {
    let ofTheProcess = 0;
    class Leaky {
      next(): number {
        return ofTheProcess++;
      }
    }
    const run = simulate(Leaky, { seed: 1, faults: false }, async (leaky) => {
      await leaky.next();
    });
    expect((await failureOf(run)).message).toMatch(/P5: different outcomes .* \(docs\/determinism\.md/);
  });

  test("a state that no snapshot can hold", async () => {
    class Listening {
      listener: (() => void) | null = null;
      listen(): void {
        this.listener = () => undefined;
      }
    }
    const run = simulate(Listening, { seed: 1, faults: false }, async (object) => {
      await object.listen();
    });
    expect((await failureOf(run)).message).toMatch(/Listening\/main: field listener is a function/);
  });

  test("what cannot be run at all", async () => {
    class Later {
      async get(): Promise<void> {
        return;
      }
    }
    await expect(simulate(Later, {}, async () => undefined)).rejects.toThrow(/methods must be synchronous/);
    const wrong = [{ replicas: 0 }, { clients: 1.5 }, { seeds: -1 }, { seed: -1 }, { seed: 2 ** 32 }];
    for (const options of wrong)
      await expect(simulate(Counter, options, async () => undefined)).rejects.toThrow(RangeError);
    // @ts-expect-error there is no such fault
    const faulty = simulate(Counter, { faults: ["rain"] }, async () => undefined);
    await expect(faulty).rejects.toThrow(/"rain" is none of crash, /);
  });
});

describe("snapshots", () => {
  class Job {
    readonly owner: string;
    constructor(owner: string) {
      this.owner = owner;
    }
    isOf(owner: string): boolean {
      return this.owner === owner;
    }
  }
  class Jobs {
    readonly jobs: Job[] = [];
    add(): number {
      this.jobs.push(new Job(invocation().session));
      return this.jobs.filter((job) => job.isOf(invocation().session)).length;
    }
  }

  test("bring back instances of nested classes", async () => {
    await simulate(Jobs, { seed: 1, seeds: 10, faults: ["snapshot", "crash", "wipe"] }, async (jobs) => {
      for (let i = 1; i <= 30; i++) expect(await jobs.add()).toBe(i);
    });
  });
});

describe("client", () => {
  test("has chance and time that follow from the seed, also in Date and Math.random", async () => {
    const real = { Date, random: Math.random };
    const runs: unknown[] = [];
    const once = async () => {
      const told: unknown[] = [];
      await simulate(Counter, { seed: 7, clients: 2 }, async (counter, { id, random, sleep, world }) => {
        const before = world.now;
        await sleep(oneSecond);
        expect(world.now - before).toBeGreaterThanOrEqual(oneSecond);
        const now = world.now;
        for (let i = 0; i < 500; i++) await Promise.resolve();
        expect(world.now, "what needs no call takes no time").toBe(now);
        const n = await counter.increment();
        told.push([id, n, random(), Math.random(), Date.now(), new Date(), crypto.randomUUID(), world.now]);
      });
      runs.push(told);
    };
    await once();
    await once();
    expect(runs[0]).toEqual(runs[1]);
    expect(String(runs[0])).toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/);
    expect({ Date, random: Math.random }).toEqual(real);
    const wrong = simulate(Counter, { seed: 7 }, async (_, { sleep }) => sleep(-1));
    await expect(wrong).rejects.toThrow(/RangeError: sleep: milliseconds from 0, not -1/);
  });

  test("steers the world", async () => {
    const leaders: (number | null)[] = [];
    const options = { seed: 1, clients: 1, faults: false } as const;
    const result = await simulate(Counter, options, async (counter, { sleep, world }) => {
      const first = world.leader();
      leaders.push(first);
      if (first === null) throw new Error("nobody leads");
      world.kill(first);
      expect(await counter.increment()).toBe(1);
      const second = world.leader();
      leaders.push(second);
      if (second === null) throw new Error("nobody leads");
      world.restart(first);
      await sleep(oneSecond * 3);
      const third = [0, 1, 2].find((i) => i !== first && i !== second) as number;
      world.cut(second, first);
      world.cut(second, third);
      await sleep(oneSecond * 5);
      expect(world.leader()).not.toBe(second);
      world.heal();
      expect(await counter.increment()).toBe(2);
      expect(() => world.kill(3)).toThrow(RangeError);
      expect(() => world.cut(0, 0)).toThrow(RangeError);
    });
    expect(leaders[0]).not.toBe(leaders[1]);
    expect(result.failovers).toBeGreaterThanOrEqual(2);
  });

  test("waits for ever when it killed a majority itself", async () => {
    const run = simulate(Counter, { seed: 1, clients: 1, faults: false }, async (counter, { world }) => {
      world.kill(0);
      world.kill(1);
      await counter.increment();
    });
    expect((await failureOf(run)).message).toMatch(/client 0 has not ended/);
  });
});
