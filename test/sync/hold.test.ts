/** `hold`, with the real client and the real objects. */
import { expect, test } from "vitest";
import { hold, type Remote, session, within } from "../../src/shared/client/index.ts";
import { type Blocked, DLock } from "../../src/shared/object/index.ts";
import { Condition } from "../../src/shared/object/library/condition.ts";
import { Lock } from "../../src/shared/object/library/lock.ts";
import { Semaphore } from "../../src/shared/object/library/semaphore.ts";
import { decodeCommand } from "../../src/shared/wire/command-codec.ts";
import type { ClientMessage } from "../../src/shared/wire/messages.ts";
import { decodeCalls } from "../../src/shared/wire/values.ts";
import { watch } from "../client/world.ts";
import { done, OneNode } from "./one-node.ts";

function world() {
  const node = new OneNode(Lock, Semaphore, Condition);
  const lock = (): Remote<Lock> => node.client().connect<Lock>("Lock");
  const peek = () => node.log.machine.peek("Lock/main") as Lock;
  return { node, clock: node.clock, lock, peek };
}

/** Whether a message carries a call of this method. */
function isCallOf(message: ClientMessage, method: string): boolean {
  if (message.type !== "command") return false;
  const command = decodeCommand(message.bytes);
  return command.type === "calls" && decodeCalls(command.payload, command.n).some((c) => c.method === method);
}

test("it holds the lock until it is disposed; the tokens rise", async () => {
  const { node, lock, peek } = world();
  const tokens: number[] = [];
  for (let i = 0; i < 3; i++) {
    const held = await done(node, hold(lock()));
    expect(peek().owner?.holder).toBe(held.holder);
    tokens.push(held.token);
    await done(node, held[Symbol.asyncDispose]());
    expect(peek().locked()).toBe(false);
    expect(held.signal.aborted).toBe(false);
  }
  expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => a - b));
});

test("await using releases at the end of the block, whatever happens there", async () => {
  const { node, lock, peek } = world();
  const block = async () => {
    await using held = await hold(lock());
    expect(held.token).toBeGreaterThan(0);
    throw new Error("within");
  };
  await expect(done(node, block())).rejects.toThrow("within");
  expect(peek().locked()).toBe(false);
});

test("two holds of one session exclude one another, and each releases its own", async () => {
  const { node, clock, lock } = world();
  const proxy = lock();
  const first = await done(node, hold(proxy));
  const second = watch(hold(proxy));
  await clock.pass(50);
  expect(second.done).toBe(false);
  await done(node, first.release());
  await clock.until(() => second.done);
  expect(second.value?.holder).not.toBe(first.holder);
  await done(node, first.release()); // nothing left to release
  expect(second.value?.signal.aborted).toBe(false);
});

test("a time-out and a signal give up waiting; the lock is not left behind", async () => {
  const { node, clock, lock, peek } = world();
  const owner = await done(node, hold(lock()));
  const other = lock();
  await expect(done(node, hold(other, { timeout: 30 }))).rejects.toMatchObject({ code: "TIMEOUT" });
  const control = new AbortController();
  const waiting = watch(hold(other, { signal: control.signal }));
  await clock.pass(20);
  control.abort(new Error("enough"));
  await clock.until(() => waiting.done);
  expect(waiting.error).toMatchObject({ code: "ABORTED" });
  await done(node, owner.release());
  await clock.pass(500);
  expect(peek().locked()).toBe(false);
});

test("a lock that is granted after its hold was given up is released", async () => {
  const { node, clock, lock, peek } = world();
  const owner = await done(node, hold(lock()));
  const control = new AbortController();
  const waiting = watch(hold(lock(), { signal: control.signal }));
  await clock.pass(20);
  node.keeps = (message) => message.type === "cancel";
  control.abort();
  await clock.pass(1_000);
  expect(waiting.error).toMatchObject({ code: "ABORTED", executed: "unknown" });
  // Its cancel is not decided: it is granted all the same.
  await done(node, owner.release());
  await clock.pass(10);
  expect(peek().locked()).toBe(false);
  node.letGo();
  await clock.pass(500);
  expect(peek().locked()).toBe(false);
});

test("the signal aborts when the session is lost; release then does nothing", async () => {
  const { node, clock, lock } = world();
  const held = await done(node, hold(lock()));
  const other = watch(hold(lock()));
  await clock.pass(20);
  node.decide({ type: "close", session: node.sessions[0] as never });
  await clock.until(() => held.signal.aborted && other.done);
  expect(held.signal).toMatchObject({ reason: { code: "SESSION_EXPIRED" } });
  expect(other.value?.token).toBeGreaterThan(held.token);
  await done(node, held.release());
  expect(other.value?.signal.aborted).toBe(false);
});

test("also when the end of the session comes together with the lock", async () => {
  const { node, clock, lock } = world();
  node.keeps = (message) => isCallOf(message, "acquire");
  const waiting = watch(hold(lock()));
  await clock.pass(20);
  node.letGo();
  node.decide({ type: "close", session: node.sessions[0] as never });
  await clock.until(() => waiting.done);
  expect(waiting.value?.signal.aborted).toBe(true);
});

test("closing the session releases, too", async () => {
  const { node, clock, lock, peek } = world();
  const proxy = lock();
  const held = await done(node, hold(proxy));
  await done(node, proxy[Symbol.asyncDispose]());
  expect(held.signal).toMatchObject({ aborted: true, reason: { code: "CLOSED" } });
  await done(node, held.release());
  await clock.pass(10);
  expect(peek().locked()).toBe(false);
});

test("a release that failed can be tried again, whether it was carried out or not", async () => {
  for (const late of [false, true]) {
    const { node, clock, lock, peek } = world();
    const held = await done(node, hold(within(lock(), { timeout: 100 })));
    node.keeps = (message) => message.type !== "ping" && (late ? message.type === "cancel" : true);
    if (late) {
      // The release arrives, its answer does not.
      for (const link of node.links) link.say = () => undefined;
    }
    await expect(done(node, held.release())).rejects.toMatchObject({ code: "TIMEOUT", executed: "unknown" });
    expect(peek().locked()).toBe(!late);
    for (const link of node.links) Reflect.deleteProperty(link, "say");
    node.letGo();
    await clock.pass(100);
    await done(node, held.release());
    expect(peek().locked()).toBe(false);
  }
});

test("after an abort a release does not hang, and is carried out in the background", async () => {
  const { node, clock, lock, peek } = world();
  const control = new AbortController();
  const held = await done(node, hold(lock(), { signal: control.signal }));
  node.keeps = (message) => message.type !== "ping";
  const before = watch(held.release());
  await clock.pass(1_000);
  expect(before.done).toBe(false);
  control.abort();
  await clock.pass(250);
  expect(before).toMatchObject({ done: true });
  const after = watch(held[Symbol.asyncDispose]());
  await clock.pass(250);
  expect(after).toMatchObject({ done: true });
  expect(after.error).toBeUndefined();
  node.letGo();
  await clock.pass(20);
  expect(peek().locked()).toBe(false);
});

test("a lock that was revoked says so when it is released", async () => {
  const { node, lock } = world();
  const proxy = lock();
  const held = await done(node, hold(proxy));
  expect(await done(node, lock().revoke())).toBe(true);
  await expect(done(node, held.release())).rejects.toMatchObject({ code: "NOT_OWNER", name: "RuntimeError" });
  expect(held.signal.aborted).toBe(true);
  await done(node, held.release());
});

test("a semaphore is held, too: one permit, given back once", async () => {
  const { node, clock } = world();
  const semaphore = node.client().connect<Semaphore>("Semaphore");
  const peek = () => node.log.machine.peek("Semaphore/main") as Semaphore;
  const held = await done(node, hold(semaphore));
  expect([held.token, peek().value()]).toEqual([0, 0]);
  const next = watch(hold(semaphore));
  await clock.pass(20);
  expect(next.done).toBe(false);
  await done(node, held.release());
  await done(node, held.release());
  await clock.until(() => next.done);
  await done(node, next.value?.release() ?? Promise.reject(new Error("not held")));
  expect(peek().value()).toBe(1);
});

test("what is no proxy, and what is no timeout, is refused at once", async () => {
  const { lock } = world();
  const fake = { acquire: () => Promise.resolve(1), release: () => Promise.resolve() };
  await expect(hold(fake)).rejects.toThrow(TypeError);
  await expect(hold(lock(), { timeout: -1 })).rejects.toThrow(RangeError);
});

test("a session that ends before the lock was granted fails the hold", async () => {
  const { node, clock, lock } = world();
  const owner = await done(node, hold(lock()));
  const proxy = lock();
  const waiting = watch(hold(proxy));
  await clock.pass(20);
  node.decide({ type: "close", session: node.sessions[1] as never });
  await clock.until(() => waiting.done);
  expect(waiting.error).toMatchObject({ code: "SESSION_EXPIRED" });
  expect(proxy[session].state).not.toBe("closed");
  await done(node, owner.release());
});

/** A lock of a user's own, which answers nothing. */
class Door {
  inner = new DLock();
  acquire(): undefined | Blocked<undefined> {
    const answer = this.inner.acquire();
    return typeof answer === "number" ? undefined : (answer as unknown as Blocked<undefined>);
  }
  release(): void {
    this.inner.release();
  }
}

test("a class of a user's own is held by the same two methods", async () => {
  const node = new OneNode(Door);
  const door = node.client().connect(Door);
  const peek = () => (node.log.machine.peek("Door/main") as Door).inner;
  const held = await done(node, hold(door));
  expect([peek().locked(), held.token]).toEqual([true, 0]);
  await done(node, held.release());
  expect(peek().locked()).toBe(false);
});
