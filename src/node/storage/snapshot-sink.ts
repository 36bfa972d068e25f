/**
 * A snapshot that is being written, under another name until it is whole. It is written and synced piece by piece, so
 * that no append has to wait behind much of it.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { snapshotPieceBytesMax } from "../../shared/limits.ts";
import { must } from "../../shared/paxos/ids.ts";
import type { SnapshotHead } from "../../shared/paxos/types.ts";
import { type SnapshotSink, StorageError } from "../../shared/server/storage.ts";
import { type Disk, syncFolder, writeAll } from "./disk.ts";
import { snapshotName } from "./folder.ts";
import { unfinished } from "./segment.ts";
import { SnapshotFile } from "./snapshot-file.ts";
import { makeFront, Sums } from "./snapshot-format.ts";

export interface Sinking {
  readonly disk: Disk;
  readonly dir: string;
  readonly head: SnapshotHead;
  readonly encodedHead: Uint8Array;
  /** Tells unfinished files of one slot apart. */
  readonly number: number;
  /** Runs what asks the disk; what the disk refuses stops the node. */
  readonly guard: <T>(run: () => Promise<T>) => Promise<T>;
  /** Takes the finished file. */
  readonly committed: (file: SnapshotFile) => Promise<void>;
  /** Nothing of it is left. */
  readonly over: (sink: FileSink) => void;
}

export class FileSink implements SnapshotSink {
  private readonly options: Sinking;
  private readonly path: string;
  private readonly bytesAt: number;
  private readonly fd: number;
  private readonly hash = createHash("sha256");
  private readonly sums = new Sums();
  private written = 0;
  private isOpen = true;
  /** Settles when nothing is under way. It never rejects. */
  private idle: Promise<unknown> = Promise.resolve();

  private constructor(options: Sinking, path: string, fd: number, bytesAt: number) {
    this.options = options;
    this.path = path;
    this.fd = fd;
    this.bytesAt = bytesAt;
  }

  static async open(options: Sinking): Promise<FileSink> {
    const { disk, dir, head, encodedHead, number } = options;
    const path = join(dir, `${snapshotName(head.slot)}.${number}${unfinished}`);
    const front = makeFront(encodedHead);
    const fd = await disk.open(path, "w+", 0o600);
    try {
      await writeAll(disk, fd, front, 0);
    } catch (error) {
      await disk.close(fd);
      throw error;
    }
    return new FileSink(options, path, fd, front.length);
  }

  write(piece: Uint8Array): Promise<void> {
    must(piece.length <= snapshotPieceBytesMax, "a piece of a snapshot is longer than it may be");
    return this.run(async () => {
      must(this.isOpen, "a snapshot is written until it is committed or aborted");
      const { disk } = this.options;
      const at = this.bytesAt + this.written;
      this.hash.update(piece);
      this.sums.add(piece);
      this.written += piece.length;
      await writeAll(disk, this.fd, piece, at);
      await disk.fdatasync(this.fd);
    });
  }

  commit(): Promise<void> {
    return this.run(async () => {
      must(this.isOpen, "a snapshot is committed once");
      const { head, disk, dir, committed } = this.options;
      const hash = this.hash.digest("hex");
      if (this.written !== head.size || hash !== head.hash) {
        await this.discard();
        const what = `${this.written} bytes with hash ${hash}, not ${head.size} with ${head.hash}`;
        throw new StorageError("damage", `${this.path}, offset ${this.bytesAt}: ${what}`);
      }
      const { fd, bytesAt } = this;
      const table = this.sums.table();
      await writeAll(disk, fd, table, bytesAt + head.size);
      await disk.fsync(fd);
      const path = join(dir, snapshotName(head.slot));
      await disk.rename(this.path, path);
      await syncFolder(disk, dir);
      this.end();
      await committed(new SnapshotFile(disk, { head, path, fd, bytesAt, table }));
    });
  }

  async abort(): Promise<void> {
    await this.idle;
    // What stays of it is removed by the next start.
    if (this.isOpen) await Promise.allSettled([this.discard()]);
  }

  private run(work: () => Promise<void>): Promise<void> {
    const result = this.idle.then(() => this.options.guard(work));
    this.idle = Promise.allSettled([result]);
    return result;
  }

  private async discard(): Promise<void> {
    this.end();
    const { disk } = this.options;
    await Promise.allSettled([disk.close(this.fd)]);
    await disk.unlink(this.path);
  }

  private end(): void {
    this.isOpen = false;
    this.options.over(this);
  }
}
