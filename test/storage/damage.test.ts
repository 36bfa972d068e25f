/** Files that changed after they were written: what was acknowledged is loaded, or the start is refused. */
import { beforeAll, expect, test } from "vitest";
import { Dice } from "../../src/shared/sim/dice.ts";
import { folder, type Image, type Log, makeLog, outcomeOf, sameImage, usedBytes, withFile } from "./rig.ts";

let log: Log;
let whole: number;
let names: readonly string[];
/** The file of the last group. */
let lastUsed: string;

beforeAll(async () => {
  log = await makeLog(41);
  whole = log.counts.at(-1) as number;
  names = [...log.image.keys()];
  lastUsed = names.findLast((name) => usedBytes(log.image.get(name) as Buffer) > 512) as string;
});

function fileIn(image: Image, name: string): Buffer {
  return image.get(name) as Buffer;
}

test("the log of these tests has several full files, one in use and one ready", () => {
  expect(names.length).toBeGreaterThanOrEqual(5);
  expect(names.indexOf(lastUsed)).toBe(names.length - 2);
});

test("unchanged files load", async () => {
  expect(await outcomeOf(folder(), log.image)).toEqual({ type: "loaded", count: whole, notes: [] });
});

test("any file cut short anywhere is damage", async () => {
  const dice = new Dice(1);
  const dir = folder();
  for (let i = 0; i < 100; i++) {
    const name = dice.pick(names);
    const bytes = fileIn(log.image, name);
    const length = dice.pick([dice.below(bytes.length), bytes.length - 1 - dice.below(64), 0]);
    const cut = withFile(log.image, name, bytes.subarray(0, length));
    expect(await outcomeOf(dir, cut), `${name} of ${length} bytes`).toMatchObject({ type: "damage" });
  }
});

test("a file that is longer than it was is damage or harmless", async () => {
  const dir = folder();
  for (const name of names) {
    const longer = Buffer.concat([fileIn(log.image, name), Buffer.alloc(100)]);
    const outcome = await outcomeOf(dir, withFile(log.image, name, longer));
    if (outcome.type === "loaded") expect(outcome.count).toBe(whole);
  }
});

test("a missing file is damage, but for one that was not used yet", async () => {
  const dir = folder();
  for (const name of names) {
    const image = new Map(log.image);
    image.delete(name);
    const outcome = await outcomeOf(dir, image);
    if (name === names.at(-1)) expect(outcome).toEqual({ type: "loaded", count: whole, notes: [] });
    // A log without its last file ends where the file before it does: no file can tell of that.
    else if (name !== lastUsed || names.length > names.indexOf(name) + 1)
      expect(outcome, name).toMatchObject({ type: "damage" });
  }
});

test("two files in each other's place are damage", async () => {
  const [first, second] = [names[0] as string, names[1] as string];
  const swapped = withFile(log.image, first, fileIn(log.image, second));
  const image = withFile(swapped, second, fileIn(log.image, first));
  expect(await outcomeOf(folder(), image)).toMatchObject({ type: "damage" });
});

test("zeros from anywhere to the end of a file never hide a group silently", async () => {
  const dice = new Dice(2);
  const dir = folder();
  const seen = { damage: 0, cut: 0, whole: 0 };
  for (let i = 0; i < 150; i++) {
    const name = dice.chance(0.5) ? lastUsed : dice.pick(names);
    const bytes = Buffer.from(fileIn(log.image, name));
    const from = dice.below(dice.chance(0.8) ? usedBytes(bytes) : bytes.length);
    const image = withFile(log.image, name, bytes.fill(0, from));
    const outcome = await outcomeOf(dir, image);
    const what = `${name} zeros from ${from}: ${JSON.stringify(outcome)}`;
    if (outcome.type === "damage") seen.damage++;
    else if (outcome.count === whole) seen.whole++;
    else {
      // Only in the last file, only whole groups, and with a note; unless the file is as it once was.
      expect(name, what).toBe(lastUsed);
      expect(log.counts, what).toContain(outcome.count);
      const once = log.history.some((then) => sameFile(then, image, name));
      if (!once) expect(outcome.notes.join(), what).toMatch(/\d{6}\.log.*offset \d+/);
      seen.cut++;
    }
  }
  expect(Math.min(seen.damage, seen.cut), JSON.stringify(seen)).toBeGreaterThan(5);
});

function sameFile(a: Image, b: Image, name: string): boolean {
  return sameImage(new Map([["", a.get(name) ?? Buffer.alloc(0)]]), new Map([["", fileIn(b, name)]]));
}

test("a single flipped bit anywhere is damage or harmless", async () => {
  const dice = new Dice(3);
  const dir = folder();
  const seen = { damage: 0, loaded: 0 };
  for (let i = 0; i < 400; i++) {
    const name = dice.chance(0.4) ? lastUsed : dice.pick(names);
    const bytes = Buffer.from(fileIn(log.image, name));
    const at = dice.below(dice.chance(0.7) ? usedBytes(bytes) : bytes.length);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << dice.below(8)), at);
    const outcome = await outcomeOf(dir, withFile(log.image, name, bytes));
    seen[outcome.type]++;
    if (outcome.type === "loaded") expect(outcome.count, `${name} flipped at ${at}`).toBe(whole);
  }
  expect(seen.damage, JSON.stringify(seen)).toBeGreaterThan(200);
});

test("a zeroed or overwritten sector anywhere is damage or harmless, or the last group's and reported", async () => {
  const dice = new Dice(4);
  const dir = folder();
  const beforeLast = log.counts.at(-2) as number;
  for (let i = 0; i < 200; i++) {
    const name = dice.chance(0.4) ? lastUsed : dice.pick(names);
    const bytes = Buffer.from(fileIn(log.image, name));
    const at = 512 * dice.below(Math.ceil((dice.chance(0.8) ? usedBytes(bytes) : bytes.length) / 512));
    if (dice.chance(0.5)) bytes.fill(0, at, at + 512);
    else fileIn(log.image, dice.pick(names)).copy(bytes, at, 512 * dice.below(8), 512 * dice.below(8) + 512);
    const image = withFile(log.image, name, bytes);
    const outcome = await outcomeOf(dir, image);
    if (outcome.type === "damage" || outcome.count === whole) continue;
    const what = `${name} sector at ${at}: ${JSON.stringify(outcome)}`;
    const once = log.history.some((then) => sameFile(then, image, name));
    if (once) continue;
    expect(outcome.count, what).toBe(beforeLast);
    expect(outcome.notes.length, what).toBe(1);
  }
});
