/**
 * A disk that a test watches: it learns of each call before it happens and may let it fail, and it can have the power
 * cut at any moment. What a power cut leaves is the bytes and names that were synced, and any of the others.
 */
import { readFileSync, renameSync, unlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { type Disk, nodeDisk } from "../../src/node/storage/disk.ts";
import type { Dice } from "../../src/shared/sim/dice.ts";
import { type Image, imageOf, isOfStorage } from "./rig.ts";

export type Call = keyof Disk;

/** What the system throws, for example `refusal("ENOSPC")`. */
export function refusal(code: string): Error {
  return Object.assign(new Error(`${code}: the test says so`), { code, syscall: "write" });
}

interface File {
  path: string;
  /** Its bytes on the disk. */
  synced: Buffer;
  /** From and to: what was written since its last sync. A sync that fails forgets it, as Linux does. */
  dirty: (readonly [number, number])[];
}

export interface PowerCut {
  readonly image: Image;
  /** A later sector of a file was kept and an earlier one lost. */
  readonly reordered: boolean;
}

const sectorBytes = 512;

/** Writes for real; to have it wait for a disk would prove nothing, as no test can cut the power of this machine. */
export class WatchedDisk implements Disk {
  /** Asked before each call; what it throws, the call throws. */
  before: (call: Call, path: string) => void = () => undefined;
  /** How many bytes a write takes or a read gives, at most. */
  atMost = Number.POSITIVE_INFINITY;
  /** Files opened and not closed. */
  openFiles = 0;
  private readonly files = new Map<number, File>();
  private names = new Map<string, File>();
  /** As they were when the folder was last synced. */
  private syncedNames = new Map<string, File>();

  /** @param dir a folder whose files are all on the disk when the test begins */
  constructor(dir?: string) {
    if (dir === undefined) return;
    for (const [name, synced] of imageOf(dir))
      this.names.set(join(dir, name), { path: join(dir, name), synced, dirty: [] });
    this.syncedNames = new Map(this.names);
  }

  async open(path: string, flags: string, mode?: number): Promise<number> {
    this.before("open", path);
    const fd = await nodeDisk.open(path, flags, mode);
    this.openFiles++;
    const there = flags.startsWith("w") ? undefined : this.names.get(path);
    const file = there ?? { path, synced: Buffer.alloc(0), dirty: [] };
    this.files.set(fd, file);
    if (isOfStorage(basename(path))) this.names.set(path, file);
    return fd;
  }

  async close(fd: number): Promise<void> {
    this.before("close", this.pathOf(fd));
    await nodeDisk.close(fd);
    this.files.delete(fd);
    this.openFiles--;
  }

  writeSync(fd: number, bytes: Uint8Array, from: number, position: number): number {
    this.before("writeSync", this.pathOf(fd));
    const written = nodeDisk.writeSync(fd, this.short(bytes, from), from, position);
    this.files.get(fd)?.dirty.push([position, position + written]);
    return written;
  }

  async write(fd: number, bytes: Uint8Array, from: number, position: number): Promise<number> {
    this.before("write", this.pathOf(fd));
    const written = await nodeDisk.write(fd, this.short(bytes, from), from, position);
    this.files.get(fd)?.dirty.push([position, position + written]);
    return written;
  }

  async read(fd: number, bytes: Uint8Array, from: number, position: number): Promise<number> {
    this.before("read", this.pathOf(fd));
    return nodeDisk.read(fd, this.short(bytes, from), from, position);
  }

  async fdatasync(fd: number): Promise<void> {
    this.sync(fd, "fdatasync");
  }

  async fsync(fd: number): Promise<void> {
    this.sync(fd, "fsync");
  }

  async rename(from: string, to: string): Promise<void> {
    this.before("rename", from);
    // At once, so that whoever looks now finds the names as they are.
    renameSync(from, to);
    const file = this.names.get(from);
    if (file === undefined) throw new Error(`${from} was never opened`);
    file.path = to;
    this.names.delete(from);
    this.names.set(to, file);
  }

  async unlink(path: string): Promise<void> {
    this.before("unlink", path);
    unlinkSync(path);
    this.names.delete(path);
  }

  /** What the next start may find if the power goes now. */
  cutPower(dice: Dice): PowerCut {
    const image = new Map<string, Buffer>();
    let reordered = false;
    for (const path of new Set([...this.names.keys(), ...this.syncedNames.keys()])) {
      const [now, synced] = [this.names.get(path), this.syncedNames.get(path)];
      const file = now === synced || dice.chance(0.5) ? now : synced;
      if (file === undefined) continue;
      // What another file has replaced has nothing that was not synced.
      const bytes = file === now ? readFileSync(path) : file.synced;
      const kept = survivorsOf(file.synced, bytes, dice);
      image.set(basename(path), kept.bytes);
      if (kept.reordered) reordered = true;
    }
    return { image, reordered };
  }

  private short(bytes: Uint8Array, from: number): Uint8Array {
    return bytes.subarray(0, Math.min(bytes.length, from + this.atMost));
  }

  private pathOf(fd: number): string {
    return this.files.get(fd)?.path ?? "";
  }

  private sync(fd: number, call: Call): void {
    const file = this.files.get(fd);
    const dirty = file?.dirty ?? [];
    if (file !== undefined) file.dirty = [];
    this.before(call, this.pathOf(fd));
    if (file === undefined) return;
    if (!this.names.has(file.path)) this.syncedNames = new Map(this.names);
    else file.synced = withRanges(file.synced, readFileSync(file.path), dirty);
  }
}

function withRanges(synced: Buffer, now: Buffer, ranges: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.alloc(Math.max(synced.length, ...ranges.map(([, to]) => to)));
  synced.copy(bytes);
  for (const [from, to] of ranges) now.copy(bytes, from, from, to);
  return bytes;
}

/** The synced bytes with any of the sectors that were written since. */
function survivorsOf(synced: Buffer, now: Buffer, dice: Dice): { bytes: Buffer; reordered: boolean } {
  const length = synced.length === now.length || dice.chance(0.5) ? now.length : synced.length;
  const bytes = Buffer.alloc(length);
  synced.copy(bytes);
  let [lost, reordered] = [false, false];
  const share = dice.pick([0, 0.1, 0.5, 0.9, 1]);
  for (let at = 0; at < length; at += sectorBytes) {
    const sector = now.subarray(at, Math.min(at + sectorBytes, length));
    if (sector.equals(bytes.subarray(at, at + sector.length))) continue;
    if (!dice.chance(share)) lost = true;
    else {
      if (lost) reordered = true;
      sector.copy(bytes, at);
    }
  }
  return { bytes, reordered };
}
