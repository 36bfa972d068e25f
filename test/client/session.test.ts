/** What calls are answered with, and how they leave. */
import { describe, expect, it } from "vitest";
import { ConcoordError, flush } from "../../src/shared/client/index.ts";
import { start, started, watch } from "./world.ts";

describe("calls", () => {
  it("waits for the connection, then answers in order", async () => {
    const { world, counter, clock } = start();
    const calls = watch(Promise.all([counter.increment(), counter.echo({ a: [1n] }), counter.increment()]));
    await clock.until(() => calls.done);
    expect(calls.value).toEqual([1, { a: [1n] }, 2]);
    expect(world.node(0).commands()).toMatchObject(
      [1, 2, 3].map((firstSeq) => ({ firstSeq, n: 1, ackedSeq: 0 })),
    );
  });

  it("reads the arguments when the call is made", async () => {
    const { counter, clock } = start();
    const list = [1];
    const call = watch(counter.echo(list));
    list.push(2);
    await clock.until(() => call.done);
    expect(call.value).toEqual([1]);
  });

  it("acknowledges up to where all are answered", async () => {
    const { world, counter, clock } = await started();
    for (let i = 1; i <= 3; i++) {
      const call = watch(counter.increment());
      await clock.until(() => call.done);
    }
    expect(world.node(0).commands()).toMatchObject([
      { firstSeq: 1, ackedSeq: 0 },
      { firstSeq: 2, ackedSeq: 1 },
      { firstSeq: 3, ackedSeq: 2 },
    ]);
  });

  it("goes past blocked calls, and names them once they are answered", async () => {
    const { world, counter, clock } = await started();
    const blocked = watch(counter.block());
    await clock.pass(10);
    const other = watch(counter.increment());
    await clock.until(() => other.done);
    expect(world.node(0).commands().at(-1)).toMatchObject({ firstSeq: 2, ackedSeq: 1, ackedLate: [] });
    const release = watch(counter.release());
    await clock.until(() => release.done && blocked.done);
    expect(blocked.value).toBe("woken");
    const after = watch(counter.increment());
    await clock.until(() => after.done);
    expect(world.node(0).commands().at(-1)).toMatchObject({ firstSeq: 4, ackedSeq: 3, ackedLate: [1] });
    const last = watch(counter.increment());
    await clock.until(() => last.done);
    expect(world.node(0).commands().at(-1)).toMatchObject({ firstSeq: 5, ackedSeq: 4, ackedLate: [] });
  });

  it("fetches the answer of a call that was woken while the link was down", async () => {
    const { world, counter, clock } = await started();
    const blocked = watch(counter.block());
    await clock.pass(10);
    world.node(0).cut();
    world.release();
    await clock.until(() => blocked.done);
    expect(blocked.value).toBe("woken");
  });

  it("keeps calls beyond the limit in flight without a number", async () => {
    const { world, counter, clock } = await started();
    world.quorum = false;
    const all = watch(Promise.all(Array.from({ length: 3_000 }, () => counter.increment())));
    await clock.pass(50);
    expect(
      world
        .node(0)
        .commands()
        .map((c) => [c.firstSeq, c.n]),
    ).toEqual(Array.from({ length: 1_024 }, (_, i) => [i + 1, 1]));
    world.heal();
    await clock.until(() => all.done);
    expect(all.value).toEqual(Array.from({ length: 3_000 }, (_, i) => i + 1));
    expect(
      Math.max(
        ...world
          .node(0)
          .commands()
          .map((c) => c.firstSeq + c.n - 1 - c.ackedSeq),
      ),
    ).toBe(1_024);
  });

  it("refuses what cannot be sent before it has a number", async () => {
    const { world, counter, clock } = await started();
    const promise = watch(counter.echo({ list: [1, Promise.resolve()] }));
    const big = watch(counter.echo("x".repeat(1024 * 1024)));
    const good = watch(counter.increment());
    await clock.until(() => good.done);
    expect(promise.error).toMatchObject({ code: "NOT_SENDABLE", executed: "no", retryable: false });
    expect((promise.error as Error).message).toContain("args[0].list[1]");
    expect(big.error).toMatchObject({ code: "TOO_BIG", executed: "no" });
    expect(world.node(0).commands()).toMatchObject([{ firstSeq: 1, n: 1 }]);
  });

  it("splits what does not fit in one command or frame", async () => {
    const { world, counter, clock } = await started();
    const frames = world.frames;
    const text = "x".repeat(1_000_000);
    const all = watch(Promise.all(Array.from({ length: 9 }, () => counter.echo(text))));
    await clock.until(() => all.done);
    expect(world.node(0).commands()).toHaveLength(9);
    expect(world.frames - frames).toBe(3);
  });

  it("shows the errors of methods and of concoord", async () => {
    const { counter, clock } = await started();
    const thrown = watch(counter.fail());
    const missing = watch(counter.missing());
    await clock.until(() => thrown.done && missing.done);
    expect(thrown.error).toBeInstanceOf(Error);
    expect(thrown.error).not.toBeInstanceOf(ConcoordError);
    expect(thrown.error).toMatchObject({ name: "RangeError", message: "too low", code: "E_LOW", least: 3 });
    expect(Object.keys(thrown.error as object)).toEqual(["least", "code"]);
    expect(missing.error).toBeInstanceOf(ConcoordError);
    expect(missing.error).toMatchObject({ name: "ConcoordError", code: "UNKNOWN_METHOD", executed: "no" });
  });
});

describe("how calls leave", () => {
  it.each([
    [0, 3, [1, 1, 1]],
    [1, 3, [1, 1, 1]],
    [2, 1, [3]],
    [3, 1, [1, 1, 1]],
  ] as const)("proxy: %i sends three calls in %i frames", async (proxy, frames, sizes) => {
    const { world, counter, clock } = await started({ proxy });
    const before = world.frames;
    const all = watch(Promise.all([counter.increment(), counter.increment(), counter.increment()]));
    await clock.pass(5);
    expect(all.done).toBe(proxy === 1 || proxy === 3);
    const flushed = watch(counter[flush]());
    await clock.until(() => all.done && flushed.done);
    expect(all.value).toEqual([1, 2, 3]);
    expect(world.frames - before).toBe(frames);
    expect(
      world
        .node(0)
        .commands()
        .map((c) => c.n),
    ).toEqual(sizes);
  });

  it("sends 1,000 held calls at once, and flush fails as the first call that fails", async () => {
    const { world, counter, clock } = await started({ proxy: 2 });
    const all = watch(Promise.all(Array.from({ length: 1_001 }, () => counter.increment())));
    await clock.pass(20);
    expect(world.counter).toBe(1_000);
    const bad = watch(counter.fail());
    const flushed = watch(counter[flush]());
    await clock.until(() => all.done && bad.done && flushed.done);
    expect(flushed.error).toBe(bad.error);
  });
});
