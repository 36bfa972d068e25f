/** Links that break, hang and move: the client goes where it is served. */
import { describe, expect, it } from "vitest";
import { session } from "../../src/shared/client/index.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { start, started, watch } from "./world.ts";

describe("links", () => {
  it("sends again what is unanswered, in order, as it was", async () => {
    const { world, counter, clock } = await started();
    world.quorum = false;
    const one = watch(counter.increment());
    await clock.pass(5);
    const two = watch(Promise.all([counter.increment(), counter.increment()]));
    await clock.pass(5);
    world.node(0).cut();
    await clock.pass(300);
    expect(counter[session].state).toBe("lost");
    world.heal();
    await clock.until(() => one.done && two.done);
    expect([one.value, two.value]).toEqual([1, [2, 3]]);
    expect(world.executed).toHaveLength(3);
    const sent = world.nodes.flatMap((node) => node.commands());
    expect(sent.length).toBeGreaterThanOrEqual(3);
    for (const { firstSeq, n } of sent)
      expect([
        [1, 1],
        [2, 1],
        [3, 1],
      ]).toContainEqual([firstSeq, n]);
  });

  it("goes to the leader, also when it changes, and forgets nothing on the way", async () => {
    const world = new FakeCluster(1);
    world.leader = 2;
    const { counter, clock } = start({}, world);
    await clock.until(() => world.node(2).links.size === 1 && world.node(0).links.size === 0, "the move");
    const calls = Array.from({ length: 20 }, () => watch(counter.increment()));
    world.lead(1);
    await clock.until(() => calls.every((c) => c.done));
    expect(calls.map((c) => c.value)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    await clock.until(
      () => world.node(1).links.size === 1 && world.node(2).links.size === 0,
      "the second move",
    );
  });

  it("stays where it is when the leader cannot be reached, and does not try it again and again", async () => {
    const world = new FakeCluster(1);
    world.leader = 1;
    world.node(1).up = false;
    const { counter, clock } = start({}, world);
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    await clock.pass(20_000);
    expect(counter[session].state).toBe("open");
    expect(world.node(0).links.size).toBe(1);
    expect(world.node(1).dials).toBeGreaterThan(5);
    expect(world.node(1).dials).toBeLessThan(30);
  });

  it("does not run to and fro between two nodes that name each other", async () => {
    const { world, clock } = await started();
    // The fake tells all nodes the same, so the leader is changed as fast as the client follows.
    for (let i = 0; i < 2_000; i++) {
      world.lead(world.node(0).links.size > 0 ? 1 : 0);
      await clock.pass(5);
    }
    expect(world.node(0).dials + world.node(1).dials).toBeLessThan(40);
  });

  it.each(["hung", "stuck"] as const)("leaves a node that is %s", async (how) => {
    const { world, counter, clock } = await started();
    world.node(0)[how] = true;
    world.leader = 1;
    const began = clock.now;
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    expect(call.value).toBe(1);
    expect(clock.now - began).toBeLessThan(2_000);
  });

  it("does not dial the node that hung before the others", async () => {
    const world = new FakeCluster(1);
    world.leader = 1;
    const { counter, clock } = await started({}, world);
    world.node(1).hung = true;
    world.lead(2);
    const began = clock.now;
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    expect(world.node(1).dials).toBe(1);
    expect(clock.now - began).toBeLessThan(2_000);
  });

  it("passes over a node that takes connections and says nothing", async () => {
    const world = new FakeCluster(1);
    world.node(0).hung = true;
    world.leader = 1;
    const { counter, clock } = start({}, world);
    const began = clock.now;
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    expect(clock.now - began).toBeLessThan(2_000);
  });

  it("tries for ever, slower and slower, and learns other addresses", async () => {
    const { world, counter, clock } = start({}, new FakeCluster(1), new FakeCluster(1).node(0).addr);
    await clock.until(() => counter[session].state === "open");
    const states: string[] = [];
    counter[session].addEventListener("connection", (e) => states.push(e.state));
    for (const node of world.nodes) node.down();
    await clock.pass(60_000);
    const dials = world.nodes.map((n) => n.dials);
    for (const n of dials) expect(n).toBeGreaterThan(20);
    for (const n of dials) expect(n).toBeLessThan(80);
    world.node(2).up = true;
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    expect(states).toEqual(["lost", "open"]);
  });

  it("pings so that an idle session stays alive, and leaves a dead idle link", async () => {
    const { world, counter, clock } = await started({ sessionTtl: 3_000 });
    await clock.pass(10_000);
    expect(world.node(0).of("ping").length).toBeGreaterThanOrEqual(9);
    world.node(0).hung = true;
    await clock.pass(6_000);
    expect(world.node(1).links.size + world.node(2).links.size).toBe(1);
    expect(counter[session].state).toBe("open");
  });

  it("sends a refused command later, with those behind it, under the same numbers", async () => {
    const { world, counter, clock } = await started();
    world.node(0).busy = 3;
    const one = watch(counter.increment());
    await clock.pass(1);
    const two = watch(counter.increment());
    await clock.until(() => one.done && two.done);
    expect([one.value, two.value]).toEqual([1, 2]);
    expect(
      new Set(
        world
          .node(0)
          .commands()
          .map((c) => c.firstSeq),
      ),
    ).toEqual(new Set([1, 2]));
  });
});

describe("nodes that say no", () => {
  it("another cluster at one address: uses the others", async () => {
    const world = new FakeCluster(1);
    world.node(0).rejects = { code: "WRONG_CLUSTER", message: "another cluster" };
    world.leader = 1;
    const { counter, clock } = start({}, world);
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    expect(call.value).toBe(1);
  });

  it("another cluster everywhere: rejects", async () => {
    const { world, counter, clock } = await started();
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    for (const node of world.nodes) node.rejects = { code: "WRONG_CLUSTER", message: "another cluster" };
    world.quorum = false;
    const sent = watch(counter.increment());
    await clock.pass(5);
    for (const node of world.nodes) node.cut();
    await clock.until(() => sent.done);
    expect(sent.error).toMatchObject({ code: "WRONG_CLUSTER", executed: "unknown" });
    const late = watch(counter.increment());
    await clock.pass(0);
    expect(late.error).toMatchObject({ code: "WRONG_CLUSTER", executed: "no", retryable: false });
  });

  it.each(["DENIED", "VERSION"] as const)("%s is final", async (code) => {
    const world = new FakeCluster(1);
    world.node(0).rejects = { code, message: "the token is wrong" };
    const { counter, clock } = start({}, world);
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    expect(call.error).toMatchObject({ code, executed: "no", message: "the token is wrong" });
    await clock.pass(10_000);
    expect(world.node(0).dials).toBe(1);
    expect(counter[session].state).toBe("closed");
  });

  it("a session that is denied is final, one for which there is no room is not", async () => {
    const world = new FakeCluster(1);
    world.node(0).openRefusals = ["BUSY", "DENIED"];
    const { counter, clock } = start({}, world);
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    expect(call.error).toMatchObject({ code: "DENIED", executed: "no" });
  });

  it("a name of which nothing is known: says so", async () => {
    const { counter, clock } = start({ timeout: 100 }, new FakeCluster(1), "counter.example");
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    expect(call.error).toMatchObject({ code: "UNREACHABLE", executed: "no" });
    expect((call.error as Error).message).toContain("counter.example");
  });
});
