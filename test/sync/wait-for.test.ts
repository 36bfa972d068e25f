/** `waitFor`, with the real client and the real condition. */
import { expect, test } from "vitest";
import { hold, waitFor } from "../../src/shared/client/index.ts";
import { Condition } from "../../src/shared/object/library/condition.ts";
import { watch } from "../client/world.ts";
import { done, OneNode } from "./one-node.ts";

function conditions() {
  const node = new OneNode(Condition);
  const condition = () => node.client().connect<Condition>("Condition");
  const peek = () => node.log.machine.peek("Condition/main") as Condition;
  return { node, clock: node.clock, condition, peek };
}

test("waitFor asks at first, and after each notify, with the lock held", async () => {
  const { node, clock, condition, peek } = conditions();
  const [mine, theirs] = [condition(), condition()];
  let count = 0;
  const owners: unknown[] = [];
  const waiter = async () => {
    await using held = await hold(mine);
    const tokens = [held.token];
    const found = await waitFor(
      mine,
      () => {
        owners.push(peek().owner?.holder === held.holder);
        tokens.push(held.token);
        return count;
      },
      { held },
    );
    return { found, tokens };
  };
  const waiting = watch(waiter());
  for (count = 0; count < 2; ) {
    await clock.pass(50);
    expect(waiting.done).toBe(false);
    const other = await done(node, hold(theirs));
    if (owners.length > 1) count = 2;
    await done(node, theirs.notify(1, other.holder));
    await done(node, other.release());
  }
  await clock.until(() => waiting.done);
  expect(waiting.value?.found).toBe(2);
  expect(owners).toEqual([true, true, true]);
  const { tokens = [] } = waiting.value ?? {};
  expect(tokens.slice(1)).toEqual([...new Set(tokens)].sort((a, b) => a - b));
  expect(peek().locked()).toBe(false);
});

test("waitFor answers at once when it is true already", async () => {
  const { node, condition } = conditions();
  expect(
    await done(
      node,
      waitFor(condition(), () => "yes"),
    ),
  ).toBe("yes");
});

test("waitFor gives what the predicate said last when the time is over, and holds the lock", async () => {
  const { node, clock, condition, peek } = conditions();
  const mine = condition();
  await done(node, mine.acquire());
  const from = clock.now;
  const ticks = watch(waitFor(mine, () => 0, { timeout: 100 }));
  // Log time passes with what is decided.
  while (!ticks.done) {
    await clock.pass(5);
    node.decide({ type: "keepAlive", sessions: node.sessions });
  }
  expect(ticks.value).toBe(0);
  expect(clock.now - from).toBeGreaterThanOrEqual(100);
  expect(peek().locked()).toBe(true);
});

test("waitFor without the lock fails", async () => {
  const { node, condition } = conditions();
  await expect(
    done(
      node,
      waitFor(condition(), () => false),
    ),
  ).rejects.toMatchObject({ code: "NOT_OWNER" });
});

test("waitFor that was given up leaves no lock behind, also when it was notified too late", async () => {
  for (const named of [false, true]) {
    const { node, clock, condition, peek } = conditions();
    const [mine, theirs] = [condition(), condition()];
    const held = named ? await done(node, hold(mine)) : undefined;
    if (!named) await done(node, mine.acquire());
    const control = new AbortController();
    const waiting = watch(waitFor(mine, () => false, { signal: control.signal, held }));
    await clock.pass(20);
    node.keeps = (message) => message.type === "cancel";
    control.abort();
    await clock.until(() => waiting.done);
    expect(waiting.error).toMatchObject({ code: "ABORTED" });
    await done(node, theirs.acquire());
    await done(node, theirs.notify());
    await done(node, theirs.release());
    await clock.pass(20);
    expect(peek().locked()).toBe(false);
    if (held !== undefined) await done(node, held.release());
  }
});
