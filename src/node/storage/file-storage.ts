/**
 * The log of a node in a folder of its own: every append is one group (format.ts), written with one call and made
 * durable with one fdatasync. What a start makes of the files after a crash stands in recovery.ts; the snapshots
 * beside the log are those of snapshots.ts.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { must } from "../../shared/paxos/ids.ts";
import { maxSlot, type Slot } from "../../shared/paxos/slot.ts";
import type { SnapshotHead, Write } from "../../shared/paxos/types.ts";
import {
  type LoadReport,
  type SnapshotSink,
  type Storage,
  StorageError,
} from "../../shared/server/storage.ts";
import { Damage, damageError, ioError, isSystemError } from "./damage.ts";
import { type Disk, nodeDisk, syncFolder, writeAllSync } from "./disk.ts";
import { readContents, snapshotName } from "./folder.ts";
import { fileName, headerBytes, roundUp } from "./format.ts";
import { Group } from "./group.ts";
import { FolderLock } from "./lock.ts";
import { writeStart } from "./log-start.ts";
import { recover, type TrimmedAt } from "./recovery.ts";
import { makeSegment, type Segment, type SegmentFacts, slotOf } from "./segment.ts";
import { type HeadCodec, Snapshots } from "./snapshots.ts";

const defaultSegmentBytes = 16 * 1024 * 1024;

export interface LogCodec extends HeadCodec {
  readonly encode: (write: Write) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Write;
}

export interface FileStorageOptions {
  readonly dir: string;
  readonly codec: LogCodec;
  readonly segmentBytes?: number;
  /** For tests: what the operating system does. */
  readonly disk?: Disk;
}

export class FileStorage implements Storage {
  readonly dir: string;
  private readonly codec: LogCodec;
  private readonly segmentBytes: number;
  private readonly disk: Disk;
  private readonly lock: FolderLock;
  private readonly group: Group;
  private readonly snapshots: Snapshots;
  /** Segments before the tail, oldest first; they are not open. */
  private full: SegmentFacts[] = [];
  /** Null until it is loaded. */
  private tail: Segment | null = null;
  private nextGroup = 1;
  /** The last durable `trimmed` record. */
  private trimmed: TrimmedAt | null = null;
  /** Segments behind the tail that are ready. */
  private spares: Segment[] = [];
  /** The spare that is being made; it never rejects. */
  private making: Promise<Segment | StorageError> | null = null;
  /** Bytes of all segments. */
  private size = 0;
  /** A load or an append; never more than one. */
  private underWay: Promise<unknown> | null = null;
  /** What `guard` runs. */
  private readonly running = new Set<Promise<unknown>>();
  /** Settles when nothing is being trimmed. It never rejects. */
  private trims: Promise<unknown> = Promise.resolve();
  /** Invariant: once set, nothing is written any more. */
  private failure: StorageError | null = null;

  private constructor({ dir, codec, segmentBytes, disk }: FileStorageOptions, lock: FolderLock) {
    this.dir = dir;
    this.codec = codec;
    this.segmentBytes = roundUp(segmentBytes ?? defaultSegmentBytes);
    this.disk = disk ?? nodeDisk;
    this.lock = lock;
    this.group = new Group(codec.encode);
    this.snapshots = new Snapshots(this.disk, dir, codec, (work) => this.guard(work));
  }

  /**
   * Makes the folder if it is not there, and takes it for this process until `close`.
   * @param options `segmentBytes`: bytes of one file, 16 MiB
   * @throws StorageError "locked" naming the process that has it; "io"
   * @example const storage = await FileStorage.open({ dir, codec: logCodec });
   */
  static async open(options: FileStorageOptions): Promise<FileStorage> {
    const dir = resolve(options.dir);
    try {
      await makeFolder(options.disk ?? nodeDisk, dir);
    } catch (cause) {
      throw ioError(dir, cause);
    }
    return new FileStorage({ ...options, dir }, FolderLock.take(dir));
  }

  load(each: (write: Write) => void): Promise<LoadReport> {
    must(this.tail === null && this.underWay === null, "a storage is loaded once, before its first append");
    return this.track(this.recover(each));
  }

  append(writes: readonly Write[]): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure);
    must(this.tail !== null && this.underWay === null, "one append at a time, after load");
    return this.track(this.commit(this.tail, writes));
  }

  keep(head: SnapshotHead): Promise<SnapshotSink> {
    return this.guard(() => this.snapshots.keep(head));
  }

  read(at: Slot, offset: number, length: number): Promise<Uint8Array | null> {
    return this.guard(() => this.snapshots.read(at, offset, length));
  }

  trim(upTo: Slot, keepFrom: Slot): Promise<void> {
    const work = this.trims.then(() =>
      this.guard(async () => {
        await this.dropSegments(upTo);
        await this.snapshots.drop(keepFrom);
      }),
    );
    this.trims = Promise.allSettled([work]);
    return work;
  }

  bytes(): number {
    return this.size + this.snapshots.bytes;
  }

  async close(): Promise<void> {
    this.failure ??= new StorageError("io", `${this.dir} is closed`);
    // A node may be told to stop while it loads or founds.
    await Promise.allSettled([this.underWay, ...this.running]);
    await this.takeMade();
    const open = this.tail === null ? this.spares : [this.tail, ...this.spares];
    this.tail = null;
    this.spares = [];
    try {
      await this.snapshots.close();
      for (const { fd } of open) await this.disk.close(fd);
    } finally {
      this.lock.release();
    }
  }

  private async track<T>(work: Promise<T>): Promise<T> {
    this.underWay = work;
    try {
      return await work;
    } finally {
      this.underWay = null;
    }
  }

  private recover(each: (write: Write) => void): Promise<LoadReport> {
    const { disk, dir, segmentBytes, codec } = this;
    // What `each` throws is its caller's.
    return this.guard(async () => {
      const contents = await readContents(disk, dir);
      const recovering = { disk, dir, contents, segmentBytes, decode: codec.decode };
      const { full, tail, spares, nextGroup, trimmed, notes } = await recover(recovering, each);
      this.full = full;
      this.tail = tail;
      this.spares = spares;
      this.nextGroup = nextGroup;
      this.trimmed = trimmed;
      this.size = [...full, tail, ...spares].reduce((sum, segment) => sum + segment.size, 0);
      const snapshot = await this.snapshots.load(contents.snapshots);
      if (trimmed !== null && trimmed.slot > (snapshot?.slot ?? 0)) {
        const path = join(dir, snapshotName(trimmed.slot));
        throw damageError(
          path,
          new Damage(0, "no snapshot of this slot or a later one, and the log begins above it"),
        );
      }
      return { snapshot, notes };
    });
  }

  private async commit(current: Segment, writes: readonly Write[]): Promise<void> {
    if (writes.length === 0) return;
    const length = this.group.fill(writes);
    try {
      const tail = current.end + length <= current.size ? current : await this.roll(current, length);
      writeAllSync(this.disk, tail.fd, this.group.seal(this.nextGroup, tail.number, tail.end), tail.end);
      await this.disk.fdatasync(tail.fd);
      tail.end += length;
      this.nextGroup++;
      for (const write of writes) this.note(write, tail);
      if (tail.end > tail.size / 2) this.prepare(tail.number + 1);
    } catch (cause) {
      throw this.fail(cause);
    }
  }

  /** What a trim must know of a durable write. */
  private note(write: Write, segment: Segment): void {
    segment.highest = maxSlot(segment.highest, slotOf(write));
    if (write.type === "trimmed") this.trimmed = { slot: write.slot, segment: segment.number };
  }

  /** Removes the oldest segments, as long as a durable `trimmed` record makes all that they hold needless. */
  private async dropSegments(upTo: Slot): Promise<void> {
    const { disk, dir, full, tail, trimmed } = this;
    must(tail !== null && trimmed !== null && trimmed.slot >= upTo, "a trim follows its durable record");
    const kept = full.findIndex(({ number, highest }) => number >= trimmed.segment || highest > upTo);
    const count = kept === -1 ? full.length : kept;
    if (count === 0) return;
    const { number, group } = full[count] ?? tail;
    await writeStart(disk, dir, { segment: number, group, slot: trimmed.slot });
    const dropped = full.splice(0, count);
    for (const segment of dropped) {
      await disk.unlink(join(dir, fileName(segment.number)));
      this.size -= segment.size;
    }
    await syncFolder(disk, dir);
  }

  /** Goes on in the next segment, which is ready but for the first moments of a flood of writes. */
  private async roll(full: Segment, length: number): Promise<Segment> {
    const made = await this.takeMade();
    if (made !== null) throw made;
    let next = this.spares.shift() ?? null;
    if (next === null || headerBytes + length > next.size) {
      const size = Math.max(this.segmentBytes, headerBytes + length);
      const { disk, dir } = this;
      // A spare is empty: one that is too small gives its place and its number to a larger one.
      if (next !== null) await disk.close(next.fd);
      this.size -= next?.size ?? 0;
      next = await makeSegment({ disk, dir, number: full.number + 1, size });
      this.size += size;
    }
    await this.disk.close(full.fd);
    const { number, size, group, highest } = full;
    this.full.push({ number, size, group, highest });
    next.group = this.nextGroup;
    this.tail = next;
    return next;
  }

  /** Starts to make the segment after the tail, so that the append that needs it need not wait. */
  private prepare(number: number): void {
    if (this.making !== null || this.spares.length > 0) return;
    const { disk, dir, segmentBytes: size } = this;
    this.making = makeSegment({ disk, dir, number, size }).catch((cause: unknown) => ioError(dir, cause));
  }

  /** Waits for the spare that is being made. @returns why there is none */
  private async takeMade(): Promise<StorageError | null> {
    const made = await this.making;
    this.making = null;
    if (made === null || made instanceof StorageError) return made;
    this.spares.push(made);
    this.size += made.size;
    return null;
  }

  /** Runs what asks the disk: once it has refused, nothing is asked any more. */
  private async guard<T>(work: () => Promise<T>): Promise<T> {
    if (this.failure !== null) throw this.failure;
    const result = work();
    this.running.add(result);
    try {
      return await result;
    } catch (error) {
      throw isSystemError(error) ? this.fail(error) : error;
    } finally {
      this.running.delete(result);
    }
  }

  private fail(cause: unknown): StorageError {
    this.failure ??= cause instanceof StorageError ? cause : ioError(this.dir, cause);
    return this.failure;
  }
}

/** Makes a folder and those above it; their names are durable when it resolves. */
async function makeFolder(disk: Disk, dir: string): Promise<void> {
  const first = await mkdir(dir, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = dir; ; made = dirname(made)) {
    await syncFolder(disk, dirname(made));
    if (made === first) return;
  }
}
