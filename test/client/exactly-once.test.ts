/**
 * Links that break at random: every call is executed once or, where the client says so, not at all, and every read sees
 * all calls that were made before it.
 */
import { describe, expect, it } from "vitest";
import { ConcoordError, local, session, within } from "../../src/shared/client/index.ts";
import { FakeCluster } from "./fake-cluster.ts";
import type { FakeNode } from "./fake-node.ts";
import { watch } from "./world.ts";

interface Counter {
  increment(mark: number): number;
  block(): string;
  getvalue(): number;
}

type Result = { readonly value: unknown } | { readonly error: unknown };

const firstSeed = Number(process.env["SEED"] ?? 1);
const seeds = Number(process.env["SEEDS"] ?? (process.env["SEED"] === undefined ? 300 : 1));

/** Does one thing to the world. */
function trouble(world: FakeCluster, dice: (n: number) => number): void {
  const node = world.node(dice(world.nodes.length));
  switch (dice(12)) {
    case 0:
    case 1:
    case 2:
      return node.cut();
    case 3:
      return node.down();
    case 4:
      node.hung = true;
      return;
    case 5:
      node.stuck = true;
      return;
    case 6:
      return world.lead(dice(world.nodes.length + 1) - 1);
    case 7:
      node.busy = dice(6);
      world.reads.busy = dice(6);
      return;
    case 8:
      world.quorum = false;
      return;
    case 9:
      world.heal();
      return;
    case 10:
      return world.release();
    default:
      revive(node);
      world.reads.look();
  }
}

/** What was sent while it hung is lost, and links lose nothing without breaking. */
function revive(node: FakeNode): void {
  const lossy = node.hung;
  Object.assign(node, { up: true, hung: false, stuck: false, busy: 0 });
  if (lossy) node.cut();
}

function calm(world: FakeCluster): void {
  for (const node of world.nodes) revive(node);
  world.heal();
  world.lead(0);
}

async function run(seed: number): Promise<void> {
  const world = new FakeCluster(seed);
  const dice = (n: number) => world.clock.dice() % n;
  world.delay = () => 1 + dice(10);
  world.repeats = 1 + dice(2);
  const proxy = ([3, 3, 3, 1, 0] as const)[dice(5)] ?? 3;
  const counter = world.client().connect<Counter>("Counter", world.boot, { proxy });
  const results = new Map<number, Result>();
  const blocked: Result[] = [];
  let blocks = 0;
  /** Up to which mark calls were made before it, and what it saw. */
  const reads: Promise<{ readonly before: number; readonly value: number }>[] = [];
  const calls = 60 + dice(60);
  for (let mark = 0; mark < calls; mark++) {
    if (proxy !== 0 && dice(12) === 0) {
      blocks++;
      counter.block().then(
        (value) => blocked.push({ value }),
        (error: unknown) => blocked.push({ error }),
      );
    }
    if (dice(3) === 0) {
      const read = dice(2) === 0 ? counter[local].getvalue() : counter.getvalue();
      reads.push(read.then((value) => ({ before: mark, value })));
    }
    const patient = dice(4) > 0 ? counter : within(counter, { timeout: dice(800) });
    patient.increment(mark).then(
      (value) => results.set(mark, { value }),
      (error: unknown) => results.set(mark, { error }),
    );
    if (dice(3) === 0) await world.clock.pass(dice(60));
    if (dice(6) === 0) trouble(world, dice);
    if (dice(10) === 0) await world.clock.pass(dice(1_500));
  }
  calm(world);
  await world.clock.until(() => results.size === calls, "all answers");
  for (const { before, value } of await all(world, reads))
    expect(value).toBeGreaterThanOrEqual(world.marks.filter((mark) => Number(mark) < before).length);
  while (world.sleepers > 0) world.release();
  await world.clock.until(() => blocked.length === blocks, "the blocked calls");
  check(world, results);
  expect(blocked).toEqual(Array.from({ length: blocks }, () => ({ value: "woken" })));
  const closed = counter[Symbol.asyncDispose]();
  await world.clock.pass(1_000);
  await closed;
  expect(counter[session].state).toBe("closed");
}

async function all<T>(world: FakeCluster, promises: readonly Promise<T>[]): Promise<readonly T[]> {
  const done = watch(Promise.all(promises));
  await world.clock.until(() => done.done, "the reads");
  if (done.error !== undefined) throw done.error;
  return done.value ?? [];
}

function check(world: FakeCluster, results: ReadonlyMap<number, Result>): void {
  expect(new Set(world.executed).size).toBe(world.executed.length);
  expect(new Set(world.marks).size).toBe(world.marks.length);
  const numbers = world.executed.map((e) => Number(e.split(":")[1]));
  expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  expect(world.tables.size).toBe(1);
  for (const [mark, result] of results) {
    const ran = world.marks.indexOf(mark);
    if ("value" in result) expect(result.value).toBe(ran + 1);
    else {
      expect(result.error).toBeInstanceOf(ConcoordError);
      const { code, executed } = result.error as ConcoordError;
      expect(["TIMEOUT", "UNREACHABLE"]).toContain(code);
      if (executed === "no") expect(ran).toBe(-1);
      else expect(executed).toBe("unknown");
    }
  }
}

describe("exactly once", () => {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 20) {
    it(`seeds ${seed} to ${Math.min(seed + 20, firstSeed + seeds) - 1}`, async () => {
      for (let s = seed; s < Math.min(seed + 20, firstSeed + seeds); s++) {
        await run(s).catch((cause) => {
          throw new Error(`repeat with: SEED=${s} npx vitest run test/client/exactly-once.test.ts`, {
            cause,
          });
        });
      }
    });
  }
});
