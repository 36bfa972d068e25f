/**
 * Where a trimmed log begins: the file "trimmed", one line, replaced as a whole or not at all. It is durable before
 * the segments in front of that place are removed, so that a start can tell them from segments that are missing.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type Slot, slot, slotZero } from "../../shared/paxos/slot.ts";
import { Damage, damageError } from "./damage.ts";
import { type Disk, syncFolder, writeAll } from "./disk.ts";
import { unfinished } from "./segment.ts";

export interface LogStart {
  /** The first segment, and the number of its first group. */
  readonly segment: number;
  readonly group: number;
  /** A `trimmed` record of this slot or a later one is in the log: it says again what the segments before said. */
  readonly slot: Slot;
}

export const startName = "trimmed";
const untrimmed: LogStart = { segment: 1, group: 1, slot: slotZero };

/** @throws StorageError "damage" */
export async function readStart(dir: string, names: readonly string[]): Promise<LogStart> {
  if (!names.includes(startName)) return untrimmed;
  const path = join(dir, startName);
  const text = await readFile(path, "latin1");
  const [segment = 0, group = 0, upTo = 0] = text.split(" ").map(Number);
  // Whatever differs from what was written, it differs from what is written of it again.
  const sound = [segment, group, upTo].every((n) => Number.isSafeInteger(n) && n >= 0);
  const start = sound ? { segment, group, slot: slot(upTo) } : untrimmed;
  if (lineOf(start) !== text) throw damageError(path, new Damage(0, "a line that does not verify"));
  return start;
}

/** Durable when it resolves. */
export async function writeStart(disk: Disk, dir: string, start: LogStart): Promise<void> {
  const path = join(dir, startName);
  const fd = await disk.open(path + unfinished, "w", 0o600);
  try {
    await writeAll(disk, fd, Buffer.from(lineOf(start), "latin1"), 0);
    await disk.fsync(fd);
  } finally {
    await disk.close(fd);
  }
  await disk.rename(path + unfinished, path);
  await syncFolder(disk, dir);
}

function lineOf(start: LogStart): string {
  const words = `${start.segment} ${start.group} ${start.slot}`;
  return `${words} ${crc32(words)}\n`;
}
