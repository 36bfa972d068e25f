/** Real replicas under the load of 16 writers: killed with SIGKILL and restarted, replaced, moved, evicted. */
import { expect, test } from "vitest";
import { type Outcome, play } from "./scenarios.ts";

function expectExact(outcome: Outcome): void {
  expect(outcome.unknown).toBe(0);
  expect(outcome.value).toBe(outcome.acknowledged);
}

test("SIGKILL and restart of each replica in turn: the counter is what was acknowledged", async () => {
  const outcome = await play("rolling", 1);
  expectExact(outcome);
  expect(outcome.silencesMillis).toHaveLength(3);
  expect(outcome.worstSilenceMillis).toBeLessThan(5_000);
}, 120_000);

test("SIGKILL of the leader: the others take over", async () => {
  const outcome = await play("leader-kill", 2);
  expectExact(outcome);
  expect(outcome.worstSilenceMillis).toBeLessThan(1_500);
}, 120_000);

test("SIGTERM of the leader: it hands over", async () => {
  const outcome = await play("leader-term", 2);
  expectExact(outcome);
  expect(outcome.worstSilenceMillis).toBeLessThan(5_000);
}, 120_000);

test("SIGKILL of all three at once: nothing acknowledged is lost", async () => {
  expectExact(await play("kill-all", 1));
}, 120_000);

test("a node joins, one leaves, loses its disk, moves, is evicted and comes back: nothing is lost", async () => {
  const outcome = await play("membership", 5);
  expectExact(outcome);
  // Two joined one by one, then join, leave, replace, move, evict and join again.
  expect(outcome.view).toBeGreaterThanOrEqual(3 + 6);
}, 240_000);

test("every member is replaced by another node: nothing is lost", async () => {
  const outcome = await play("rolling-replace", 1);
  expectExact(outcome);
  expect(outcome.view).toBe(3 + 6);
}, 120_000);
