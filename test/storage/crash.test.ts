/**
 * Kills and power cuts at every call to the disk: what was acknowledged is there, of the append under way all or
 * nothing, and what was cut is reported. Also the files that such moments leave, one by one.
 */
import { createHash } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { Dice } from "../../src/shared/sim/dice.ts";
import { loadNumbers } from "../conformance/storage.ts";
import { group } from "./numbered.ts";
import {
  folder,
  type Image,
  imageOf,
  makeLog,
  openIn,
  outcomeOf,
  restore,
  usedBytes,
  withFile,
} from "./rig.ts";
import { refusal, WatchedDisk } from "./watched-disk.ts";

/** Of a file that holds no group, at most. */
const headerBytes = 512;
/** Sizes of appends: small ones, one of several sectors, one larger than a file. */
const sizes = [1, 3, 2, 12, 5, 60, 1, 1, 30, 4, 2, 25, 7, 1, 90, 2];

interface Moment<T> {
  readonly at: string;
  readonly acknowledged: number;
  /** With the append under way. */
  readonly atMost: number;
  readonly left: T;
}

/** Runs a log from its first to its last call, and looks at its files before each call to the disk. */
async function moments<T>(look: (disk: WatchedDisk, dir: string) => T): Promise<Moment<T>[]> {
  const dir = folder();
  const found: Moment<T>[] = [];
  let [acknowledged, atMost] = [0, 0];
  for (const half of [sizes.slice(0, 9), sizes.slice(9)]) {
    const disk = new WatchedDisk(dir);
    const storage = await openIn(dir, disk);
    disk.before = (call, path) => {
      const at = `${found.length}: ${call} ${path}, ${acknowledged} to ${atMost} writes`;
      found.push({ at, acknowledged, atMost, left: look(disk, dir) });
    };
    await loadNumbers(storage);
    for (const size of half) {
      atMost += size;
      await storage.append(group(acknowledged + 1, atMost));
      acknowledged = atMost;
    }
    await storage.close();
    expect(disk.openFiles).toBe(0);
  }
  return found;
}

/** Tells files that were tried already with as much acknowledged. */
function onlyNew(): (image: Image, acknowledged: number) => boolean {
  const tried = new Set<string>();
  return (image, acknowledged) => {
    const hash = createHash("sha256");
    for (const [name, bytes] of image) hash.update(`${name} ${bytes.length} `).update(bytes);
    const before = tried.size;
    return tried.add(`${acknowledged} ${hash.digest("hex")}`).size > before;
  };
}

test("a kill before any call to the disk", async () => {
  const all = await moments((_, dir) => imageOf(dir));
  expect(all.length).toBeGreaterThan(60);
  const dir = folder();
  const isNew = onlyNew();
  for (const { at, acknowledged, atMost, left } of all) {
    if (!isNew(left, acknowledged)) continue;
    const outcome = await outcomeOf(dir, left);
    expect(outcome.type, `${at} ${JSON.stringify(outcome)}`).toBe("loaded");
    if (outcome.type === "loaded") expect([acknowledged, atMost], at).toContain(outcome.count);
  }
});

test("a power cut before any call to the disk, with any sectors and names that were not synced", async () => {
  const dice = new Dice(11);
  const all = await moments((disk) => Array.from({ length: 6 }, () => disk.cutPower(dice)));
  const dir = folder();
  const isNew = onlyNew();
  const seen = { all: 0, cut: 0, without: 0, damage: 0 };
  for (const { at, acknowledged, atMost, left } of all)
    for (const { image, reordered } of left) {
      if (!isNew(image, acknowledged)) continue;
      const outcome = await outcomeOf(dir, image);
      const what = `${at} ${JSON.stringify(outcome)}`;
      if (outcome.type === "damage") {
        // Only a trailer that was on the disk before the bytes in front of it may look so.
        expect(reordered, what).toBe(true);
        seen.damage++;
      } else {
        expect([acknowledged, atMost], what).toContain(outcome.count);
        if (outcome.notes.length > 0) {
          expect(outcome.count, what).toBe(acknowledged);
          seen.cut++;
        } else if (outcome.count === atMost) seen.all++;
        else seen.without++;
      }
    }
  for (const count of Object.values(seen)) expect(count, JSON.stringify(seen)).toBeGreaterThan(5);
});

let before: Image;
let after: Image;
let count: number;
let lastUsed: string;

beforeAll(async () => {
  const log = await makeLog(12);
  [before, after] = log.history.slice(-2) as [Image, Image];
  count = log.counts.at(-2) as number;
  lastUsed = [...after].findLast(([, bytes]) => usedBytes(bytes) > headerBytes)?.[0] as string;
});

/** The image with the last group, but for its last bytes that are not zero. */
function torn(image: Image, name: string): Image {
  const bytes = Buffer.from(image.get(name) as Buffer);
  return withFile(image, name, bytes.fill(0, usedBytes(bytes) - 32));
}

test("a file that was not finished is removed", async () => {
  const dir = folder();
  for (const name of ["000001.log.new", `${lastUsed}.new`, "000099.log.new"]) {
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(100, 7), after.get(lastUsed) as Buffer]) {
      const outcome = await outcomeOf(dir, withFile(before, name, bytes));
      expect(outcome).toEqual({ type: "loaded", count, notes: [] });
      expect([...imageOf(dir).keys()].filter((left) => left.endsWith(".new"))).toEqual([]);
    }
  }
});

test("a folder with nothing but an unfinished file, or an unused one", async () => {
  const dir = folder();
  const unfinished = new Map([["000001.log.new", Buffer.alloc(1_000)]]);
  expect(await outcomeOf(dir, unfinished)).toEqual({ type: "loaded", count: 0, notes: [] });
  const { image: unused } = await makeLog(0);
  expect([...unused].map(([name, bytes]) => [name, usedBytes(bytes) <= headerBytes])).toEqual([
    ["000001.log", true],
  ]);
  expect(await outcomeOf(dir, unused)).toEqual({ type: "loaded", count: 0, notes: [] });
});

test("a torn last group is cut and reported once, with and without a file ready behind it", async () => {
  const dir = folder();
  const alone = new Map([...after].filter(([name]) => name <= lastUsed));
  for (const image of [after, alone]) {
    const outcome = await outcomeOf(dir, torn(image, lastUsed));
    expect(outcome).toMatchObject({ type: "loaded", count });
    expect(outcome.type === "loaded" && outcome.notes.join()).toMatch(
      new RegExp(`^[^,]*${lastUsed}.*offset \\d+`),
    );
  }
});

test("a file that is ready behind the last one is used", async () => {
  const { image, counts } = await makeLog(9);
  const [name, bytes] = [...image].at(-1) as [string, Buffer];
  expect(usedBytes(bytes)).toBeLessThanOrEqual(headerBytes);
  const without = new Map(image);
  without.delete(name);
  const dir = folder();
  for (const files of [image, without]) {
    const outcome = await outcomeOf(dir, files);
    expect(outcome).toEqual({ type: "loaded", count: counts.at(-1), notes: [] });
  }
});

test("after each append: a torn last group is cut, also the first of a file; an earlier one is damage", async () => {
  const dir = folder();
  const { history, counts } = await makeLog(30);
  for (const [i, image] of history.entries()) {
    const used = [...image].filter(([, bytes]) => usedBytes(bytes) > headerBytes).map(([name]) => name);
    const last = used.pop() as string;
    const outcome = await outcomeOf(dir, torn(image, last));
    expect(outcome).toMatchObject({ type: "loaded", count: counts[i - 1] ?? 0, notes: [expect.any(String)] });
    for (const earlier of used)
      expect(await outcomeOf(dir, torn(image, earlier))).toMatchObject({ type: "damage" });
  }
});

test("a kill or a power cut while a torn log is repaired", async () => {
  const dice = new Dice(12);
  const image = torn(after, lastUsed);
  const [dir, other] = [folder(), folder()];
  restore(dir, image);
  const disk = new WatchedDisk(dir);
  const storage = await openIn(dir, disk);
  const left: Image[] = [];
  disk.before = () => {
    left.push(imageOf(dir), ...Array.from({ length: 20 }, () => disk.cutPower(dice).image));
  };
  expect((await loadNumbers(storage)).notes.length).toBe(1);
  disk.before = () => undefined;
  await storage.close();
  expect(left.length).toBeGreaterThan(100);
  const isNew = onlyNew();
  for (const files of left)
    if (isNew(files, count)) expect(await outcomeOf(other, files)).toMatchObject({ type: "loaded", count });
  // Once it was read, no power cut takes it.
  expect(await outcomeOf(other, disk.cutPower(dice).image)).toEqual({ type: "loaded", count, notes: [] });
});

test("what a start has read stays, also when the sync of its append had failed", async () => {
  const dice = new Dice(13);
  const [dir, other] = [folder(), folder()];
  for (const size of [1, 12, 60]) {
    restore(dir, new Map());
    const disk = new WatchedDisk(dir);
    const storage = await openIn(dir, disk);
    await loadNumbers(storage);
    await storage.append(group(1, 5));
    disk.before = (call) => {
      if (call === "fdatasync") throw refusal("EIO");
    };
    await expect(storage.append(group(6, 5 + size))).rejects.toThrow("EIO");
    disk.before = () => undefined;
    await storage.close();
    const next = await openIn(dir, disk);
    const { numbers } = await loadNumbers(next);
    for (let i = 0; i < 20; i++) {
      const outcome = await outcomeOf(other, disk.cutPower(dice).image);
      expect(outcome).toEqual({ type: "loaded", count: numbers.length, notes: [] });
    }
    await next.close();
  }
});

/** Lives of one disk until the k-th call of the first fails. @returns whether there were so many calls */
async function failOnce(dir: string, disk: WatchedDisk, k: number): Promise<boolean> {
  let calls = 0;
  disk.before = (call) => {
    if (call !== "close" && ++calls === k) throw refusal("EIO");
  };
  const storage = await openIn(dir, disk);
  try {
    await loadNumbers(storage);
    for (let i = 0; i < 12; i++) await storage.append(group(i * 6 + 1, i * 6 + 6));
  } catch (error) {
    expect(error).toMatchObject({ name: "StorageError", kind: "io" });
  }
  await storage.close();
  disk.before = () => undefined;
  return calls >= k;
}

test("a call that fails, a start, more appends, a power cut: nothing that was loaded or appended is lost", async () => {
  const dice = new Dice(14);
  const [dir, other] = [folder(), folder()];
  for (let k = 1; ; k++) {
    restore(dir, new Map());
    const disk = new WatchedDisk(dir);
    if (!(await failOnce(dir, disk, k))) break;
    const storage = await openIn(dir, disk);
    const { numbers } = await loadNumbers(storage);
    let last = numbers.length;
    for (let i = 0; i < 4; i++) {
      await storage.append(group(last + 1, last + 6));
      last += 6;
      const { image } = disk.cutPower(dice);
      const outcome = await outcomeOf(other, image);
      expect(outcome, `call ${k}`).toEqual({ type: "loaded", count: last, notes: [] });
    }
    await storage.close();
  }
});
