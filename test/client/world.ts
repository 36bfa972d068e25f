/** A program with one client of a fake cluster, and how it looks at what becomes of its calls. */
import { type Options, session } from "../../src/shared/client/index.ts";
import type { SessionId } from "../../src/shared/object/types.ts";
import { FakeCluster } from "./fake-cluster.ts";

export class Counter {
  static reads = ["getvalue", "gone"] as const;
  getvalue(): number {
    return 0;
  }
  gone(): number {
    return 0;
  }
  increment(): number {
    return 0;
  }
  echo(value: unknown): unknown {
    return value;
  }
  fail(): void {
    throw new RangeError("too low");
  }
  block(): string {
    return "";
  }
  release(): void {
    this.fail();
  }
  missing(): void {
    this.fail();
  }
}

export function start(options: Options = {}, world = new FakeCluster(1), boot: string = world.boot) {
  const counter = world.client().connect(Counter, boot, options);
  return { world, counter, clock: world.clock };
}

/** Connected to the leader, nothing under way. */
export async function started(options: Options = {}, world = new FakeCluster(1)) {
  const all = start(options, world);
  await all.clock.until(() => all.counter[session].state === "open", "the connection");
  await all.clock.pass(20);
  return all;
}

/** What became of a promise, looked at without waiting. */
export function watch<T>(promise: Promise<T>) {
  const seen: { value?: T; error?: unknown; done: boolean } = { done: false };
  promise.then(
    (value) => Object.assign(seen, { value, done: true }),
    (error: unknown) => Object.assign(seen, { error, done: true }),
  );
  return seen;
}

/** The one session of the world. */
export const only = (world: FakeCluster) => [...world.tables.keys()][0] as SessionId;
