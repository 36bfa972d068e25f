/** P10: a replica whose code is not the cluster's votes and keeps the log, but executes nothing and does not stand. */
import { expect, test } from "vitest";
import { VirtualClock } from "../client/virtual-clock.ts";
import { counterOf, increment, Kept, RawClient, serverOf } from "./rig.ts";

const secret = "0123456789abcdef0123456789abcdef";

test.each([
  ["the same code", counterOf("one"), 3],
  ["other code", counterOf("two"), null],
])("after a restart with %s", async (_, registry, value) => {
  const clock = new VirtualClock(1);
  const disk = new Kept();
  const first = serverOf(clock, disk, counterOf("one"));
  await first.start({ type: "found" });
  await clock.until(() => first.ready, "a node that is ready");
  const client = new RawClient(first);
  const session = await client.open(clock, secret, 60_000);
  client.say(increment(session, 1), increment(session, 2), increment(session, 3));
  await clock.until(() => client.of("answer").length === 3, "three answers");
  const { executed } = first.machine;
  await Promise.all([first.stop(), clock.pass(1_000)]);

  const again = serverOf(clock, disk, registry);
  await again.start({ type: "found" });
  await clock.pass(1_000);
  const same = value !== null;
  const state = again.machine.peek("Counter/main");
  expect(state ?? null).toEqual(same ? { value } : null);
  expect(again.machine.executed >= executed).toBe(same);
  expect(again.node.log.decided).toBeGreaterThanOrEqual(executed);
  expect(again.node.leader.active).toBe(same);
  expect(again.status().problems).toHaveLength(same ? 0 : 1);
});
