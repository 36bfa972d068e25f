/** What a node needs of its disk. One conformance suite (test/conformance/storage.ts) holds for every adapter. */
import type { Slot } from "../paxos/slot.ts";
import type { SnapshotHead, Write } from "../paxos/types.ts";

export interface LoadReport {
  /** The newest whole snapshot; null when there is none. */
  readonly snapshot: SnapshotHead | null;
  /** One line for each torn tail that was cut; empty when all was in order. */
  readonly notes: readonly string[];
}

/** The disk is damaged or refuses to work: the node stops and never acknowledges what it could not keep. */
export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly kind: "damage" | "io" | "locked";
  constructor(kind: "damage" | "io" | "locked", message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}

export interface Storage {
  /**
   * Hands over every write of every completed append, in order. Called once, before the first append.
   * @throws StorageError "damage" naming file and offset, "locked" when another process holds the folder.
   */
  load(each: (write: Write) => void): Promise<LoadReport>;
  /**
   * Makes the writes durable, all or none of them, after those of earlier calls; resolves when they are. The caller
   * waits for one append before it makes the next. @throws StorageError "io": the node must stop.
   * @returns null when there is nothing to wait for, since nothing outlives the process
   */
  append(writes: readonly Write[]): Promise<void> | null;
  /**
   * Begins to keep a snapshot; the ones before stay until `trim`. Appends may go on meanwhile, and one more snapshot
   * at a time may be begun. @throws StorageError "io": the node must stop.
   */
  keep(head: SnapshotHead): Promise<SnapshotSink>;
  /**
   * Up to `length` bytes of a kept snapshot from `offset` on; null when it is not there (any more).
   * @throws StorageError "damage" when the file does not verify any more, "io"
   */
  read(slot: Slot, offset: number, length: number): Promise<Uint8Array | null>;
  /**
   * Drops records that the durable `trimmed` record of this slot makes needless, and all snapshots before `keepFrom`
   * but the newest one. Appends may go on meanwhile.
   */
  trim(upTo: Slot, keepFrom: Slot): Promise<void>;
  /** Bytes on disk now. */
  bytes(): number;
  /** Releases files and locks. No append may be under way. */
  close(): Promise<void>;
}

/** Where the bytes of one snapshot go. */
export interface SnapshotSink {
  /** Appends a piece of at most snapshotPieceBytesMax; resolves when it is durable. One at a time. */
  write(piece: Uint8Array): Promise<void>;
  /** All was written: from now on it is the newest snapshot. @throws StorageError "damage" if size or hash differ */
  commit(): Promise<void>;
  /** It will not be finished. Never rejects. */
  abort(): Promise<void>;
}
