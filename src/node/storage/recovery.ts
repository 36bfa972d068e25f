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
import { Damage, eachRecord, scanSegment } from "./scan.ts";
import { makeSegment, type Segment, unfinished } from "./segment.ts";

export interface Recovery {
  /** Where the next group goes. */
  readonly tail: Segment;
  /** Empty ones behind the tail, in order. */
  readonly spares: Segment[];
  /** Bytes of the segments before the tail. */
  readonly fullBytes: number;
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

/** A segment as it was found. */
interface Found {
  readonly number: number;
  readonly size: number;
  readonly end: number;
  /** All groups, when they must be copied to a new file; else the last one, when there is any. */
  readonly torn: Buffer | null;
  readonly last: Buffer | null;
}

/** @throws StorageError "damage"; or what the system says when it refuses */
export async function recover(options: Recovering, each: (write: Write) => void): Promise<Recovery> {
  const { disk, dir, segmentBytes: size } = options;
  const numbers = await findNumbers(dir);
  // A name may be seen here and not be on the disk: what is read under it must be found again.
  await syncFolder(disk, dir);
  const found: Found[] = [];
  const notes: string[] = [];
  let nextGroup = 1;
  let tail = 0;
  for (const number of numbers) {
    const path = join(dir, fileName(number));
    const bytes = await readFile(path);
    const scan = inFile(path, () => scanSegment(bytes, number, nextGroup));
    const used = scan.torn || scan.last !== null;
    if (used && notes.length > 0) throw damage(path, new Damage(headerBytes, "data behind a torn segment"));
    if (used) tail = number - 1;
    if (scan.torn) notes.push(`${path}: cut a write at offset ${scan.end} that was under way at the crash`);
    // Records are views onto a copy, so that they do not hold the zeros as well.
    const groups = Buffer.from(bytes.subarray(headerBytes, scan.end));
    inFile(path, () => eachRecord(groups, (record, at) => each(decoded(options.decode, record, at))));
    nextGroup = scan.nextGroup;
    const last = scan.last === null ? null : groups.subarray(scan.last - headerBytes);
    found.push({ number, size: bytes.length, end: scan.end, torn: scan.torn ? groups : null, last });
  }
  const segments: Segment[] = [];
  for (const segment of found.slice(tail)) segments.push(await open(disk, dir, segment));
  const [first = await makeSegment({ disk, dir, number: 1, size }), ...spares] = segments;
  const fullBytes = found.slice(0, tail).reduce((sum, segment) => sum + segment.size, 0);
  return { tail: first, spares, fullBytes, nextGroup, notes };
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

/** Opens the tail or a spare; what was read of it is on the disk when this resolves. */
async function open(disk: Disk, dir: string, { number, size, end, torn, last }: Found): Promise<Segment> {
  if (torn !== null) return makeSegment({ disk, dir, number, size, content: torn });
  const fd = await disk.open(join(dir, fileName(number)), "r+");
  try {
    if (last !== null) {
      writeAllSync(disk, fd, last, end - last.length);
      await disk.fdatasync(fd);
    }
  } catch (error) {
    await disk.close(fd);
    throw error;
  }
  return { number, fd, size, end };
}

function decoded(decode: (bytes: Uint8Array) => Write, record: Uint8Array, at: number): Write {
  try {
    return decode(record);
  } catch (cause) {
    throw new Damage(at, `a record that cannot be decoded: ${String(cause)}`);
  }
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
