/** The suite of every Storage, run with each of them. */
import { expect, test } from "vitest";
import { MemoryStorage } from "../../src/node/memory-storage.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Storage } from "../../src/shared/server/storage.ts";
import { Agenda } from "../../src/shared/sim/agenda.ts";
import { Dice } from "../../src/shared/sim/dice.ts";
import { fakeHashOf } from "../../src/shared/sim/fake-hash.ts";
import { SimDisk, SimStorage } from "../../src/shared/sim/sim-storage.ts";
import { snapshotConformance } from "../conformance/snapshots.ts";
import { type StorageRig, storageConformance } from "../conformance/storage.ts";
import { fileRig } from "./file-rig.ts";
import { group, snapshot } from "./numbered.ts";
import { sha256 } from "./rig.ts";

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
    hash: fakeHashOf,
    close: () => Promise.resolve(),
  };
}

async function memoryRig(): Promise<StorageRig> {
  const unreachable = () => expect.unreachable("nothing outlives the process");
  return {
    open: async () => new MemoryStorage(),
    crash: unreachable,
    settle: (promise) => promise,
    breakDisk: unreachable,
    damage: unreachable,
    hash: sha256,
    close: () => Promise.resolve(),
  };
}

const durable = [
  { name: "files of 4 KiB", makeRig: () => fileRig(4_096) },
  { name: "files of 1 MiB", makeRig: () => fileRig(1024 * 1024) },
  { name: "the simulated disk", makeRig: simRig },
];

for (const { name, makeRig } of durable) {
  storageConformance(name, makeRig);
  snapshotConformance(name, makeRig, "durable");
}
snapshotConformance("memory", memoryRig, "in memory");

test("storage in memory takes everything and finds nothing", async () => {
  const storage: Storage = new MemoryStorage();
  expect(await storage.load(() => expect.unreachable())).toEqual({ snapshot: null, notes: [] });
  await storage.append(group(1, 10));
  expect(storage.bytes()).toBe(0);
  await storage.close();
});

test("storage in memory keeps the two newest snapshots", async () => {
  const storage = new MemoryStorage();
  for (const n of [30, 10, 20]) {
    const { head, bytes } = snapshot(n, 1_000, sha256);
    const sink = await storage.keep(head);
    await sink.write(bytes);
    await sink.commit();
  }
  const found = [];
  for (const n of [10, 20, 30]) found.push((await storage.read(slot(n), 0, 9))?.length ?? null);
  expect(found).toEqual([null, 9, 9]);
  expect(storage.bytes()).toBe(2_000);
});
