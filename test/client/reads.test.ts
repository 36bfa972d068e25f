/** Declared reads: what leaves for them, what they wait for, and that none is lost or runs as a write. */
import { describe, expect, it } from "vitest";
import { flush, local, session, within } from "../../src/shared/client/index.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { only, start, started, watch } from "./world.ts";

const reads = (world: FakeCluster, node = 0) => world.node(node).of("read");

describe("a declared read", () => {
  it("takes no number and leaves no command, also when it was made before the session was open", async () => {
    const { world, counter, clock } = start();
    const read = watch(counter.getvalue());
    await clock.until(() => read.done);
    expect(read.value).toBe(0);
    expect(world.node(0).commands()).toEqual([]);
    expect(reads(world)).toMatchObject([{ n: 1, after: 0, local: null }]);
  });

  it("leaves with the others of its turn, in one message and one frame, after all writes before it", async () => {
    const { world, counter, clock } = await started();
    const before = world.frames;
    const all = watch(
      Promise.all([counter.getvalue(), counter.increment(), counter.getvalue(), counter.getvalue()]),
    );
    await clock.until(() => all.done);
    expect(world.frames - before).toBe(1);
    expect(reads(world)).toMatchObject([{ n: 3, after: 1 }]);
    expect(all.value?.slice(1)).toEqual([1, 1, 1]);
  });

  it("waits for writes that wait for a number", async () => {
    const { world, counter, clock } = await started();
    world.quorum = false;
    const writes = watch(Promise.all(Array.from({ length: 1_100 }, () => counter.increment())));
    const read = watch(counter.getvalue());
    await clock.pass(100);
    expect(reads(world)).toEqual([]);
    world.heal();
    await clock.until(() => writes.done && read.done);
    expect(reads(world)).toMatchObject([{ after: 1_100 }]);
    expect(read.value).toBe(1_100);
  });

  it("does not wait for blocked calls, and no write waits for it", async () => {
    const { world, counter, clock } = await started();
    const blocked = watch(counter.block());
    const read = watch(counter.getvalue());
    await clock.until(() => read.done);
    expect(blocked.done).toBe(false);
    world.node(0).busy = 1;
    const write = watch(counter.increment());
    await clock.until(() => write.done);
    expect(write.value).toBe(1);
  });

  it("is asked again on the next link, under a new id", async () => {
    const { world, counter, clock } = await started();
    world.quorum = false;
    const read = watch(counter.getvalue());
    await clock.pass(20);
    world.node(0).cut();
    await clock.pass(200);
    expect(read.done).toBe(false);
    world.heal();
    await clock.until(() => read.done);
    const ids = world.nodes.flatMap((_, i) => reads(world, i).map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThan(1);
  });

  it("moves to the next session when its own ends", async () => {
    const { world, counter, clock } = await started();
    world.quorum = false;
    const read = watch(counter.getvalue());
    const write = watch(counter.increment());
    await clock.pass(20);
    world.end(only(world));
    await clock.until(() => write.done);
    expect(write.error).toMatchObject({ code: "SESSION_EXPIRED", executed: "unknown" });
    world.heal();
    await clock.until(() => read.done);
    expect(read.value).toBe(world.counter);
    expect(world.tables.size).toBe(2);
  });

  it.each(["timeout", "signal"] as const)(
    "is given up by its %s alone: it has changed nothing",
    async (how) => {
      const { world, counter, clock } = await started();
      world.quorum = false;
      const controller = new AbortController();
      const options = how === "timeout" ? { timeout: 50 } : { signal: controller.signal };
      const read = watch(within(counter, options).getvalue());
      await clock.pass(49);
      controller.abort();
      await clock.until(() => read.done);
      expect(read.error).toMatchObject({ code: how === "timeout" ? "TIMEOUT" : "ABORTED", executed: "no" });
      expect(world.node(0).of("cancel")).toEqual([]);
      world.heal();
      const next = watch(counter.getvalue());
      await clock.until(() => next.done);
      expect(next.value).toBe(0);
    },
  );

  it("fails when the session is closed, and was not executed", async () => {
    const { world, counter, clock } = await started();
    world.quorum = false;
    const read = watch(counter.getvalue());
    await clock.pass(20);
    const closing = watch(counter[Symbol.asyncDispose]());
    await clock.until(() => read.done && closing.done);
    expect(read.error).toMatchObject({ code: "CLOSED", executed: "no" });
  });

  it("goes through the log when the replicas' class declares it no more", async () => {
    const { world, counter, clock } = await started();
    const read = watch(counter.gone());
    await clock.until(() => read.done);
    expect(reads(world)).toHaveLength(1);
    expect(world.executed).toEqual([`${only(world)}:1:gone`]);
    expect(read.error).toMatchObject({ code: "UNKNOWN_METHOD" });
  });

  it("is repeated while the node is busy, with the calls behind it", async () => {
    const { world, counter, clock } = await started();
    world.reads.busy = 3;
    const all = watch(Promise.all([counter.getvalue(), counter.getvalue(), counter.increment()]));
    await clock.until(() => all.done);
    expect(reads(world)).toHaveLength(3);
    expect(world.executed).toHaveLength(1);
  });

  it("is limited in number, like calls in flight", async () => {
    const { world, counter, clock } = await started();
    world.quorum = false;
    const all = watch(Promise.all(Array.from({ length: 3_000 }, () => counter.getvalue())));
    await clock.pass(50);
    expect(reads(world).map(({ n }) => n)).toEqual([1_000, 24]);
    world.heal();
    await clock.until(() => all.done);
    expect(all.value).toHaveLength(3_000);
  });

  it("counts as the one outstanding call of proxy 0", async () => {
    const { world, counter, clock } = await started({ proxy: 0 });
    const before = world.frames;
    const all = watch(Promise.all([counter.getvalue(), counter.increment(), counter.getvalue()]));
    await clock.until(() => all.done);
    expect(all.value).toEqual([0, 1, 1]);
    expect(world.frames - before).toBe(3);
  });

  it("has a frame of its own with proxy 1, and waits for flush with proxy 2", async () => {
    const one = await started({ proxy: 1 });
    const before = one.world.frames;
    const both = watch(Promise.all([one.counter.getvalue(), one.counter.getvalue()]));
    await one.clock.until(() => both.done);
    expect(one.world.frames - before).toBe(2);
    const two = await started({ proxy: 2 });
    const read = watch(two.counter.getvalue());
    await two.clock.pass(50);
    expect(read.done).toBe(false);
    const flushed = watch(two.counter[flush]());
    await two.clock.until(() => flushed.done && read.done);
  });
});

describe("a local read", () => {
  it("says what the session saw last, and is answered without a quorum", async () => {
    const { world, counter, clock } = await started();
    const writes = watch(Promise.all([counter.increment(), counter.increment()]));
    await clock.until(() => writes.done);
    world.quorum = false;
    const read = watch(counter[local].getvalue());
    const other = watch(counter.getvalue());
    await clock.until(() => read.done);
    expect([read.value, other.done]).toEqual([2, false]);
    expect(reads(world)).toMatchObject([
      { n: 1, local: null },
      { n: 1, after: 2, local: 2 },
    ]);
    world.heal();
    await clock.until(() => other.done);
  });

  it("waits at a node that is behind, also after a reconnect", async () => {
    const { world, counter, clock } = await started();
    const write = watch(counter.increment());
    await clock.until(() => write.done);
    for (const node of world.nodes) node.lag = 1;
    world.node(0).down();
    world.leader = 1;
    const read = watch(counter[local].getvalue());
    await clock.pass(500);
    expect(read.done).toBe(false);
    for (const node of world.nodes) node.lag = 0;
    world.reads.look();
    await clock.until(() => read.done);
    expect(read.value).toBe(1);
  });

  it("is refused for what the class does not declare, and names what it does", async () => {
    const { world, counter, clock } = await started();
    const call: unknown = Reflect.get(counter[local], "increment");
    const refused = watch((call as () => Promise<unknown>)());
    await clock.until(() => refused.done);
    expect(refused.error).toMatchObject({ code: "UNKNOWN_METHOD", executed: "no" });
    expect(refused.error).toMatchObject({ message: expect.stringContaining("getvalue, gone") });
    expect(world.executed).toEqual([]);
    expect(Reflect.get(counter[local], "__concoordinit__")).toBeUndefined();
  });

  it("goes through the log where the class has no reads that do without it", async () => {
    const world = new FakeCluster(1);
    world.reads.declared = [];
    const { counter, clock } = await started({}, world);
    const all = watch(Promise.allSettled([counter[local].getvalue(), counter.getvalue()]));
    await clock.until(() => all.done);
    expect(reads(world)).toEqual([]);
    expect(world.executed).toHaveLength(2);
  });

  it("takes the options of its proxy", async () => {
    const { world, counter, clock } = await started();
    const write = watch(counter.increment());
    await clock.until(() => write.done);
    world.node(0).lag = 1;
    world.nodes.splice(1);
    const read = watch(within(counter, { timeout: 50 })[local].getvalue());
    const same = watch(within(counter[local], { timeout: 50 }).getvalue());
    await clock.until(() => read.done && same.done);
    for (const { error } of [read, same]) expect(error).toMatchObject({ code: "TIMEOUT", executed: "no" });
    expect(counter[session].state).toBe("open");
  });
});
