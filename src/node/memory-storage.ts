/** Nothing outlives the process: for `--memory`. A node that restarts is a new node. */
import { createHash, type Hash } from "node:crypto";
import { must } from "../shared/paxos/ids.ts";
import type { Slot } from "../shared/paxos/slot.ts";
import type { SnapshotHead, Write } from "../shared/paxos/types.ts";
import { type LoadReport, type SnapshotSink, type Storage, StorageError } from "../shared/server/storage.ts";

interface Kept {
  readonly head: SnapshotHead;
  readonly bytes: Uint8Array;
}

export class MemoryStorage implements Storage {
  /** The newest one and the one before it, which others may be reading. */
  private snapshots: readonly Kept[] = [];

  async load(_each: (write: Write) => void): Promise<LoadReport> {
    return { snapshot: this.snapshots[0]?.head ?? null, notes: [] };
  }

  /** Done at once: what a crash would take is taken with the whole node. */
  append(_writes: readonly Write[]): Promise<void> | null {
    return null;
  }

  async keep(head: SnapshotHead): Promise<SnapshotSink> {
    return new MemorySink(head, (bytes) => {
      const others = this.snapshots.filter((kept) => kept.head.slot !== head.slot);
      this.snapshots = [...others, { head, bytes }].sort((a, b) => b.head.slot - a.head.slot).slice(0, 2);
    });
  }

  async read(slot: Slot, offset: number, length: number): Promise<Uint8Array | null> {
    const kept = this.snapshots.find(({ head }) => head.slot === slot);
    return kept?.bytes.slice(offset, offset + length) ?? null;
  }

  async trim(_upTo: Slot, keepFrom: Slot): Promise<void> {
    this.snapshots = this.snapshots.filter(({ head }, i) => i === 0 || head.slot >= keepFrom);
  }

  bytes(): number {
    return this.snapshots.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class MemorySink implements SnapshotSink {
  private readonly head: SnapshotHead;
  private readonly commits: (bytes: Uint8Array) => void;
  private readonly hash: Hash = createHash("sha256");
  private readonly bytes: Buffer;
  private written = 0;
  private isOpen = true;

  constructor(head: SnapshotHead, commits: (bytes: Uint8Array) => void) {
    this.head = head;
    this.commits = commits;
    this.bytes = Buffer.allocUnsafeSlow(head.size);
  }

  async write(piece: Uint8Array): Promise<void> {
    must(this.isOpen, "a snapshot is written until it is committed or aborted");
    if (this.written + piece.length <= this.head.size) this.bytes.set(piece, this.written);
    this.hash.update(piece);
    this.written += piece.length;
  }

  async commit(): Promise<void> {
    must(this.isOpen, "a snapshot is committed once");
    this.isOpen = false;
    const { hash, size } = this.head;
    if (this.written !== size || this.hash.digest("hex") !== hash)
      throw new StorageError("damage", `a snapshot of ${size} bytes that are not those of its hash`);
    this.commits(this.bytes);
  }

  async abort(): Promise<void> {
    this.isOpen = false;
  }
}
