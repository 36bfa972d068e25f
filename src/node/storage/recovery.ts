/**
 * What a start makes of the files of the log. Which states can it find?
 *
 * A killed process leaves what it has written, in order and up to any byte: the system keeps it. A power cut leaves
 * what was synced, and of the rest any sectors. Only one group and one unfinished file are ever unsynced, because an
 * append waits for the one before it. So there can be:
 *   1. a file that is not renamed yet: removed;
 *   2. zeros behind the last group: clean. The group may be one that was not acknowledged; it is kept;
 *   3. a last group without its trailer, or without its head: torn. It was not acknowledged; it is cut and reported;
 *   4. the next segment, empty, renamed but its name perhaps not synced: used, after a sync of the folder;
 *   5. a trailer that reached the disk before the bytes in front of it: looks like damage, and is called that. This
 *      takes a power cut and a disk that writes out of order; the node comes back under a new id.
 * All else did not come from a crash and is damage: a file shorter than declared, a block or hash that does not
 * verify, data behind a torn group, a missing number.
 *
 * A sync that failed may leave a group that can be read here although it is not on the disk, and a later sync may
 * claim that it is. So the last group is written again, and a torn segment is copied to a new file, before anything
 * that was read counts.
 */
import { readdir, readFile, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import type { Write } from "../../shared/paxos/types.ts";
import { StorageError } from "../../shared/server/storage.ts";
import { type Disk, syncFolder, writeAllSync } from "./disk.ts";
import { fileName, headerBytes, segmentOf } from "./format.ts";
import { Damage, eachRecord, type Scan, scanSegment } from "./scan.ts";
import { makeSegment, type Segment, unfinished } from "./segment.ts";

export interface Recovery {
  /** All segments, in order. */
  readonly segments: Segment[];
  /** The index of the one that the next group goes to. */
  readonly tail: number;
  readonly nextGroup: number;
  readonly notes: readonly string[];
}

export interface Recovering {
  readonly disk: Disk;
  readonly dir: string;
  /** Bytes of the first segment when there is none. */
  readonly segmentBytes: number;
  readonly decode: (bytes: Uint8Array) => Write;
}

/** @throws StorageError "damage"; what the system says when it refuses */
export async function recover(options: Recovering, each: (write: Write) => void): Promise<Recovery> {
  const { disk, dir, segmentBytes: size } = options;
  const segments: Segment[] = [];
  try {
    const numbers = await findNumbers(dir);
    // Names that were not synced before the crash: what was read under them must be found again.
    await syncFolder(disk, dir);
    const walk: Walk = { nextGroup: 1, tail: 0, notes: [] };
    for (const number of numbers) segments.push(await recoverSegment(options, number, walk, each));
    if (segments.length === 0) segments.push(await makeSegment({ disk, dir, number: 1, size }));
    return { ...walk, segments };
  } catch (error) {
    for (const { fd } of segments) await disk.close(fd);
    throw error;
  }
}

/** What is known after each segment. */
interface Walk {
  nextGroup: number;
  tail: number;
  readonly notes: string[];
}

/** Removes files that were not finished. @returns the numbers of the segments: 1, 2, ... */
async function findNumbers(dir: string): Promise<readonly number[]> {
  const numbers: number[] = [];
  for (const name of await readdir(dir)) {
    const number = segmentOf(name);
    if (number !== null) numbers.push(number);
    else if (segmentOf(basename(name, unfinished)) !== null) await unlink(join(dir, name));
  }
  numbers.sort((a, b) => a - b);
  const missing = numbers.findIndex((number, i) => number !== i + 1) + 1;
  if (missing > 0) throw damage(join(dir, fileName(missing)), new Damage(0, "the file is missing"));
  return numbers;
}

async function recoverSegment(
  options: Recovering,
  number: number,
  walk: Walk,
  each: (write: Write) => void,
): Promise<Segment> {
  const { disk, dir, decode } = options;
  const path = join(dir, fileName(number));
  const bytes = await readFile(path);
  const scan = inFile(path, () => scanSegment(bytes, number, walk.nextGroup));
  if (walk.notes.length > 0 && (scan.torn || scan.last !== null))
    throw damage(path, new Damage(headerBytes, "data in a segment behind a torn one"));
  // Records are views: a copy keeps them from holding the zeros as well.
  const used = Buffer.from(new Uint8Array(bytes.subarray(0, scan.end)).buffer);
  inFile(path, () => eachRecord(used, headerBytes, scan.end, (record, at) => check(decode, record, at)));
  eachRecord(used, headerBytes, scan.end, (record) => each(decode(record)));
  walk.nextGroup = scan.nextGroup;
  if (scan.torn || scan.last !== null) walk.tail = number - 1;
  if (!scan.torn) return reopen(disk, path, number, bytes, scan);
  walk.notes.push(`${path}: cut a write at offset ${scan.end} that was under way at the crash`);
  return makeSegment({ disk, dir, number, size: bytes.length, content: used.subarray(headerBytes) });
}

async function reopen(
  disk: Disk,
  path: string,
  number: number,
  bytes: Buffer,
  { last, end }: Scan,
): Promise<Segment> {
  const fd = await disk.open(path, "r+");
  try {
    if (last !== null) writeAllSync(disk, fd, bytes.subarray(last, end), last);
    if (last !== null) await disk.fdatasync(fd);
  } catch (error) {
    await disk.close(fd);
    throw error;
  }
  return { number, fd, size: bytes.length, end };
}

function inFile<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof Damage ? damage(path, error) : error;
  }
}

function damage(path: string, cause: Damage): StorageError {
  return new StorageError("damage", `${path}, offset ${cause.offset}: ${cause.message}`, { cause });
}
