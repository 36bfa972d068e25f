/** One client and a fake cluster: what each call is answered with, whatever the links do. */
import { describe, expect, it } from "vitest";
import { ConcoordError, flush, type Options, session, within } from "../../src/shared/client/index.ts";
import type { SessionId } from "../../src/shared/object/types.ts";
import { FakeCluster } from "./fake-node.ts";

class Counter {
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

function start(options: Options = {}, world = new FakeCluster(1), boot: string = world.boot) {
  const counter = world.client().connect(Counter, boot, options);
  return { world, counter, clock: world.clock };
}

/** Connected to the leader, nothing under way. */
async function started(options: Options = {}, world = new FakeCluster(1)) {
  const all = start(options, world);
  await all.clock.until(() => all.counter[session].state === "open", "the connection");
  await all.clock.pass(20);
  return all;
}

/** What became of a promise, looked at without waiting. */
function watch<T>(promise: Promise<T>) {
  const seen: { value?: T; error?: unknown; done: boolean } = { done: false };
  promise.then(
    (value) => Object.assign(seen, { value, done: true }),
    (error: unknown) => Object.assign(seen, { error, done: true }),
  );
  return seen;
}

const only = (world: FakeCluster) => [...world.tables.keys()][0] as SessionId;

describe("calls", () => {
  it("waits for the connection, then answers in order", async () => {
    const { world, counter, clock } = start();
    const calls = watch(Promise.all([counter.increment(), counter.echo({ a: [1n] }), counter.increment()]));
    await clock.until(() => calls.done);
    expect(calls.value).toEqual([1, { a: [1n] }, 2]);
    expect(world.node(0).commands()).toMatchObject([{ firstSeq: 1, n: 3, ackedSeq: 0 }]);
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
    ).toEqual([
      [1, 1_000],
      [1_001, 24],
    ]);
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
    [3, 1, [3]],
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
    const resent = world.node(1).commands().concat(world.node(0).commands());
    for (let i = 0; i < resent.length; i++) expect([1, 2]).toContain(resent[i]?.firstSeq);
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
    expect(clock.now - began).toBeLessThan(2_500);
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
    expect(call.error).toMatchObject({ code: "TIMEOUT", executed: "yes" });
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

describe("sessions", () => {
  it("opens with the same secret until it is open", async () => {
    const world = new FakeCluster(1);
    world.node(0).openRefusals = ["BUSY", "BUSY"];
    const { counter, clock } = start({}, world);
    const call = watch(counter.increment());
    await clock.pass(80);
    world.node(0).cut();
    await clock.until(() => call.done);
    const hashes = world.nodes.flatMap((n) => n.of("open")).map((m) => m.secretHash);
    expect(hashes.length).toBeGreaterThan(2);
    expect(new Set(hashes).size).toBe(1);
    expect(world.tables.size).toBe(1);
  });

  it("ended on the server: sent calls fail as unknown, others go into the next one", async () => {
    const { world, counter, clock } = await started();
    const lost: unknown[] = [];
    counter[session].addEventListener("sessionlost", (e) => lost.push(e.type));
    world.quorum = false;
    const sent = watch(counter.increment());
    await clock.pass(5);
    world.end(only(world));
    const unsent = watch(within(counter, {}).increment());
    await clock.pass(1);
    world.heal();
    await clock.until(() => sent.done && unsent.done);
    expect(sent.error).toMatchObject({ code: "SESSION_EXPIRED", executed: "unknown", retryable: true });
    expect(lost).toEqual(["sessionlost"]);
    const next = watch(counter.increment());
    await clock.until(() => next.done);
    expect(next.value).toBe(1);
    expect(world.tables.size).toBe(2);
    expect(counter[session].state).toBe("open");
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
    expect(world.node(0).commands()).toHaveLength(1);
    await visits[Symbol.asyncDispose]();
    expect(s.state).toBe("open");
    const closed = watch(s[Symbol.asyncDispose]());
    await world.clock.until(() => closed.done);
  });
});

describe("nodes that say no", () => {
  it("another cluster at one address: uses the others, and refuses the other cluster later, too", async () => {
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
    const { counter, clock } = start({}, new FakeCluster(1), "counter.example");
    const call = watch(counter.increment());
    await clock.pass(1);
    expect(call.error).toMatchObject({ code: "UNREACHABLE", executed: "no" });
    expect((call.error as ConcoordError).cause).toBeInstanceOf(TypeError);
    expect((call.error as Error).message).toContain("counter.example");
  });
});
