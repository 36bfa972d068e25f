/** The bytes of snapshots, in pieces that are worth a message or a sync each. */
import { snapshotPieceBytesMax } from "../limits.ts";
import { must } from "../paxos/ids.ts";
import type { SnapshotHead } from "../paxos/types.ts";
import type { Storage } from "./storage.ts";

/** SHA-256, in steps. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  hex(): string;
}

/** The same bytes in pieces that are worth a sync each. */
export function joined(pieces: Iterable<Uint8Array>): readonly Uint8Array[] {
  const all: Uint8Array[] = [];
  let gathered: Uint8Array[] = [];
  let size = 0;
  const flush = () => {
    if (gathered.length > 0) all.push(concat(gathered, size));
    [gathered, size] = [[], 0];
  };
  for (const piece of pieces) {
    if (size + piece.length > snapshotPieceBytesMax) flush();
    gathered.push(piece);
    size += piece.length;
  }
  flush();
  return all;
}

function concat(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

export async function readAll(storage: Storage, head: SnapshotHead): Promise<Uint8Array> {
  const bytes = new Uint8Array(head.size);
  for (let at = 0; at < head.size; ) {
    const piece = await storage.read(head.slot, at, Math.min(snapshotPieceBytesMax, head.size - at));
    must(piece !== null && piece.length > 0, "a snapshot that was just kept is there");
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
