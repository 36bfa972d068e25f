/**
 * The bytes of the log: files "000001.log", "000002.log", ... of a fixed size, filled with zeros before use. All
 * numbers are unsigned and little-endian.
 *
 *   segment = header (512 bytes, one sector) group* zeros
 *   header  = "concoord log" version:u32 segment:u32 size:u32 crc32 of these:u32 zeros
 *   group   = head record* padding trailer        one append; begins at a multiple of 32 bytes
 *   record  = length:u32 crc32:u32 bytes          one write
 *   head    = block with the number of records
 *   trailer = block with the crc32 of all of the group that is before it
 *   block   = mark:u32 crc32 of the rest:u32 offset:u32 length:u32 group:u64 segment:u32 value:u32
 *
 * Blocks are 32 bytes long and lie at multiples of 32, so each is within one sector of the disk: a power cut leaves
 * it whole or not there at all. Offset and length are those of the group in its segment. Groups are numbered over all
 * segments, so that a group missing between two others is noticed.
 */
import { crc32 } from "node:zlib";
import { must } from "../../shared/paxos/ids.ts";

const formatVersion = 1;
export const headerBytes = 512;
export const blockBytes = 32;
/** Length and crc32 in front of the bytes of a record. */
export const recordHeadBytes = 8;
/** Bytes of one group: far more than a turn can make. */
export const groupBytesMax = 1024 * 1024 * 1024;
/** Bytes of one segment: offsets have 32 bits. */
const segmentBytesMax = 2 * groupBytesMax;

const signature = "concoord log";
const markOf = { head: 0x3e70c0c0, trailer: 0x3c70c0c0 } as const;
export type BlockKind = keyof typeof markOf;

/** Where a group lies and which it is; its head and its trailer say the same. */
export interface Block {
  readonly offset: number;
  readonly length: number;
  /** From 1, over all segments. */
  readonly group: number;
  readonly segment: number;
  /** In a head the number of records, in a trailer the crc32. */
  readonly value: number;
}

export function fileName(segment: number): string {
  return `${String(segment).padStart(6, "0")}.log`;
}

/** The number of the segment that a file of this name is; null for other files. */
export function segmentOf(name: string): number | null {
  const digits = /^([0-9]{6,9})\.log$/.exec(name)?.[1];
  if (digits === undefined) return null;
  return fileName(Number(digits)) === name ? Number(digits) : null;
}

export function roundUp(bytes: number): number {
  return Math.ceil(bytes / blockBytes) * blockBytes;
}

export function makeHeader(segment: number, size: number): Buffer {
  must(size <= segmentBytesMax && size % blockBytes === 0, `not a size of a segment: ${size}`);
  const header = Buffer.alloc(headerBytes);
  header.write(signature, 0, "latin1");
  header.writeUInt32LE(formatVersion, 12);
  header.writeUInt32LE(segment, 16);
  header.writeUInt32LE(size, 20);
  header.writeUInt32LE(crc32(header.subarray(0, 24)), 24);
  return header;
}

/** What is wrong with the header of a segment of this number and size, in words; null when nothing is. */
export function headerFault(bytes: Buffer, segment: number, size: number): string | null {
  if (bytes.length < headerBytes) return "no whole header";
  if (
    bytes.toString("latin1", 0, 12) !== signature ||
    bytes.readUInt32LE(24) !== crc32(bytes.subarray(0, 24))
  )
    return "a header that does not verify";
  const version = bytes.readUInt32LE(12);
  if (version !== formatVersion) return `format ${version}; this version of concoord reads ${formatVersion}`;
  const declared = bytes.readUInt32LE(20);
  if (declared > size) return `${size} bytes of ${declared}: its end is missing`;
  if (!makeHeader(segment, declared).equals(bytes.subarray(0, headerBytes)) || declared !== size)
    return "a header of another segment or size";
  return null;
}

export function writeBlock(bytes: Buffer, at: number, kind: BlockKind, block: Block): void {
  bytes.writeUInt32LE(markOf[kind], at);
  bytes.writeUInt32LE(block.offset, at + 8);
  bytes.writeUInt32LE(block.length, at + 12);
  bytes.writeUInt32LE(block.group % 0x1_0000_0000, at + 16);
  bytes.writeUInt32LE(Math.floor(block.group / 0x1_0000_0000), at + 20);
  bytes.writeUInt32LE(block.segment, at + 24);
  bytes.writeUInt32LE(block.value, at + 28);
  bytes.writeUInt32LE(crc32(bytes.subarray(at + 8, at + blockBytes)), at + 4);
}

/** The block at `at`, or null when none of this kind stands there. */
export function readBlock(bytes: Buffer, at: number, kind: BlockKind): Block | null {
  if (bytes.readUInt32LE(at) !== markOf[kind]) return null;
  if (bytes.readUInt32LE(at + 4) !== crc32(bytes.subarray(at + 8, at + blockBytes))) return null;
  return {
    offset: bytes.readUInt32LE(at + 8),
    length: bytes.readUInt32LE(at + 12),
    group: bytes.readUInt32LE(at + 16) + bytes.readUInt32LE(at + 20) * 0x1_0000_0000,
    segment: bytes.readUInt32LE(at + 24),
    value: bytes.readUInt32LE(at + 28),
  };
}

/** Where the first byte that is not zero is, at or after `from`; -1 when there is none. Both at multiples of 32. */
export function firstNonZero(bytes: Buffer, from: number, to = bytes.length): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + from, (to - from) / 4);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return from + 4 * i;
  return -1;
}
