/** Calls that are given up: whether they ran, and that the session goes on. */
import { describe, expect, it } from "vitest";
import { session, within } from "../../src/shared/client/index.ts";
import { only, start, started, watch } from "./world.ts";

describe("giving up", () => {
  it("before it is sent: takes no number", async () => {
    const { world, counter, clock } = await started();
    const abort = new AbortController();
    const call = watch(within(counter, { signal: abort.signal }).increment());
    abort.abort(new Error("enough"));
    const next = watch(counter.increment());
    await clock.until(() => next.done);
    expect(call.error).toMatchObject({ code: "ABORTED", executed: "no", cause: { message: "enough" } });
    expect(next.value).toBe(1);
    expect(world.node(0).commands()).toMatchObject([{ firstSeq: 1, n: 1 }]);
    expect(world.node(0).of("cancel")).toEqual([]);
  });

  it("by a signal that has aborted: does nothing", async () => {
    const { counter, clock } = start();
    const call = watch(within(counter, { signal: AbortSignal.abort() }).increment());
    await clock.pass(1);
    expect(call.error).toMatchObject({ code: "ABORTED", executed: "no" });
  });

  it("after it was sent, cancel decided: did not run", async () => {
    const { world, counter, clock } = await started();
    world.node(0).busy = 1;
    const abort = new AbortController();
    const call = watch(within(counter, { signal: abort.signal }).increment());
    await clock.pass(1);
    abort.abort();
    await clock.until(() => call.done);
    expect(call.error).toMatchObject({ code: "ABORTED", executed: "no" });
    const next = watch(counter.increment());
    await clock.until(() => next.done);
    expect(next.value).toBe(1);
    expect(world.executed).toEqual([`${only(world)}:2:increment`]);
  });

  it("after it was sent, the answer comes first: keeps it", async () => {
    const { counter, clock } = await started();
    const abort = new AbortController();
    const call = watch(within(counter, { signal: abort.signal }).increment());
    await clock.pass(1);
    abort.abort();
    await clock.until(() => call.done);
    expect(call.value).toBe(1);
  });

  it("after it was sent, nothing is decided: unknown after 200 ms, and the cancel goes on", async () => {
    const { world, counter, clock } = await started();
    world.quorum = false;
    const call = watch(within(counter, { timeout: 100 }).increment());
    await clock.pass(299);
    expect(call.done).toBe(false);
    await clock.pass(3);
    expect(call.error).toMatchObject({ code: "TIMEOUT", executed: "unknown", retryable: true });
    await clock.pass(5_000);
    const cancels = world.nodes.flatMap((n) => n.of("cancel"));
    expect(cancels.length).toBeGreaterThan(2);
    world.heal();
    const next = watch(counter.increment());
    await clock.until(() => next.done);
    const sent = world.nodes.flatMap((n) => n.of("cancel")).length;
    await clock.pass(30_000);
    expect(world.nodes.flatMap((n) => n.of("cancel")).length).toBe(sent);
    const last = watch(counter.increment());
    await clock.until(() => last.done);
    expect(Math.max(...world.nodes.flatMap((n) => n.commands()).map((c) => c.ackedSeq))).toBe(2);
  });

  it("on a link that is down: the next one gets the cancel, and not the call", async () => {
    const { world, counter, clock } = await started();
    world.node(0).stuck = true;
    const call = watch(within(counter, { timeout: 20 }).increment());
    await clock.pass(10);
    for (const node of world.nodes) node.down();
    world.node(0).stuck = false;
    await clock.pass(5_000);
    expect(call.error).toMatchObject({ code: "TIMEOUT", executed: "unknown" });
    world.node(1).up = true;
    await clock.until(() => counter[session].state === "open");
    await clock.pass(10);
    expect(world.node(1).of("cancel")).toMatchObject([{ seqs: [1] }]);
    expect(world.node(1).commands()).toEqual([]);
    expect(world.counter).toBe(0);
  });

  it("a call that is blocked: ends it, and goes on", async () => {
    const { world, counter, clock } = await started();
    const call = watch(within(counter, { timeout: 1_000 }).block());
    await clock.until(() => call.done);
    expect(call.error).toMatchObject({ code: "TIMEOUT", executed: "no" });
    const next = watch(counter.increment());
    await clock.until(() => next.done);
    expect(world.node(0).commands().at(-1)).toMatchObject({ ackedSeq: 1, ackedLate: [1] });
  });

  it("never connected: UNREACHABLE; connected without a leader: TIMEOUT that says why", async () => {
    const { world, counter, clock } = start({ timeout: 500 });
    for (const node of world.nodes) node.up = false;
    const first = watch(counter.increment());
    await clock.pass(501);
    expect(first.error).toMatchObject({ code: "UNREACHABLE", executed: "no" });
    world.leader = -1;
    world.quorum = false;
    for (const node of world.nodes) node.up = true;
    await clock.pass(3_000);
    const second = watch(counter.increment());
    await clock.pass(1_000);
    expect(second.error).toMatchObject({ code: "TIMEOUT", executed: "no", cause: { code: "NO_QUORUM" } });
  });

  it("no dial has failed yet: TIMEOUT that says so", async () => {
    const { counter, clock } = start({ timeout: 0 });
    const call = watch(counter.increment());
    await clock.until(() => call.done);
    expect(call.error).toMatchObject({ code: "TIMEOUT", executed: "no" });
    expect((call.error as Error).message).toContain("not connected yet");
  });

  it("many at once: one cancel, one timer", async () => {
    const { world, counter, clock } = await started();
    world.quorum = false;
    const abort = new AbortController();
    const view = within(counter, { signal: abort.signal });
    const calls = Array.from({ length: 100 }, () => watch(view.increment()));
    await clock.pass(10);
    abort.abort();
    await clock.pass(10);
    expect(world.node(0).of("cancel")).toHaveLength(1);
    world.heal();
    await clock.until(() => calls.every((c) => c.done));
    expect(world.counter).toBe(calls.filter((c) => c.value !== undefined).length);
  });

  it("leaves nothing behind on a signal", async () => {
    const { counter, clock } = await started();
    let listeners = 0;
    const signal = new AbortController().signal;
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners++;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners--;
      removeEventListener.apply(signal, args);
    };
    const view = within(counter, { signal });
    const calls = watch(Promise.all(Array.from({ length: 50 }, () => view.increment())));
    expect(listeners).toBe(1);
    await clock.until(() => calls.done);
    expect(listeners).toBe(0);
  });
});
