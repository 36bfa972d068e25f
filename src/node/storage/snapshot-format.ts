/**
 * The bytes of a snapshot: the file "snapshot-<slot>". All numbers are unsigned and little-endian.
 *
 *   snapshot = header head bytes table
 *   header   = "concoord snapshot" zeros version:u32 length of head:u32 crc32 of head:u32 crc32 of these:u32
 *   head     = what names the snapshot: slot, views, log time, hash, size of bytes
 *   table    = crc32 of each 64 KiB of the bytes:u32 and so on, crc32 of all these:u32
 *
 * The hash (SHA-256) is over all of the bytes. The table lets any piece of them be checked by itself.
 */
import { crc32 } from "node:zlib";
import type { SnapshotHead } from "../../shared/paxos/types.ts";
import { Damage } from "./damage.ts";

const formatVersion = 1;
const signature = Buffer.alloc(20);
signature.write("concoord snapshot", "latin1");
export const headerBytes = 36;
/** Bytes of the snapshot that one entry of the table stands for. */
export const sumBytes = 64 * 1024;

/** Header and head: what is in front of the bytes. */
export function makeFront(head: Uint8Array): Buffer {
  const front = Buffer.alloc(headerBytes + head.length);
  signature.copy(front);
  front.writeUInt32LE(formatVersion, 20);
  front.writeUInt32LE(head.length, 24);
  front.writeUInt32LE(crc32(head), 28);
  front.writeUInt32LE(crc32(front.subarray(0, 32)), 32);
  front.set(head, headerBytes);
  return front;
}

/** @param header the first `headerBytes` of the file @returns the length of the head @throws Damage */
export function headLengthIn(header: Buffer): number {
  const sound =
    header.subarray(0, 20).equals(signature) && header.readUInt32LE(32) === crc32(header.subarray(0, 32));
  if (!sound) throw new Damage(0, "a header that does not verify");
  const version = header.readUInt32LE(20);
  if (version !== formatVersion)
    throw new Damage(20, `format ${version}; this version of concoord reads ${formatVersion}`);
  return header.readUInt32LE(24);
}

/** @throws Damage */
export function headIn(
  header: Buffer,
  head: Buffer,
  decode: (bytes: Uint8Array) => SnapshotHead,
): SnapshotHead {
  if (header.readUInt32LE(28) !== crc32(head)) throw new Damage(headerBytes, "a head that does not verify");
  try {
    return decode(head);
  } catch (cause) {
    throw new Damage(headerBytes, `a head that cannot be decoded: ${String(cause)}`);
  }
}

/** Bytes of the table of a snapshot of `size` bytes. */
export function tableBytes(size: number): number {
  return 4 * (Math.ceil(size / sumBytes) + 1);
}

/** Makes the table while the bytes come, in pieces of any length. */
export class Sums {
  private readonly sums: number[] = [];
  /** Of the bytes that have no entry yet. */
  private sum = 0;
  private count = 0;

  add(piece: Uint8Array): void {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + sumBytes - this.count);
      this.sum = crc32(part, this.sum);
      this.count += part.length;
      at += part.length;
      if (this.count === sumBytes) this.next();
    }
  }

  /** The table, once all has come. */
  table(): Buffer {
    if (this.count > 0) this.next();
    const table = Buffer.alloc(4 * (this.sums.length + 1));
    for (const [i, sum] of this.sums.entries()) table.writeUInt32LE(sum, 4 * i);
    table.writeUInt32LE(crc32(table.subarray(0, -4)), 4 * this.sums.length);
    return table;
  }

  private next(): void {
    this.sums.push(this.sum);
    this.sum = 0;
    this.count = 0;
  }
}

/** @throws Damage @param at where the table lies in its file */
export function checkTable(table: Buffer, at: number): void {
  if (table.readUInt32LE(table.length - 4) !== crc32(table.subarray(0, -4)))
    throw new Damage(at, "a table of checksums that does not verify");
}

/**
 * @param bytes from offset `from` of the snapshot on, a multiple of `sumBytes`; whole ones, but for the last of all
 * @param at where they lie in their file
 * @throws Damage
 */
export function checkBytes(bytes: Buffer, from: number, table: Buffer, at: number): void {
  for (let i = 0; i < bytes.length; i += sumBytes) {
    const sum = table.readUInt32LE((4 * (from + i)) / sumBytes);
    if (sum !== crc32(bytes.subarray(i, i + sumBytes)))
      throw new Damage(at + i, "bytes that differ from their checksum");
  }
}
