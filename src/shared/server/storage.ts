/** What a node needs of its disk. One conformance suite (test/conformance/storage.ts) holds for every adapter. */
import type { Write } from "../paxos/types.ts";

export interface LoadReport {
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
   */
  append(writes: readonly Write[]): Promise<void>;
  /** Bytes on disk now. */
  bytes(): number;
  /** Releases files and locks. No append may be under way. */
  close(): Promise<void>;
}
