/** The snapshots of a node: files beside its log, each whole or not there. */
import type { Slot } from "../../shared/paxos/slot.ts";
import type { SnapshotHead } from "../../shared/paxos/types.ts";
import type { SnapshotSink } from "../../shared/server/storage.ts";
import { type Disk, syncFolder } from "./disk.ts";
import { SnapshotFile } from "./snapshot-file.ts";
import { FileSink, type Sinking } from "./snapshot-sink.ts";

export interface HeadCodec {
  readonly encodeHead: (head: SnapshotHead) => Uint8Array;
  readonly decodeHead: (bytes: Uint8Array) => SnapshotHead;
}

export class Snapshots {
  private readonly disk: Disk;
  private readonly dir: string;
  private readonly codec: HeadCodec;
  private readonly guard: Sinking["guard"];
  private readonly files = new Map<Slot, SnapshotFile>();
  private readonly sinks = new Set<FileSink>();
  private begun = 0;

  constructor(disk: Disk, dir: string, codec: HeadCodec, guard: Sinking["guard"]) {
    this.disk = disk;
    this.dir = dir;
    this.codec = codec;
    this.guard = guard;
  }

  /** Bytes on disk of those that are whole. */
  get bytes(): number {
    return [...this.files.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Opens what a start found, and reads all of the newest. @returns its head
   * @throws StorageError "damage"
   */
  async load(slots: readonly Slot[]): Promise<SnapshotHead | null> {
    for (const at of slots)
      this.files.set(at, await SnapshotFile.open(this.disk, this.dir, at, this.codec.decodeHead));
    const newest = this.newest();
    await newest?.verify();
    return newest?.head ?? null;
  }

  async keep(head: SnapshotHead): Promise<SnapshotSink> {
    const sink = await FileSink.open({
      disk: this.disk,
      dir: this.dir,
      head,
      encodedHead: this.codec.encodeHead(head),
      number: ++this.begun,
      guard: this.guard,
      committed: (file) => this.add(file),
      over: (ended) => this.sinks.delete(ended),
    });
    this.sinks.add(sink);
    return sink;
  }

  async read(at: Slot, offset: number, length: number): Promise<Uint8Array | null> {
    return (await this.files.get(at)?.read(offset, length)) ?? null;
  }

  /** Removes all before `keepFrom` but the newest. */
  async drop(keepFrom: Slot): Promise<void> {
    const newest = this.newest();
    const old = [...this.files.values()].filter((file) => file.head.slot < keepFrom && file !== newest);
    for (const { head } of old) this.files.delete(head.slot);
    for (const file of old) {
      await file.close();
      await this.disk.unlink(file.path);
    }
    if (old.length > 0) await syncFolder(this.disk, this.dir);
  }

  async close(): Promise<void> {
    for (const sink of this.sinks) await sink.abort();
    for (const file of this.files.values()) await file.close();
    this.files.clear();
  }

  /** One of the same slot gives its place to it, as its file did. */
  private async add(file: SnapshotFile): Promise<void> {
    const before = this.files.get(file.head.slot);
    this.files.set(file.head.slot, file);
    await before?.close();
  }

  private newest(): SnapshotFile | null {
    return [...this.files.values()].reduce<SnapshotFile | null>(
      (newest, file) => (newest === null || file.head.slot > newest.head.slot ? file : newest),
      null,
    );
  }
}
