/** What lies in the folder of a log, by name; and the removal of what no start needs. */
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { type Slot, slot } from "../../shared/paxos/slot.ts";
import { Damage, damageError } from "./damage.ts";
import { type Disk, syncFolder } from "./disk.ts";
import { fileName, segmentOf } from "./format.ts";
import { type LogStart, readStart, startName } from "./log-start.ts";
import { unfinished } from "./segment.ts";

export interface Contents {
  readonly start: LogStart;
  /** The numbers of the segments, from the first one on without gaps; empty when nothing was ever written. */
  readonly segments: readonly number[];
  /** The slots of the kept snapshots, oldest first. */
  readonly snapshots: readonly Slot[];
}

export function snapshotName(at: Slot): string {
  return `snapshot-${at}`;
}

/** The slot of the snapshot in the file of this name; null for other files. */
export function snapshotOf(name: string): Slot | null {
  const digits = /^snapshot-(\d{1,15})$/.exec(name)?.[1];
  return digits !== undefined && snapshotName(slot(Number(digits))) === name ? slot(Number(digits)) : null;
}

/** Removes unfinished files and segments that were trimmed away. @throws StorageError "damage" */
export async function readContents(disk: Disk, dir: string): Promise<Contents> {
  const names = await readdir(dir);
  const start = await readStart(dir, names);
  for (const name of names) if (isUnfinished(name)) await disk.unlink(join(dir, name));
  // A name may be seen here and not be on the disk: what is read under it must be found again.
  await syncFolder(disk, dir);
  const numbers = numbersIn(names, segmentOf);
  for (const number of numbers) if (number < start.segment) await disk.unlink(join(dir, fileName(number)));
  const segments = numbers.filter((number) => number >= start.segment);
  const snapshots = numbersIn(names, snapshotOf);
  const [oldest] = segments;
  if (start.segment === 1 && oldest !== undefined && oldest > 1)
    throw damageError(join(dir, fileName(oldest)), new Damage(0, "earlier segments are missing"));
  const missing = segments.findIndex((number, i) => number !== start.segment + i);
  const isLost = segments.length === 0 && (start.segment > 1 || snapshots.length > 0);
  if (missing !== -1 || isLost) {
    const path = join(dir, fileName(start.segment + Math.max(missing, 0)));
    throw damageError(path, new Damage(0, "the file is missing"));
  }
  return { start, segments, snapshots };
}

function numbersIn<T extends number>(names: readonly string[], read: (name: string) => T | null): T[] {
  return names
    .map(read)
    .filter((number) => number !== null)
    .sort((a, b) => a - b);
}

function isUnfinished(name: string): boolean {
  if (!name.endsWith(unfinished)) return false;
  const stem = basename(name, unfinished);
  return stem === startName || segmentOf(stem) !== null || /^snapshot-\d+\.\d+$/.test(stem);
}
