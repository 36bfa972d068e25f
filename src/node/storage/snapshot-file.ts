/** A kept snapshot: its file stays open as long as it is kept. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { snapshotPieceBytesMax } from "../../shared/limits.ts";
import type { Slot } from "../../shared/paxos/slot.ts";
import type { SnapshotHead } from "../../shared/paxos/types.ts";
import { Damage, damageError } from "./damage.ts";
import { type Disk, readAll } from "./disk.ts";
import { snapshotName } from "./folder.ts";
import {
  checkBytes,
  checkTable,
  headerBytes,
  headIn,
  headLengthIn,
  sumBytes,
  tableBytes,
} from "./snapshot-format.ts";

export interface Snapshot {
  readonly head: SnapshotHead;
  readonly path: string;
  readonly fd: number;
  /** Where the bytes begin in the file. */
  readonly bytesAt: number;
  readonly table: Buffer;
}

export class SnapshotFile {
  readonly head: SnapshotHead;
  readonly path: string;
  /** Bytes of the file. */
  readonly size: number;
  private readonly disk: Disk;
  private readonly fd: number;
  private readonly bytesAt: number;
  private readonly table: Buffer;
  /** Settles when nobody reads any more. It never rejects. */
  private idle: Promise<unknown> = Promise.resolve();

  constructor(disk: Disk, { head, path, fd, bytesAt, table }: Snapshot) {
    this.disk = disk;
    this.head = head;
    this.path = path;
    this.size = bytesAt + head.size + table.length;
    this.fd = fd;
    this.bytesAt = bytesAt;
    this.table = table;
  }

  /** @throws StorageError "damage" when header, head or table do not verify, or the file has another length */
  static async open(
    disk: Disk,
    dir: string,
    at: Slot,
    decode: (bytes: Uint8Array) => SnapshotHead,
  ): Promise<SnapshotFile> {
    const path = join(dir, snapshotName(at));
    const fd = await disk.open(path, "r");
    try {
      const header = await take(disk, fd, 0, headerBytes);
      const bytesAt = headerBytes + headLengthIn(header);
      const head = headIn(header, await take(disk, fd, headerBytes, bytesAt - headerBytes), decode);
      if (head.slot !== at) throw new Damage(headerBytes, `the snapshot of slot ${head.slot}`);
      const tableAt = bytesAt + head.size;
      const table = await take(disk, fd, tableAt, tableBytes(head.size));
      checkTable(table, tableAt);
      const end = tableAt + table.length;
      if ((await readAll(disk, fd, Buffer.alloc(1), end)) > 0) throw new Damage(end, "data behind its end");
      return new SnapshotFile(disk, { head, path, fd, bytesAt, table });
    } catch (error) {
      await disk.close(fd);
      throw error instanceof Damage ? damageError(path, error) : error;
    }
  }

  /**
   * What there is of `length` bytes from `offset` on. The caller may keep the view.
   * @throws StorageError "damage"; or what the system says when it refuses
   */
  read(offset: number, length: number): Promise<Uint8Array> {
    const work = this.idle.then(() => this.take(offset, length));
    this.idle = Promise.allSettled([work]);
    return work;
  }

  /** Checks the hash, piece by piece. @throws StorageError "damage" */
  async verify(): Promise<void> {
    const hash = createHash("sha256");
    for (let at = 0; at < this.head.size; at += snapshotPieceBytesMax)
      hash.update(await this.take(at, snapshotPieceBytesMax));
    if (hash.digest("hex") !== this.head.hash)
      throw damageError(this.path, new Damage(this.bytesAt, "bytes that differ from their hash"));
  }

  /** What is being read is handed over before. */
  async close(): Promise<void> {
    await this.idle;
    await this.disk.close(this.fd);
  }

  private async take(offset: number, length: number): Promise<Uint8Array> {
    const { size } = this.head;
    const from = Math.min(offset, size);
    const to = Math.min(offset + length, size);
    const first = Math.floor(from / sumBytes) * sumBytes;
    const last = Math.min(Math.ceil(to / sumBytes) * sumBytes, size);
    const at = this.bytesAt + first;
    try {
      const bytes = await take(this.disk, this.fd, at, Math.max(last - first, 0));
      checkBytes(bytes, first, this.table, at);
      return bytes.subarray(from - first, to - first);
    } catch (error) {
      throw error instanceof Damage ? damageError(this.path, error) : error;
    }
  }
}

/** @throws Damage where the file ends before */
async function take(disk: Disk, fd: number, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  const count = await readAll(disk, fd, bytes, at);
  if (count < length) throw new Damage(at + count, "its end is missing");
  return bytes;
}
