/** Three real replicas under the load of 16 writers: killed with SIGKILL and restarted. */
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
