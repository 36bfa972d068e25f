import { expect, test } from "vitest";
import { fraction, sfc32 } from "../../src/shared/object/random.ts";
import { calls, Log, registryOf, shown } from "./machine.ts";

class Clockwork {
  seen: unknown[] = [];
  time(): unknown {
    const made = new Date();
    class Later extends Date {}
    return {
      now: Date.now(),
      made: made.getTime(),
      text: Date(),
      instance: made instanceof Date && new Date(5) instanceof Date,
      later: new Later().getTime(),
      given: new Date(5).getTime(),
      parts: new Date(2000, 0, 2).getDate(),
      utc: Date.UTC(1970, 0, 1),
      performance: performance.now(),
    };
  }
  chance(): unknown {
    const bytes = crypto.getRandomValues(new Uint16Array(3));
    const drawn = [Math.random(), crypto.randomUUID(), [...bytes]];
    this.seen.push(drawn);
    return drawn;
  }
  outsider(date: Date): boolean {
    return date instanceof Date;
  }
  fail(): void {
    throw new Error(String(Math.random()));
  }
  vandalize(): void {
    Math.random = () => 4;
    Reflect.set(globalThis, "Date", class extends Date {});
  }
}

const real = {
  date: Date,
  now: Date.now,
  random: Math.random,
  uuid: crypto.randomUUID,
  clock: performance.now,
};

function restored(): boolean {
  return (
    Date === real.date &&
    Date.now === real.now &&
    Math.random === real.random &&
    crypto.randomUUID === real.uuid &&
    performance.now === real.clock
  );
}

function run(log: Log, ...methods: readonly string[]): unknown[] {
  const session = log.open(log.machine.executed);
  const list = methods.map((method) => ({ object: "Clockwork/main", method, args: [] }));
  return log.apply(calls(session, 1, list)).answers.map((a) => shown(a.outcome));
}

test("inside a method Date and performance tell the agreed time", () => {
  const log = new Log(registryOf(Clockwork));
  log.wall = 1_834_567_890_123;
  const [time] = run(log, "time");
  expect(time).toEqual({
    value: {
      now: log.wall,
      made: log.wall,
      text: new Date(log.wall).toString(),
      instance: true,
      later: log.wall,
      given: 5,
      parts: 2,
      utc: 0,
      performance: log.at,
    },
  });
  expect(restored()).toBe(true);
});

test("wall time never goes back", () => {
  const log = new Log(registryOf(Clockwork));
  const later = log.wall;
  run(log, "time");
  log.wall -= 60_000;
  expect(run(log, "time")).toMatchObject([{ value: { now: later } }]);
});

test("chance follows from the seed and the place in the proposal alone", () => {
  const [a, b] = [new Log(registryOf(Clockwork)), new Log(registryOf(Clockwork))];
  const first = run(a, "chance", "chance", "time", "chance");
  expect(run(b, "chance", "chance", "time", "chance")).toEqual(first);
  const drawn = [first[0], first[1], first[3]].map((d) => JSON.stringify(d));
  expect(new Set(drawn).size).toBe(3);
  // The third stream does not depend on what the first two drew.
  const c = new Log(registryOf(Clockwork));
  expect(run(c, "time", "time", "time", "chance")[3]).toEqual(first[3]);
  const d = new Log(registryOf(Clockwork));
  d.seed = 8;
  expect(run(d, "chance")[0]).not.toEqual(first[0]);
  expect(JSON.stringify(first[0])).toMatch(
    /"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"/,
  );
});

test("the real ones are back after a throw, and after a method that exchanged them itself", () => {
  const log = new Log(registryOf(Clockwork));
  expect(run(log, "fail")).toMatchObject([{ error: { name: "Error" } }]);
  expect(restored()).toBe(true);
  run(log, "vandalize");
  expect(restored()).toBe(true);
  expect(run(log, "chance")).not.toMatchObject([{ value: [4] }]);
});

test("dates from outside are dates inside", () => {
  const log = new Log(registryOf(Clockwork));
  const session = log.open();
  expect(shown(log.call(session, "Clockwork/main", "outsider", new Date(3)))).toEqual({ value: true });
});

test("the dice spread evenly", () => {
  const dice = sfc32(0, 0);
  const buckets = new Array<number>(16).fill(0);
  let sum = 0;
  for (let i = 0; i < 64_000; i++) {
    const x = fraction(dice);
    expect(x >= 0 && x < 1).toBe(true);
    sum += x;
    const bucket = Math.floor(x * 16);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  expect(sum / 64_000).toBeCloseTo(0.5, 2);
  for (const n of buckets) expect(Math.abs(n - 4_000)).toBeLessThan(300);
});
