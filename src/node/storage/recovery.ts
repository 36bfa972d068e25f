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
 *   6. segments in front of where the log begins (log-start.ts): a trim was under way; they are removed.
 * All else did not come from a crash and is damage: a file shorter than declared, a block or hash that does not
 * verify, data behind a torn group, a missing number.
 *
 * A sync that failed may leave a group that can be read here although it is not on the disk, and a later sync may
 * claim that it is. So the last group is written again, and a torn segment is copied to a new file, before anything
 * that was read counts.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { maxSlot, type Slot, slotZero } from "../../shared/paxos/slot.ts";
import type { Write } from "../../shared/paxos/types.ts";
import { Damage, damageError, inFile } from "./damage.ts";
import { type Disk, writeAllSync } from "./disk.ts";
import type { Contents } from "./folder.ts";
import { fileName, headerBytes } from "./format.ts";
import { startName } from "./log-start.ts";
import { eachRecord, type Scan, scanSegment } from "./scan.ts";
import { makeSegment, type Segment, type SegmentFacts, slotOf } from "./segment.ts";

export interface Recovery {
  /** The segments before the tail. */
  readonly full: SegmentFacts[];
  /** Where the next group goes. */
  readonly tail: Segment;
  /** Empty ones behind the tail, in order. */
  readonly spares: Segment[];
  readonly nextGroup: number;
  /** The last `trimmed` record, and the segment that holds it. */
  readonly trimmed: TrimmedAt | null;
  readonly notes: readonly string[];
}

export interface TrimmedAt {
  readonly slot: Slot;
  readonly segment: number;
}

export interface Recovering {
  readonly disk: Disk;
  readonly dir: string;
  readonly contents: Contents;
  /** Bytes of the first segment when there is none. */
  readonly segmentBytes: number;
  readonly decode: (bytes: Uint8Array) => Write;
}

/** A segment as it was found. */
interface Found extends SegmentFacts {
  readonly end: number;
  /** All groups, when they must be copied to a new file; else the last one, when there is any. */
  readonly torn: Buffer | null;
  readonly last: Buffer | null;
}

/** @throws StorageError "damage"; or what the system says when it refuses */
export async function recover(options: Recovering, each: (write: Write) => void): Promise<Recovery> {
  const { disk, dir, contents, segmentBytes: size } = options;
  const { start } = contents;
  const found: Found[] = [];
  const notes: string[] = [];
  let nextGroup = start.group;
  let trimmed: TrimmedAt | null = null;
  let tail = 0;
  for (const number of contents.segments) {
    const path = join(dir, fileName(number));
    const read = await readSegment(options, number, nextGroup, each);
    const { segment, scan } = read;
    const used = scan.torn || scan.last !== null;
    if (used && notes.length > 0)
      throw damageError(path, new Damage(headerBytes, "data behind a torn segment"));
    if (used) tail = found.length;
    if (scan.torn) notes.push(`${path}: cut a write at offset ${scan.end} that was under way at the crash`);
    found.push(segment);
    nextGroup = scan.nextGroup;
    trimmed = read.trimmed ?? trimmed;
  }
  if (start.segment > 1) mustExplain(dir, trimmed, start.slot);
  const segments: Segment[] = [];
  for (const segment of found.slice(tail)) segments.push(await open(disk, dir, segment));
  const [first = await makeSegment({ disk, dir, number: 1, size }), ...spares] = segments;
  return { full: found.slice(0, tail).map(factsOf), tail: first, spares, nextGroup, trimmed, notes };
}

interface Read {
  readonly segment: Found;
  readonly scan: Scan;
  readonly trimmed: TrimmedAt | null;
}

async function readSegment(
  { dir, decode }: Recovering,
  number: number,
  group: number,
  each: (write: Write) => void,
): Promise<Read> {
  const path = join(dir, fileName(number));
  const bytes = await readFile(path);
  const scan = inFile(path, () => scanSegment(bytes, number, group));
  // Records are views onto a copy, so that they do not hold the zeros as well.
  const groups = Buffer.from(bytes.subarray(headerBytes, scan.end));
  let highest = slotZero;
  const trims: TrimmedAt[] = [];
  inFile(path, () =>
    eachRecord(groups, (record, at) => {
      const write = decoded(decode, record, at);
      highest = maxSlot(highest, slotOf(write));
      if (write.type === "trimmed") trims.push({ slot: write.slot, segment: number });
      each(write);
    }),
  );
  const last = scan.last === null ? null : groups.subarray(scan.last - headerBytes);
  const torn = scan.torn ? groups : null;
  const segment = { number, size: bytes.length, group, highest, end: scan.end, torn, last };
  return { segment, scan, trimmed: trims.at(-1) ?? null };
}

/** Segments may be missing at the beginning only if a record says again what they said. */
function mustExplain(dir: string, trimmed: TrimmedAt | null, upTo: Slot): void {
  if (trimmed === null || trimmed.slot < upTo)
    throw damageError(
      join(dir, startName),
      new Damage(0, `earlier segments are missing, and no record of slot ${upTo}`),
    );
}

function factsOf({ number, size, group, highest }: Found): SegmentFacts {
  return { number, size, group, highest };
}

/** Opens the tail or a spare; what was read of it is on the disk when this resolves. */
async function open(disk: Disk, dir: string, found: Found): Promise<Segment> {
  const { number, size, end, torn, last } = found;
  if (torn !== null) {
    const copy = await makeSegment({ disk, dir, number, size, content: torn });
    return { ...copy, ...factsOf(found) };
  }
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
  return { ...factsOf(found), fd, end };
}

function decoded(decode: (bytes: Uint8Array) => Write, record: Uint8Array, at: number): Write {
  try {
    return decode(record);
  } catch (cause) {
    throw new Damage(at, `a record that cannot be decoded: ${String(cause)}`);
  }
}
