/**
 * What Python's documentation of `threading` says of its sync primitives, against three durable replicas and several
 * client processes: of the ready objects, and of the same primitives as parts of users' classes.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Play } from "./play.ts";
import { Rig } from "./rig.ts";
import { playAll } from "./table.ts";
import { barrierTable } from "./tables/barrier.ts";
import { conditionTable } from "./tables/condition.ts";
import { lockTable } from "./tables/lock.ts";
import { rlockTable } from "./tables/rlock.ts";
import { boundedSemaphoreTable, semaphoreTable } from "./tables/semaphore.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.start("abcdz");
});
afterAll(() => rig?.stop());

playAll(() => rig, ["Lock", "Door"], lockTable);
playAll(() => rig, ["RLock", "Desk"], rlockTable);
playAll(() => rig, ["Semaphore", "Seats"], semaphoreTable);
playAll(() => rig, ["BoundedSemaphore", "Tools"], boundedSemaphoreTable);
playAll(() => rig, ["Condition", "Bell"], conditionTable);
playAll(() => rig, ["Barrier", "Gate"], barrierTable);

test.each([
  ["a acquire: blocked"],
  ["a acquire: false"],
  ["a acquire: token, not before 5000"],
  ["a acquire: token", "a token: token"],
  ["a acquire: token", "b acquire: blocked", "a release", "b?: blocked"],
  ["a acquire: token", "b acquire true 20: false, not before 5000"],
  ["a acquire false: sent", "b acquire false: sent", "answers a b: token token"],
])("what is not so is found out: %j", async (...lines) => {
  const play = new Play(rig, "Lock");
  await expect(play.lines(lines)).rejects.toThrow();
  await play.end();
});
