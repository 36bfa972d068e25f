/** Sessions begin, end, and are closed. */
import { describe, expect, it } from "vitest";
import { session } from "../../src/shared/client/index.ts";
import { FakeCluster } from "./fake-cluster.ts";
import { Counter, only, start, started, watch } from "./world.ts";

describe("sessions", () => {
  it("opens with the same secret until it is open", async () => {
    const world = new FakeCluster(1);
    world.node(0).openRefusals = ["BUSY", "BUSY"];
    const { counter, clock } = start({}, world);
    const call = watch(counter.increment());
    await clock.pass(80);
    world.node(0).cut();
    await clock.until(() => call.done);
    const secrets = world.nodes.flatMap((n) => n.of("open")).map((m) => m.secret);
    expect(secrets.length).toBeGreaterThan(2);
    expect(new Set(secrets).size).toBe(1);
    expect(world.tables.size).toBe(1);
  });

  it("ended while it was away: learns of it when it attaches; the next call opens another", async () => {
    const { world, counter, clock } = await started();
    for (const node of world.nodes) node.down();
    world.end(only(world));
    await clock.pass(100);
    for (const node of world.nodes) node.up = true;
    await clock.until(() => counter[session].state === "open");
    await clock.pass(1_000);
    expect(world.tables.size).toBe(1);
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    expect(call.value).toBe(1);
    expect(world.tables.size).toBe(2);
  });

  it("closes: tells the cluster, fails what waits, and says so to later calls", async () => {
    const { world, counter, clock } = await started();
    const states: string[] = [];
    counter[session].addEventListener("connection", (e) => states.push(e.state));
    world.quorum = false;
    const sent = watch(counter.increment());
    await clock.pass(5);
    const unsent = watch(counter.increment());
    const closed = watch(counter[Symbol.asyncDispose]());
    await clock.pass(10);
    world.heal();
    await clock.until(() => closed.done);
    expect(sent.error).toMatchObject({ code: "CLOSED", executed: "unknown" });
    expect(unsent.error).toMatchObject({ code: "CLOSED", executed: "no" });
    expect([...world.tables.values()].map((t) => t.ended)).toEqual([true]);
    expect(world.nodes.map((n) => n.links.size)).toEqual([0, 0, 0]);
    expect(states).toEqual(["closed"]);
    const late = watch(counter.increment());
    await clock.pass(0);
    expect(late.error).toMatchObject({ code: "CLOSED", executed: "no" });
  });

  it("closes within 200 ms when nobody answers, at once when nobody was reached", async () => {
    const { world, counter, clock } = await started();
    world.node(0).hung = true;
    const closed = watch(counter[Symbol.asyncDispose]());
    await clock.pass(201);
    expect(closed.done).toBe(true);
    const other = start({}, new FakeCluster(2));
    const call = watch(other.counter.increment());
    const gone = watch(other.counter[Symbol.asyncDispose]());
    await other.clock.pass(0);
    expect([call.done, gone.done]).toEqual([true, true]);
  });

  it("ends by the signal of connect", async () => {
    const abort = new AbortController();
    const { world, counter, clock } = await started({ signal: abort.signal });
    world.quorum = false;
    const sent = watch(counter.increment());
    await clock.pass(5);
    abort.abort();
    await clock.pass(300);
    expect(sent.error).toMatchObject({ code: "ABORTED", executed: "unknown" });
    expect(counter[session].state).toBe("closed");
    expect(world.nodes.map((n) => n.links.size)).toEqual([0, 0, 0]);
  });

  it("serves many objects with one session", async () => {
    const world = new FakeCluster(1);
    const s = world.client().openSession(world.boot);
    const visits = s.object(Counter, "visits");
    const all = watch(
      Promise.all([
        visits.increment(),
        s.object<Counter>("Counter/x").increment(),
        s.call("Counter", "echo", [1]),
      ]),
    );
    await world.clock.until(() => all.done);
    expect(all.value).toEqual([1, 2, 1]);
    expect(world.tables.size).toBe(1);
    expect(world.node(0).commands()).toHaveLength(3);
    await visits[Symbol.asyncDispose]();
    expect(s.state).toBe("open");
    const closed = watch(s[Symbol.asyncDispose]());
    await world.clock.until(() => closed.done);
  });
});
