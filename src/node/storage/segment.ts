/**
 * A file of the log. It is made under another name, filled with zeros to its full size, synced, and only then renamed:
 * whatever interrupts this, a file named "*.log" is whole. Appends into it change no metadata, so that fdatasync
 * writes data alone.
 */
import { join } from "node:path";
import { type Slot, slotZero } from "../../shared/paxos/slot.ts";
import type { Write } from "../../shared/paxos/types.ts";
import { type Disk, syncFolder, writeAll } from "./disk.ts";
import { fileName, headerBytes, makeHeader } from "./format.ts";

/** What is known of a segment whether it is open or not. */
export interface SegmentFacts {
  readonly number: number;
  /** Bytes. */
  readonly size: number;
  /** The number of its first group; that of the next one while it has none. */
  group: number;
  /** The highest slot of which it holds an accepted or chosen value. */
  highest: Slot;
}

export interface Segment extends SegmentFacts {
  readonly fd: number;
  /** Where the next group goes. */
  end: number;
}

/** What a name ends in until the file is whole. */
export const unfinished = ".new";
/** Written and synced in pieces, so that appends need not wait behind all of it. */
const zeros = Buffer.alloc(1024 * 1024);

export interface Making {
  readonly disk: Disk;
  readonly dir: string;
  readonly number: number;
  readonly size: number;
  /** Groups to begin with, from the end of the header on. */
  readonly content?: Uint8Array;
}

/** Makes a segment, in place of one of this number if there is one. Durable when it resolves. */
export async function makeSegment(making: Making): Promise<Segment> {
  const { disk, dir, number, size, content } = making;
  const path = join(dir, fileName(number));
  const fd = await disk.open(path + unfinished, "w+", 0o600);
  try {
    for (let at = 0; at < size; at += zeros.length) {
      await writeAll(disk, fd, zeros.subarray(0, Math.min(zeros.length, size - at)), at);
      await disk.fdatasync(fd);
    }
    await writeAll(disk, fd, makeHeader(number, size), 0);
    if (content !== undefined) await writeAll(disk, fd, content, headerBytes);
    await disk.fsync(fd);
    await disk.rename(path + unfinished, path);
    await syncFolder(disk, dir);
  } catch (error) {
    await disk.close(fd);
    throw error;
  }
  return { number, fd, size, end: headerBytes + (content?.length ?? 0), group: 1, highest: slotZero };
}

/** The slot whose value the write holds; 0 when it holds none. */
export function slotOf(write: Write): Slot {
  if (write.type === "accepted") return write.pvalue.slot;
  return write.type === "chosen" ? write.decision.slot : slotZero;
}
