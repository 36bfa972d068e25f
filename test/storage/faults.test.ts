/**
 * Cuts and flipped bits at random places of all files of a node: log, snapshots, the note of a trim. Each start is
 * refused with file and offset, or reports what it cut, or finds exactly what was acknowledged. `STORAGE_FAULTS=1`
 * runs 200 cuts of either kind and 1,000 flipped bits; without it, a fifth of them.
 */
import { beforeAll, expect, test } from "vitest";
import { Dice } from "../../src/shared/sim/dice.ts";
import { folder, type Image, usedBytes, withFile } from "./rig.ts";
import { lived, mustFit, stateOf, type Truth } from "./story.ts";

const share = process.env.STORAGE_FAULTS === "1" ? 1 : 0.2;
const [cuts, flips] = [200 * share, 1_000 * share];
/** Of a segment that holds no group, at most. */
const headerBytes = 512;

let image: Image;
let truth: Truth;
let names: readonly string[];
let lastUsed: string;

beforeAll(async () => {
  ({ image, truth } = await lived(4));
  names = [...image.keys()];
  lastUsed = names.findLast(
    (name) => name.endsWith(".log") && usedBytes(bytesOf(name)) > headerBytes,
  ) as string;
});

function bytesOf(name: string): Buffer {
  return image.get(name) as Buffer;
}

/** A bit in the zeros behind the last group looks like a write that was cut; what was acknowledged is all there. */
type Fate = "refused" | "cut and reported" | "nothing cut but a note" | "harmless";

function none(): Record<Fate, number> {
  return { refused: 0, "cut and reported": 0, "nothing cut but a note": 0, harmless: 0 };
}

/** @throws Error when the files look like another state */
async function fateOf(dir: string, left: Image, what: string): Promise<Fate> {
  const state = await stateOf(dir, left);
  if (state.type === "damage") return "refused";
  if (state.found.notes.length === 0) {
    mustFit(state, truth, what);
    return "harmless";
  }
  // Whole groups may be missing at the end, and one line says where.
  expect(state.found.notes.join(), what).toMatch(/^\S*\d{6}\.log: cut .* offset \d+ [^:]*$/);
  return state.last === truth.writes[1] ? "nothing cut but a note" : "cut and reported";
}

test(`${cuts} files cut short at a random offset`, async () => {
  const dice = new Dice(31);
  const dir = folder();
  for (let i = 0; i < cuts; i++) {
    const name = dice.pick(names);
    const bytes = bytesOf(name);
    const length = dice.below(dice.chance(0.7) ? usedBytes(bytes) : bytes.length);
    const what = `${name} cut at ${length}`;
    expect(await fateOf(dir, withFile(image, name, bytes.subarray(0, length)), what), what).toBe("refused");
  }
});

test(`${cuts} logs with nothing but zeros from a random offset on, as a write leaves them that was cut`, async () => {
  const dice = new Dice(32);
  const dir = folder();
  const seen = none();
  const used = usedBytes(bytesOf(lastUsed));
  const ends = groupEnds(bytesOf(lastUsed), used);
  while (Object.values(seen).reduce((sum, n) => sum + n) < cuts) {
    const name = dice.chance(0.6) ? lastUsed : dice.pick(names);
    const bytes = Buffer.from(bytesOf(name));
    const from = dice.below(usedBytes(bytes) + 100);
    // Between two groups the file is as it was before the second: nothing can tell.
    if (name === lastUsed && ends.some((end) => from >= end.from && from <= end.to)) continue;
    const what = `${name} zeros from ${from}`;
    seen[await fateOf(dir, withFile(image, name, bytes.fill(0, from)), what)]++;
  }
  expect(Math.min(seen.refused, seen["cut and reported"]), JSON.stringify(seen)).toBeGreaterThan(cuts / 10);
});

/** Where zeros begin that leave whole groups only: from their last byte that is not zero to the next group's first. */
function groupEnds(bytes: Buffer, used: number): { from: number; to: number }[] {
  const ends: { from: number; to: number }[] = [];
  for (let at = headerBytes; at < used; at += bytes.readUInt32LE(at + 12)) {
    const before = usedBytes(bytes.subarray(0, at));
    ends.push({ from: before, to: at });
  }
  return ends;
}

test(`${flips} single bits flipped at random places`, async () => {
  const dice = new Dice(33);
  const dir = folder();
  const seen = none();
  for (let i = 0; i < flips; i++) {
    const name = dice.chance(0.3) ? lastUsed : dice.pick(names);
    const bytes = Buffer.from(bytesOf(name));
    const at = dice.below(dice.chance(0.7) ? usedBytes(bytes) : bytes.length);
    bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << dice.below(8)), at);
    const what = `${name} flipped at ${at}`;
    const fate = await fateOf(dir, withFile(image, name, bytes), what);
    expect(fate, what).not.toBe("cut and reported");
    seen[fate]++;
  }
  expect(seen.refused, JSON.stringify(seen)).toBeGreaterThan(flips / 2);
});
