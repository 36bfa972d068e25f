/** The life of a log that is trimmed behind snapshots, and what a start must find of it at each moment. */
import { readdirSync, rmSync } from "node:fs";
import { expect } from "vitest";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { Storage } from "../../src/shared/server/storage.ts";
import { type FoundAll, loadAll } from "../conformance/storage.ts";
import { counted, group, type Snapshot, snapshot, trimmed } from "./numbered.ts";
import { damageIn, type Image, imageOf, openIn, restore, sha256, tempFolder } from "./rig.ts";

/** Bounds of what a start may find: what was acknowledged, and what was under way. */
export interface Truth {
  writes: readonly [number, number];
  trimmed: readonly [number, number];
  snapshot: readonly [number, number];
}

export const snapshotBytes = 70_000;

/** Appends, keeps, trims; some of it at the same time. `truth` follows. */
export async function live(storage: Storage, truth: Truth, cycles: number): Promise<void> {
  const append = async (count: number) => {
    const [last] = truth.writes;
    truth.writes = [last, last + count];
    await storage.append(group(last + 1, last + count));
    truth.writes = [last + count, last + count];
  };
  for (let cycle = 0; cycle < cycles; cycle++) {
    for (const count of [1, 3, 12, 2, 30]) await append(count);
    const at = truth.writes[0] - 5;
    const [before] = truth.snapshot;
    const { head, bytes } = madeAt(at);
    const sink = await storage.keep(head);
    await Promise.all([sink.write(bytes.subarray(0, 40_000)), append(7)]);
    await sink.write(bytes.subarray(40_000));
    truth.snapshot = [truth.snapshot[0], at];
    await Promise.all([sink.commit(), append(20)]);
    truth.snapshot = [at, at];
    // After every second cycle there are two snapshots.
    const keepFrom = cycle % 2 === 0 ? at : before;
    const upTo = cycle % 2 === 0 ? at : at - 10;
    truth.trimmed = [truth.trimmed[0], upTo];
    await storage.append([trimmed(upTo)]);
    truth.trimmed = [upTo, upTo];
    await append(9);
    await Promise.all([storage.trim(slot(upTo), slot(keepFrom)), append(2).then(() => append(40))]);
  }
}

export function newTruth(): Truth {
  return { writes: [0, 0], trimmed: [0, 0], snapshot: [0, 0] };
}

/** The files that such a life leaves. */
export async function lived(cycles: number): Promise<{ readonly image: Image; readonly truth: Truth }> {
  const dir = tempFolder();
  const storage = await openIn(dir);
  await loadAll(storage);
  const truth = newTruth();
  await live(storage, truth, cycles);
  await storage.close();
  const image = imageOf(dir);
  rmSync(dir, { recursive: true });
  return { image, truth };
}

export type State =
  | { readonly type: "loaded"; readonly last: number; readonly found: FoundAll }
  | { readonly type: "damage"; readonly message: string };

/**
 * Loads the image in a folder, reads the snapshots, appends, trims and loads again: all must work, or the image
 * is refused as damaged.
 */
export async function stateOf(dir: string, image: Image): Promise<State> {
  restore(dir, image);
  const storage = await openIn(dir);
  try {
    const found = await loadAll(storage);
    const last = found.numbers.at(-1) ?? 0;
    expect(found.numbers).toEqual(counted(found.numbers[0] ?? 1, last));
    expect((found.numbers[0] ?? 1) <= found.trimmed + 1).toBe(true);
    const names = readdirSync(dir).filter((name) => name.startsWith("snapshot-"));
    for (const name of names) await mustHold(storage, Number(name.slice("snapshot-".length)));
    await storage.append([...group(last + 1, last + 3), trimmed(found.trimmed)]);
    await storage.trim(slot(found.trimmed), slot(0));
    await storage.close();
    const again = await openIn(dir);
    const { numbers, ...rest } = await loadAll(again);
    expect(rest).toEqual({ notes: [], trimmed: found.trimmed, snapshot: found.snapshot });
    expect(numbers).toEqual(counted(numbers[0] ?? 1, last + 3));
    await again.close();
    return { type: "loaded", last, found };
  } catch (error) {
    await storage.close();
    return { type: "damage", message: damageIn(error) };
  }
}

async function mustHold(storage: Storage, at: number): Promise<void> {
  const read = await storage.read(slot(at), 0, snapshotBytes);
  expect(read && madeAt(at).bytes.equals(read)).toBe(true);
}

const made = new Map<number, Snapshot>();

function madeAt(at: number): Snapshot {
  const there = made.get(at) ?? snapshot(at, snapshotBytes, sha256);
  made.set(at, there);
  return there;
}

/** Throws unless it is what was acknowledged, or that with what was under way. */
export function mustFit(
  { last, found }: Extract<State, { type: "loaded" }>,
  truth: Truth,
  what: string,
): void {
  expect(truth.writes, what).toContain(last);
  expect(truth.trimmed, what).toContain(found.trimmed);
  expect(truth.snapshot, what).toContain(found.snapshot?.slot ?? 0);
}
