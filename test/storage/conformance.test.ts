/** The suite of every Storage, run with each of them. */
import { expect, test } from "vitest";
import { MemoryStorage } from "../../src/node/memory-storage.ts";
import type { Storage } from "../../src/shared/server/storage.ts";
import { Agenda } from "../../src/shared/sim/agenda.ts";
import { Dice } from "../../src/shared/sim/dice.ts";
import { SimDisk, SimStorage } from "../../src/shared/sim/sim-storage.ts";
import { type StorageRig, storageConformance } from "../conformance/storage.ts";
import { fileRig } from "./file-rig.ts";
import { group } from "./numbered.ts";

async function simRig(): Promise<StorageRig> {
  const agenda = new Agenda();
  const dice = new Dice(5);
  const disk = new SimDisk();
  let owner = { alive: true, pausedUntil: 0 };
  return {
    open: async () => {
      owner = { alive: true, pausedUntil: 0 };
      return new SimStorage(disk, agenda, dice, owner);
    },
    crash: async () => {
      owner.alive = false;
      disk.crash(dice);
    },
    settle: (promise) => {
      for (let event = agenda.next(); event !== null; event = agenda.next()) event.run?.();
      return promise;
    },
    breakDisk: () => {
      disk.broken = true;
    },
    damage: async () => disk.corrupt(),
    close: () => Promise.resolve(),
  };
}

storageConformance("files of 4 KiB", () => fileRig(4_096));
storageConformance("files of 1 MiB", () => fileRig(1024 * 1024));
storageConformance("the simulated disk", simRig);

test("storage in memory takes everything and finds nothing", async () => {
  const storage: Storage = new MemoryStorage();
  expect(await storage.load(() => expect.unreachable())).toEqual({ notes: [] });
  await storage.append(group(1, 10));
  expect(storage.bytes()).toBe(0);
  await storage.close();
});
