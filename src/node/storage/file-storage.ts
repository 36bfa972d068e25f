/**
 * The log of a node in a folder of its own: every append is one group (format.ts), written with one call and made
 * durable with one fdatasync. What a start makes of the files after a crash stands in recovery.ts.
 */
import { mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { must } from "../../shared/paxos/ids.ts";
import type { Write } from "../../shared/paxos/types.ts";
import { type LoadReport, type Storage, StorageError } from "../../shared/server/storage.ts";
import { type Disk, nodeDisk, syncFolder, writeAllSync } from "./disk.ts";
import { headerBytes, roundUp } from "./format.ts";
import { Group } from "./group.ts";
import { FolderLock } from "./lock.ts";
import { recover } from "./recovery.ts";
import { makeSegment, type Segment } from "./segment.ts";

const defaultSegmentBytes = 16 * 1024 * 1024;

export interface LogCodec {
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
  /** Null until it is loaded. */
  private tail: Segment | null = null;
  private nextGroup = 1;
  /** Segments behind the tail that are ready. */
  private spares: Segment[] = [];
  /** The spare that is being made; it never rejects. */
  private making: Promise<Segment | StorageError> | null = null;
  private size = 0;
  /** A load or an append; never more than one. */
  private underWay: Promise<unknown> | null = null;
  /** Invariant: once set, nothing is written any more. */
  private failure: StorageError | null = null;

  private constructor({ dir, codec, segmentBytes, disk }: FileStorageOptions, lock: FolderLock) {
    this.dir = dir;
    this.codec = codec;
    this.segmentBytes = roundUp(segmentBytes ?? defaultSegmentBytes);
    this.disk = disk ?? nodeDisk;
    this.lock = lock;
    this.group = new Group(codec.encode);
  }

  /**
   * Makes the folder if it is not there, and takes it for this process until `close`.
   * @param options `segmentBytes`: bytes of one file, 16 MiB
   * @throws StorageError "locked" naming the process that has it; "io"
   * @example const storage = await FileStorage.open({ dir, codec: { encode: encodeWrite, decode: decodeWrite } });
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

  bytes(): number {
    return this.size;
  }

  async close(): Promise<void> {
    this.failure ??= new StorageError("io", `${this.dir} is closed`);
    // A node may be told to stop while it loads or founds.
    await Promise.allSettled([this.underWay]);
    await this.takeMade();
    const open = this.tail === null ? this.spares : [this.tail, ...this.spares];
    this.tail = null;
    this.spares = [];
    try {
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

  private async recover(each: (write: Write) => void): Promise<LoadReport> {
    const { disk, dir, segmentBytes, codec } = this;
    try {
      const recovery = await recover({ disk, dir, segmentBytes, decode: codec.decode }, each);
      const { tail, spares, fullBytes, nextGroup, notes } = recovery;
      this.tail = tail;
      this.spares = spares;
      this.nextGroup = nextGroup;
      this.size = spares.reduce((sum, spare) => sum + spare.size, fullBytes + tail.size);
      return { notes };
    } catch (error) {
      // What `each` throws is its caller's.
      throw isSystemError(error) ? this.fail(error) : error;
    }
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
      if (tail.end > tail.size / 2) this.prepare(tail.number + 1);
    } catch (cause) {
      throw this.fail(cause);
    }
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

  private fail(cause: unknown): StorageError {
    this.failure ??= cause instanceof StorageError ? cause : ioError(this.dir, cause);
    return this.failure;
  }
}

function ioError(dir: string, cause: unknown): StorageError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new StorageError("io", `the disk of ${dir} refuses: ${what}`, { cause });
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
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
