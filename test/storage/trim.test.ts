/** Trims and snapshots of real files: kills and power cuts at every call, files that are missing or changed. */
import { readdirSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { headerBytes } from "../../src/node/storage/format.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Storage } from "../../src/shared/server/storage.ts";
import { Dice } from "../../src/shared/sim/dice.ts";
import { loadAll } from "../conformance/storage.ts";
import { group, numbered, snapshot, trimmed } from "./numbered.ts";
import {
  folder,
  type Image,
  imageOf,
  openIn,
  restore,
  segmentBytes,
  sha256,
  usedBytes,
  withFile,
} from "./rig.ts";
import { live, lived, mustFit, newTruth, type State, stateOf, type Truth } from "./story.ts";
import { refusal, WatchedDisk } from "./watched-disk.ts";

let image: Image;
let truth: Truth;
let segments: string[];
let snapshots: string[];

beforeAll(async () => {
  ({ image, truth } = await lived(4));
  segments = [...image.keys()].filter((name) => name.endsWith(".log"));
  snapshots = [...image.keys()].filter((name) => name.startsWith("snapshot-"));
});

test("the folder of these tests has a trimmed log of several files and two snapshots", async () => {
  expect(segments.length).toBeGreaterThanOrEqual(4);
  expect(segments).not.toContain("000001.log");
  expect(snapshots.length).toBeGreaterThanOrEqual(2);
  expect(image.has("trimmed")).toBe(true);
  const state = await stateOf(folder(), image);
  expect(state.type === "loaded" && state.found.notes).toEqual([]);
  mustFit(state as Extract<State, { type: "loaded" }>, truth, "unchanged");
});

interface Moment<T> {
  readonly at: string;
  readonly truth: Truth;
  readonly left: T;
}

/** A life of two openings, and its files before calls to the disk, with `step` from one to the next. */
async function moments<T>(step: number, look: (disk: WatchedDisk, dir: string) => T): Promise<Moment<T>[]> {
  const dir = folder();
  const found: Moment<T>[] = [];
  const now = newTruth();
  let calls = 0;
  for (let life = 0; life < 2; life++) {
    const disk = new WatchedDisk(dir);
    disk.before = (call, path) => {
      if (call === "read" || ++calls % step > 0) return;
      found.push({ at: `${calls}: ${call} ${path}`, truth: { ...now }, left: look(disk, dir) });
    };
    const storage = await openIn(dir, disk);
    await loadAll(storage);
    await live(storage, now, 2);
    await storage.close();
    expect(disk.openFiles).toBe(0);
  }
  return found;
}

test("a kill before any call to the disk", async () => {
  const all = await moments(4, (_, dir) => imageOf(dir));
  expect(all.length).toBeGreaterThan(100);
  const dir = folder();
  for (const { at, truth: then, left } of all) {
    const state = await stateOf(dir, left);
    if (state.type === "damage") expect.unreachable(`${at}: ${state.message}`);
    else mustFit(state, then, at);
  }
});

test("a power cut before any call to the disk, with any sectors and names that were not synced", async () => {
  const dice = new Dice(21);
  const all = await moments(3, (disk) => disk.cutPower(dice));
  const dir = folder();
  const seen = { loaded: 0, damage: 0 };
  for (const { at, truth: then, left } of all) {
    const state = await stateOf(dir, left.image);
    seen[state.type]++;
    // Only a trailer that was on the disk before the bytes in front of it may look like damage.
    if (state.type === "damage") expect(left.reordered, `${at}: ${state.message}`).toBe(true);
    else mustFit(state, then, at);
  }
  expect(seen.loaded).toBeGreaterThan(4 * seen.damage);
});

test("any file that is missing is damage, but for a segment that was not used and the older snapshot", async () => {
  const dir = folder();
  for (const name of image.keys()) {
    const without = new Map(image);
    without.delete(name);
    const state = await stateOf(dir, without);
    if (name === segments.at(-1) || name === snapshots[0]) expect(state.type, name).toBe("loaded");
    else expect(state, name).toMatchObject({ type: "damage" });
  }
});

test("segments that are missing at the beginning need the record and the note of a trim", async () => {
  const dir = folder();
  const without = new Map(image);
  without.delete("trimmed");
  expect(await stateOf(dir, without)).toMatchObject({ message: /earlier segments are missing/ });
  const other = folder();
  const storage = await openIn(other);
  await loadAll(storage);
  for (let n = 1; n < 200; n += 20) await storage.append(group(n, n + 19));
  await storage.close();
  const untrimmed = new Map(imageOf(other));
  untrimmed.delete("000001.log");
  expect(await stateOf(dir, untrimmed)).toMatchObject({ message: /earlier segments are missing/ });
  // A note of another log: its segments are there, but no record says that the others may go.
  const firsts = [...untrimmed.keys()].map((name) => Number(name.slice(0, 6)));
  expect(firsts[0]).toBe(2);
  for (const [name, bytes] of image) if (name === "trimmed") untrimmed.set(name, bytes);
  expect(await stateOf(dir, untrimmed)).toMatchObject({ type: "damage" });
});

test("segments and unfinished files that a crash left behind are removed", async () => {
  const dir = folder();
  const old = image.get(segments[0] as string) as Buffer;
  const left = new Map(image);
  for (const name of ["000001.log", "snapshot-99.3.new", "trimmed.new", "000099.log.new"])
    left.set(name, old);
  const state = await stateOf(dir, left);
  mustFit(state as Extract<State, { type: "loaded" }>, truth, "left behind");
  const names = readdirSync(dir);
  expect(names.filter((name) => name.endsWith(".new"))).toEqual([]);
  expect(names).not.toContain("000001.log");
});

/** All files but the segment that is made ahead of the need, which may come at any moment: it has no group yet. */
function filesIn(dir: string): string[] {
  const isAhead = (name: string, bytes: Buffer) =>
    name.endsWith(".log.new") || (name.endsWith(".log") && usedBytes(bytes) <= headerBytes);
  return [...imageOf(dir)].flatMap(([name, bytes]) => (isAhead(name, bytes) ? [] : name)).sort();
}

test("a trim drops the oldest segments and takes their bytes off", async () => {
  const dir = folder();
  const storage = await openIn(dir);
  await loadAll(storage);
  for (let n = 1; n < 1_000; n += 20) await storage.append(group(n, n + 19));
  await storage.append([trimmed(900)]);
  const [before, bytes] = [imageOf(dir), storage.bytes()];
  await storage.trim(slot(900), slot(900));
  const after = imageOf(dir);
  const dropped = [...before.keys()].filter((name) => name.endsWith(".log") && !after.has(name)).length;
  expect(dropped).toBeGreaterThan(before.size / 2);
  expect(storage.bytes()).toBe(bytes - dropped * segmentBytes);
  const names = filesIn(dir);
  // A slot above the mark keeps its segment and all behind it.
  await storage.trim(slot(900), slot(900));
  expect(filesIn(dir)).toEqual(names);
  await expect(storage.trim(slot(901), slot(901))).rejects.toThrow("a trim follows its durable record");
  await storage.close();
});

test("what was appended after the record stays, also if no slot is in it", async () => {
  const dir = folder();
  const storage = await openIn(dir);
  await loadAll(storage);
  await storage.append([...group(1, 9), trimmed(9)]);
  await keep(storage, 9);
  const marks = Array.from({ length: 600 }, (_, i) => 12 + 3 * i);
  for (const mark of marks) await storage.append([numbered(mark)]);
  const before = filesIn(dir);
  await storage.trim(slot(9), slot(9));
  expect(filesIn(dir)).toEqual(before);
  await storage.append([trimmed(9)]);
  await storage.trim(slot(9), slot(9));
  expect(filesIn(dir).length).toBeLessThan(before.length / 2);
  await storage.close();
  const next = await openIn(dir);
  expect((await loadAll(next)).numbers.at(-1)).toBe(marks.at(-1));
  await next.close();
});

test("a close while snapshots are begun, written and read leaves no file open", async () => {
  const disk = new WatchedDisk();
  for (let turns = 0; turns < 12; turns++) {
    const storage = await openIn(folder(), disk);
    await loadAll(storage);
    await keep(storage, 5);
    const { head, bytes } = snapshot(9, 100, sha256);
    const work = storage
      .keep(head)
      .then((sink) => sink.write(bytes).then(() => sink.commit()))
      .catch((error: unknown) => error);
    const read = storage.read(slot(5), 0, 100);
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    await storage.close();
    await Promise.all([work, read]);
    expect(disk.openFiles).toBe(0);
  }
});

async function keep(storage: Storage, n: number): Promise<void> {
  const { head, bytes } = snapshot(n, 300_000, sha256);
  const sink = await storage.keep(head);
  await sink.write(bytes);
  await sink.commit();
}

test("the bytes of a snapshot's file are those of version 1", async () => {
  const dir = folder();
  const storage = await openIn(dir);
  await loadAll(storage);
  const { head, bytes } = snapshot(5, 3, sha256);
  const sink = await storage.keep(head);
  await sink.write(bytes);
  await sink.commit();
  await storage.close();
  expect(imageOf(dir).get("snapshot-5")?.toString("hex")).toBe(
    "636f6e636f6f726420736e617073686f74000000010000004b0000001d11c41f07a22d0e85058183000180057840" +
      "31366563343965366461303763316231376266383031633339623631663462653439613364636237333561303865" +
      "336431376137363861653632396131653966039ba2a9244b3c3dbab04059",
  );
});

test("a bit that flips in a kept snapshot is found when it is read", async () => {
  const dir = folder();
  const storage = await openIn(dir);
  await loadAll(storage);
  await keep(storage, 5);
  const file = Buffer.from(imageOf(dir).get("snapshot-5") as Buffer);
  const at = file.length - 100_000;
  file.writeUInt8(file.readUInt8(at) ^ 1, at);
  restore(dir, withFile(imageOf(dir), "snapshot-5", file));
  await storage.close();
  const next = await openIn(dir);
  await expect(loadAll(next)).rejects.toMatchObject({ kind: "damage", message: /snapshot-5, offset \d+/ });
  await next.close();
});

test("the older of two snapshots is checked where it is read", async () => {
  const dir = folder();
  const name = snapshots[0] as string;
  const file = Buffer.from(image.get(name) as Buffer);
  file.writeUInt8(file.readUInt8(69_000) ^ 1, 69_000);
  restore(dir, withFile(image, name, file));
  const storage = await openIn(dir);
  await loadAll(storage);
  const at = slot(Number(name.slice("snapshot-".length)));
  expect((await storage.read(at, 0, 50_000))?.length).toBe(50_000);
  const error = await storage.read(at, 60_000, 10_000).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: "StorageError", kind: "damage" });
  expect(String(error)).toMatch(/snapshot-\d+, offset \d+/);
  await storage.close();
});

test("any one call that fails: an error of kind io or no harm, and all that was acknowledged is found", async () => {
  let failures = 0;
  const other = folder();
  for (let k = 1; ; k += 2) {
    const dir = folder();
    const disk = new WatchedDisk();
    let calls = 0;
    disk.before = (call) => {
      if (call !== "close" && ++calls === k) throw refusal("EIO");
    };
    const now = newTruth();
    let error: unknown = null;
    const storage = await openIn(dir, disk).catch((thrown: unknown) => {
      error = thrown;
      return null;
    });
    try {
      if (storage !== null) {
        await loadAll(storage);
        await live(storage, now, 2);
      }
    } catch (thrown) {
      error = thrown;
    }
    await storage?.close();
    if (calls < k) break;
    const what = `call ${k}: ${String(error)}`;
    if (error !== null) {
      failures++;
      expect(error, what).toMatchObject({ name: "StorageError", kind: "io" });
      expect(String(error), what).toContain("EIO");
    }
    expect(disk.openFiles, what).toBe(0);
    const state = await stateOf(other, imageOf(dir));
    if (state.type === "damage") expect.unreachable(`${what}: ${state.message}`);
    else mustFit(state, now, what);
  }
  expect(failures).toBeGreaterThan(30);
});
