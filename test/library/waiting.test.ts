/** Objects that let their callers wait, of which many may: queue, lock and latch. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Registry } from "../../src/shared/object/registry.ts";
import { library, Rig } from "./rig.ts";
import { b, notOwner, story, value } from "./story.ts";

let known: Registry = new Map();
const registry = () => known;
beforeAll(async () => {
  known = await library("Queue", "RWLock", "CountDownLatch");
});

describe("Queue", () => {
  story(registry, "get waits for items, in the order of the calls", "Queue", (rig, step) => {
    const [a, c] = [rig.client(), rig.client()];
    expect(a.call("get")).toBe(b);
    expect(c.call("get")).toBe(b);
    step();
    expect([c.call("qsize"), c.call("empty"), c.call("full")]).toEqual([0, true, false]);
    expect(c.call("put", { n: 1 })).toBeUndefined();
    step();
    expect([a.answer(1), c.answer(1)]).toEqual([{ n: 1 }, b]);
    expect(c.call("put", null)).toBeUndefined();
    step();
    expect(c.answer(1)).toBe(null);
    expect(c.call("get_nowait")).toBe("Empty");
  });

  story(registry, "put waits for room", "Queue", (rig, step) => {
    const [a, c] = [rig.client(), rig.client()];
    expect(a.call("__concoordinit__", 2)).toBeUndefined();
    for (const n of [1, 2]) expect(a.call("put", n)).toBeUndefined();
    step();
    expect(a.call("full")).toBe(true);
    expect(a.call("put_nowait", 3)).toBe("Full");
    expect(a.call("put", 3)).toBe(b);
    const third = a.last;
    expect(c.call("put", 4)).toBe(b);
    step();
    expect([a.call("get"), a.answer(third), c.answer(1)]).toEqual([1, undefined, b]);
    step();
    expect([a.call("get"), c.answer(1)]).toEqual([2, undefined]);
    step();
    expect([a.call("get"), a.call("get"), a.call("qsize")]).toEqual([3, 4, 0]);
  });

  story(registry, "whose time is over puts and gets nothing", "Queue", (rig, step) => {
    const client = rig.client();
    client.call("__concoordinit__", 1);
    expect(client.call("get", true, 100)).toBe(b);
    const got = client.last;
    step();
    rig.pass(99);
    expect(client.answer(got)).toBe(b);
    rig.pass(1);
    expect(client.answer(got)).toBe("Empty");
    expect(client.call("put", 1)).toBeUndefined();
    expect(client.call("put", 2, true, 100)).toBe(b);
    const put = client.last;
    step();
    rig.pass(100);
    expect(client.answer(put)).toBe("Full");
    step();
    expect([client.call("get"), client.call("get", true, 0)]).toEqual([1, "Empty"]);
  });

  story(registry, "who cancelled, or whose session ended, puts and gets nothing", "Queue", (rig, step) => {
    const [a, c] = [rig.client(), rig.client()];
    a.call("__concoordinit__", 1);
    for (const client of [a, c]) expect(client.call("get")).toBe(b);
    a.cancel(a.last);
    step();
    expect(a.call("put", "x")).toBeUndefined();
    expect(c.answer(1)).toBe("x");
    for (const [client, item] of [
      [a, 1],
      [a, 2],
      [c, 3],
      [a, 4],
    ] as const)
      client.call("put", item);
    a.cancel(a.last - 1);
    c.close();
    step();
    expect([a.call("get"), a.call("get"), a.call("get_nowait")]).toEqual([1, 4, "Empty"]);
    expect(a.call("__concoordinit__", 1.5)).toBe(value);
  });

  story(registry, "who gave up leaves nothing behind", "Queue", (rig, step) => {
    const [a, c] = [rig.client(), rig.client()];
    a.call("__concoordinit__", 1);
    a.call("put", 0);
    expect([a.call("put", 1, true, 100), a.call("put", 2), c.call("put", 3)]).toEqual([b, b, b]);
    step();
    a.cancel(a.last);
    c.close();
    rig.pass(100);
    expect(rig.state).toHaveProperty("putting.waiters.size", 0);
    expect(rig.state).toHaveProperty("putting.places.size", 0);
  });

  test.each([
    [true, -2],
    [true, Number.NaN],
    [true, "5"],
    [false, 5],
  ])("get(%s, %s) is refused", (...args) => {
    const client = new Rig(registry(), "Queue").client();
    expect(client.call("get", ...args)).toBe(value);
    expect(client.call("put", 1, ...args)).toBe(value);
    expect(client.call("qsize")).toBe(0);
  });
});

describe("RWLock", () => {
  story(registry, "many read, one writes, and readers wait behind a writer", "RWLock", (rig, step) => {
    const [a, c, d] = [rig.client(), rig.client(), rig.client()];
    expect([a.call("acquireRead"), c.call("acquireRead"), c.call("readers")]).toEqual([true, true, 2]);
    expect(d.call("acquireWrite")).toBe(b);
    const write = d.last;
    step();
    expect([a.call("acquireRead"), a.call("acquireRead", false)]).toEqual([true, true]);
    expect(d.call("acquireRead", false)).toBe(false);
    expect(d.call("acquireRead")).toBe(b);
    const read = d.last;
    expect(c.call("releaseRead")).toBeUndefined();
    for (let i = 0; i < 2; i++) expect(a.call("releaseRead")).toBeUndefined();
    expect([d.answer(write), a.call("locked")]).toEqual([b, false]);
    step();
    expect(a.call("releaseRead")).toBeUndefined();
    const token = d.answer(write);
    expect(token).toBeGreaterThan(0);
    expect([a.call("locked"), a.call("token"), d.answer(read)]).toEqual([true, token, b]);
    step();
    expect(a.call("releaseWrite")).toBe(notOwner);
    expect(a.call("releaseRead")).toBe(notOwner);
    expect(d.call("releaseWrite")).toBeUndefined();
    expect([d.answer(read), a.call("token"), a.call("readers")]).toEqual([true, null, 1]);
    expect(d.call("releaseRead")).toBeUndefined();
    expect(a.call("acquireWrite")).toBeGreaterThan(token as number);
  });

  story(registry, "holders of one session are owners of their own", "RWLock", (rig, step) => {
    const a = rig.client();
    expect(a.call("acquireWrite", true, -1, "x")).toBeGreaterThan(0);
    step();
    expect(a.call("acquireWrite", true, 0, "y")).toBe(false);
    expect(a.call("releaseWrite")).toBe(notOwner);
    expect(a.call("releaseWrite", "x")).toBeUndefined();
    expect([a.call("acquireRead", true, -1, "x"), a.call("releaseRead", "y")]).toEqual([true, notOwner]);
  });

  story(registry, "readers go on when the writer before them gives up", "RWLock", (rig, step) => {
    const [a, c, d] = [rig.client(), rig.client(), rig.client()];
    const waiting = (give: () => void) => {
      expect(d.call("acquireRead")).toBe(b);
      step();
      give();
      expect(d.answer(d.last)).toBe(true);
      d.call("releaseRead");
    };
    expect(a.call("acquireRead")).toBe(true);
    expect(c.call("acquireWrite", true, 100)).toBe(b);
    waiting(() => rig.pass(100));
    expect(c.answer(c.last)).toBe(false);
    expect(c.call("acquireWrite")).toBe(b);
    waiting(() => c.cancel(c.last));
    expect(c.call("acquireWrite")).toBe(b);
    waiting(() => c.close());
  });

  story(registry, "what an ended session held is free", "RWLock", (rig, step) => {
    const [a, c, d] = [rig.client(), rig.client(), rig.client()];
    const token = a.call("acquireWrite");
    for (const client of [c, d]) expect(client.call("acquireRead")).toBe(b);
    step();
    a.close();
    expect([c.answer(1), d.answer(1)]).toEqual([true, true]);
    const e = rig.client();
    expect(e.call("acquireWrite")).toBe(b);
    step();
    c.close();
    d.close();
    expect(e.answer(1)).toBeGreaterThan(token as number);
  });
});

describe("CountDownLatch", () => {
  story(registry, "all who wait are answered at 0", "CountDownLatch", (rig, step) => {
    const [a, c] = [rig.client(), rig.client()];
    expect(a.call("__concoordinit__", 3)).toBeUndefined();
    expect([a.call("wait", 0), a.call("wait", 50)]).toEqual([false, b]);
    const timed = a.last;
    for (const client of [a, c]) expect(client.call("wait")).toBe(b);
    step();
    rig.pass(50);
    expect(a.answer(timed)).toBe(false);
    const waiting = a.last;
    expect([a.call("countDown"), a.call("count")]).toEqual([undefined, 2]);
    expect([a.call("countDown", 0), a.call("countDown", 1.5), a.call("wait", -5)]).toEqual([
      value,
      value,
      value,
    ]);
    step();
    expect(a.call("countDown", 5)).toBeUndefined();
    expect([a.answer(waiting), c.answer(1), a.call("wait"), a.call("count")]).toEqual([true, true, true, 0]);
    expect(a.call("__concoordinit__", -1)).toBe(value);
  });
});
