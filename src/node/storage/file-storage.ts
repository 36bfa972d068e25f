/**
 * The log on disk: segments of zeros, written one group at a time with one write and one fdatasync. The next segment
 * is made while the current one is in use, so that no append waits for it. The format stands in segment.ts.
 */
import { fdatasync, mkdirSync, readdirSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { type FileHandle, open as openFile, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Write } from "../../shared/paxos/types.ts";
import { type LoadReport, type Storage, StorageError } from "../../shared/server/storage.ts";
import { type FolderLock, lockFolder } from "./folder-lock.ts";
import { syncFolder } from "./note.ts";
import {
  bodyBytesOf,
  GroupWriter,
  groupBytes,
  headerBytes,
  readHeader,
  scanSegment,
  writeHeader,
} from "./segment.ts";

/** Bytes of a segment; a group that is larger has one of its own. */
export const segmentBytesDefault = 16 * 1024 * 1024;

export interface LogCodec {
  encode(write: Write): Uint8Array;
  decode(bytes: Uint8Array): Write;
}

/** The calls to the disk that can fail; tests put failing ones in their place. */
export interface Disk {
  write(fd: number, bytes: Buffer, offset: number): void;
  sync(fd: number): Promise<void>;
}

const realDisk: Disk = {
  write(fd, bytes, offset) {
    for (let done = 0; done < bytes.length; ) {
      done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
    }
  },
  sync: (fd) =>
    new Promise((resolve, reject) => fdatasync(fd, (error) => (error === null ? resolve() : reject(error)))),
};

interface Segment {
  readonly number: number;
  readonly size: number;
  readonly file: FileHandle;
}

export interface FileStorageOptions {
  readonly dir: string;
  readonly codec: LogCodec;
  readonly segmentBytes?: number;
  readonly disk?: Disk;
}

export class FileStorage implements Storage {
  private readonly dir: string;
  private readonly codec: LogCodec;
  private readonly segmentBytes: number;
  private readonly disk: Disk;
  private readonly lock: FolderLock;
  private readonly writer = new GroupWriter();
  private current: Segment | null = null;
  /** Where the next group goes in the current segment. */
  private offset = 0;
  /** The segment after the current one, as soon as half of that is used. */
  private following: Promise<Segment> | null = null;
  private earlierBytes = 0;
  private failed: StorageError | null = null;

  private constructor(options: FileStorageOptions, lock: FolderLock) {
    this.dir = options.dir;
    this.codec = options.codec;
    this.segmentBytes = options.segmentBytes ?? segmentBytesDefault;
    this.disk = options.disk ?? realDisk;
    this.lock = lock;
  }

  /**
   * Takes the folder, which is made when it is missing. @throws StorageError "locked"
   * @example const storage = await FileStorage.open({ dir: "data", codec: { encode: encodeWrite, decode: decodeWrite } });
   */
  static async open(options: FileStorageOptions): Promise<FileStorage> {
    mkdirSync(options.dir, { recursive: true, mode: 0o700 });
    return new FileStorage(options, await lockFolder(options.dir));
  }

  async load(each: (write: Write) => void): Promise<LoadReport> {
    const notes: string[] = [];
    const names = readdirSync(this.dir)
      .filter((name) => /^[0-9]{6}\.log$/.test(name))
      .sort();
    for (const name of readdirSync(this.dir)) if (name.endsWith(".log.new")) unlinkSync(join(this.dir, name));
    for (const [i, name] of names.entries()) {
      const last = i === names.length - 1 || this.isUnused(names[i + 1] as string);
      await this.loadSegment(name, last, each, notes);
      if (last) break;
    }
    for (const name of names) {
      if (this.current !== null && Number.parseInt(name, 10) > this.current.number)
        unlinkSync(join(this.dir, name));
    }
    this.current ??= await this.make(1, this.segmentBytes);
    if (this.offset === 0) this.offset = headerBytes;
    return { notes };
  }

  async append(writes: readonly Write[]): Promise<void> {
    if (this.failed !== null) throw this.failed;
    const records = writes.map((write) => this.codec.encode(write));
    try {
      const { file } = await this.room(bodyBytesOf(records));
      const group = this.writer.build(this.offset, records);
      this.disk.write(file.fd, group, this.offset);
      this.offset += group.length;
      await this.disk.sync(file.fd);
    } catch (cause) {
      const what = cause instanceof Error ? cause.message : String(cause);
      this.failed = new StorageError("io", `the log in ${this.dir} cannot be written: ${what}`, { cause });
      throw this.failed;
    }
  }

  bytes(): number {
    return this.earlierBytes + this.offset;
  }

  async close(): Promise<void> {
    await this.current?.file.close();
    const following = await this.following?.catch(() => null);
    await following?.file.close();
    this.current = null;
    this.following = null;
    await this.lock.release();
  }

  private async loadSegment(
    name: string,
    last: boolean,
    each: (write: Write) => void,
    notes: string[],
  ): Promise<void> {
    const path = join(this.dir, name);
    const bytes = readFileSync(path);
    const header = readHeader(bytes);
    if (header === null) throw damage(path, 0, "the header of the segment does not verify");
    if (bytes.length !== header.size)
      throw damage(path, bytes.length, `the segment must have ${header.size} bytes`);
    if (`${String(header.number).padStart(6, "0")}.log` !== name)
      throw damage(path, 0, "a segment of another place");
    const expected = (this.current?.number ?? 0) + 1;
    if (header.number !== expected) throw damage(path, 0, `the segment ${expected} is missing`);
    const scan = scanSegment(bytes, (record) => each(this.codec.decode(new Uint8Array(record))));
    if (scan.type === "damage") throw damage(path, scan.offset, scan.what);
    if (scan.type === "torn") {
      if (!last) throw damage(path, scan.offset, "the segment ends before the next one begins");
      await this.cut(path, bytes, scan.offset, header.number);
      notes.push(`${path}: an append that was never acknowledged was cut off at offset ${scan.offset}`);
    }
    await this.current?.file.close();
    this.earlierBytes += this.offset;
    this.current = { number: header.number, size: header.size, file: await openFile(path, "r+") };
    this.offset = scan.offset;
  }

  /** A segment that was made ahead of time holds nothing, and is made again when it is needed. */
  private isUnused(name: string): boolean {
    const bytes = readFileSync(join(this.dir, name));
    if (readHeader(bytes) === null) return false;
    let records = 0;
    const scan = scanSegment(bytes, () => records++);
    return scan.type === "end" && records === 0;
  }

  /** What survives of a torn segment is copied to a new file, which takes its place when it is synced. */
  private async cut(path: string, bytes: Buffer, end: number, number: number): Promise<void> {
    const copy = Buffer.alloc(bytes.length);
    bytes.copy(copy, 0, 0, end);
    await this.writeFile(`${path}.new`, copy, number);
    await rename(`${path}.new`, path);
    syncFolder(this.dir);
  }

  /** The segment with room for a body of this size at `offset`; the current one, or the one after it. */
  private async room(bodyBytes: number): Promise<Segment> {
    let segment = this.current;
    if (segment === null) throw new Error("the storage is closed");
    if (this.offset + groupBytes(this.offset, bodyBytes) > segment.size) {
      const needed = headerBytes + groupBytes(headerBytes, bodyBytes);
      let next = await (this.following ?? this.make(segment.number + 1, this.segmentBytes));
      if (needed > next.size) {
        await next.file.close();
        next = await this.make(next.number, needed);
      }
      await segment.file.close();
      this.following = null;
      this.earlierBytes += this.offset;
      this.current = segment = next;
      this.offset = headerBytes;
    } else if (this.following === null && this.offset > segment.size / 2) {
      this.following = this.make(segment.number + 1, this.segmentBytes);
      // Reported by the append that needs the segment.
      this.following.catch(() => undefined);
    }
    return segment;
  }

  private async make(number: number, size: number): Promise<Segment> {
    const path = join(this.dir, `${String(number).padStart(6, "0")}.log`);
    await this.writeFile(`${path}.new`, Buffer.alloc(size), number);
    await rename(`${path}.new`, path);
    syncFolder(this.dir);
    return { number, size, file: await openFile(path, "r+") };
  }

  private async writeFile(path: string, bytes: Buffer, number: number): Promise<void> {
    writeHeader(bytes, bytes.length, number);
    const file = await openFile(path, "w", 0o600);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

function damage(path: string, offset: number, what: string): StorageError {
  return new StorageError("damage", `${path} is damaged at offset ${offset}: ${what}`);
}
