/**
 * The bytes of a log segment. A segment is a file of fixed size, full of zeros when it is made:
 *
 *   header   magic, size of the segment, number, crc32 of these            (32 bytes)
 *   group*   magic, bytes of the body, crc32 of these | body | zeros | trailer
 *   body     (u32 length, bytes)*: one record for each write, all of one append
 *   trailer  magic, offset of the group, bytes and crc32 of its body, crc32 of these; within one 512-byte sector
 *
 * A group counts when its trailer is there: an append is durable as a whole or not at all. Integers are little-endian.
 *
 * What a scan can meet where the next group would begin, and what it was:
 * - zeros to the end of the segment: nothing. The log ends here.
 * - bytes without any valid trailer behind them, and zeros where the trailer belongs (or no header to tell where):
 *   an append that a kill or a power cut interrupted. Nobody was told that it was durable: torn, to be cut.
 * - a valid trailer behind bytes that do not verify, or a trailer that is neither valid nor zeros: something that was
 *   durable has changed. Damage: the node must not vote with it.
 * A disk that persists the trailer's sector before the body's and then loses power shows damage where there is none;
 * the node then comes back as a new node, which is safe.
 */
import { crc32 } from "node:zlib";

export const headerBytes = 32;
const groupHeaderBytes = 12;
const trailerBytes = 24;
const sectorBytes = 512;
const segmentMagic = 0x676f6c63;
const groupMagic = 0x70756f72;
const trailerMagic = 0x6c696174;
const formatVersion = 1;

export function writeHeader(to: Buffer, size: number, number: number): void {
  to.writeUInt32LE(segmentMagic, 0);
  to.writeUInt32LE(formatVersion, 4);
  to.writeUInt32LE(size, 8);
  to.writeUInt32LE(number, 12);
  to.writeUInt32LE(crc32(to.subarray(0, 16)), 16);
}

/** The size and number in a segment's header; null when it does not verify. */
export function readHeader(from: Buffer): { readonly size: number; readonly number: number } | null {
  if (from.length < headerBytes || from.readUInt32LE(0) !== segmentMagic) return null;
  if (from.readUInt32LE(4) !== formatVersion || from.readUInt32LE(16) !== crc32(from.subarray(0, 16)))
    return null;
  return { size: from.readUInt32LE(8), number: from.readUInt32LE(12) };
}

/** Where the trailer of a group goes whose body ends at `end` of the segment: whole within one sector. */
function trailerAt(end: number): number {
  const room = sectorBytes - (end % sectorBytes);
  return room >= trailerBytes ? end : end + room;
}

/** The bytes that a group takes at `offset` of a segment. */
export function groupBytes(offset: number, bodyBytes: number): number {
  return trailerAt(offset + groupHeaderBytes + bodyBytes) + trailerBytes - offset;
}

/** Builds the groups of a log in one buffer that grows and is used again. */
export class GroupWriter {
  private scratch = Buffer.alloc(64 * 1024);

  /** @returns the whole group as it stands at `offset`, valid until the next call */
  build(offset: number, records: readonly Uint8Array[]): Buffer {
    const body = bodyBytesOf(records);
    const size = groupBytes(offset, body);
    if (this.scratch.length < size) this.scratch = Buffer.alloc(size * 2);
    const to = this.scratch;
    to.writeUInt32LE(groupMagic, 0);
    to.writeUInt32LE(body, 4);
    to.writeUInt32LE(crc32(to.subarray(0, 8)), 8);
    let at = groupHeaderBytes;
    for (const record of records) {
      to.writeUInt32LE(record.length, at);
      to.set(record, at + 4);
      at += 4 + record.length;
    }
    const trailer = trailerAt(offset + at) - offset;
    to.fill(0, at, trailer);
    to.writeUInt32LE(trailerMagic, trailer);
    to.writeUInt32LE(offset, trailer + 4);
    to.writeUInt32LE(body, trailer + 8);
    to.writeUInt32LE(crc32(to.subarray(groupHeaderBytes, at)), trailer + 12);
    to.writeUInt32LE(crc32(to.subarray(trailer, trailer + 16)), trailer + 16);
    to.writeUInt32LE(0, trailer + 20);
    return to.subarray(0, size);
  }
}

export function bodyBytesOf(records: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const record of records) bytes += 4 + record.length;
  return bytes;
}

export type Scan =
  | { readonly type: "end"; readonly offset: number }
  /** Cut at `offset`: nothing valid follows. */
  | { readonly type: "torn"; readonly offset: number }
  | { readonly type: "damage"; readonly offset: number; readonly what: string };

/** Reads the groups of a whole segment and hands over their records. @param from the whole file */
export function scanSegment(from: Buffer, each: (record: Buffer) => void): Scan {
  let offset = headerBytes;
  while (offset + groupHeaderBytes + trailerBytes <= from.length) {
    const end = readGroup(from, offset, each);
    if (end === null) return judge(from, offset);
    offset = end;
  }
  return { type: "end", offset };
}

/** @returns the offset after the group, or null when it does not verify */
function readGroup(from: Buffer, offset: number, each: (record: Buffer) => void): number | null {
  const body = bodyAt(from, offset);
  if (body === null) return null;
  const start = offset + groupHeaderBytes;
  const trailer = trailerAt(start + body);
  if (!isTrailer(from, trailer) || from.readUInt32LE(trailer + 4) !== offset) return null;
  if (from.readUInt32LE(trailer + 8) !== body) return null;
  if (from.readUInt32LE(trailer + 12) !== crc32(from.subarray(start, start + body))) return null;
  if (!isZero(from, start + body, trailer) || from.readUInt32LE(trailer + 20) !== 0) return null;
  for (let at = start; at < start + body; ) {
    const length = from.readUInt32LE(at);
    each(from.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return trailer + trailerBytes;
}

/** The body length that a group's header tells; null when the header does not verify or the body cannot fit. */
function bodyAt(from: Buffer, offset: number): number | null {
  if (from.readUInt32LE(offset) !== groupMagic) return null;
  if (from.readUInt32LE(offset + 8) !== crc32(from.subarray(offset, offset + 8))) return null;
  const body = from.readUInt32LE(offset + 4);
  return trailerAt(offset + groupHeaderBytes + body) + trailerBytes <= from.length ? body : null;
}

function isTrailer(from: Buffer, at: number): boolean {
  if (at + trailerBytes > from.length || from.readUInt32LE(at) !== trailerMagic) return false;
  return from.readUInt32LE(at + 16) === crc32(from.subarray(at, at + 16));
}

/** What stands at `offset`, where no whole group does. */
function judge(from: Buffer, offset: number): Scan {
  if (isZero(from, offset, from.length)) return { type: "end", offset };
  for (
    let at = from.indexOf("tail", offset, "latin1");
    at >= 0;
    at = from.indexOf("tail", at + 1, "latin1")
  ) {
    if (isTrailer(from, at))
      return { type: "damage", offset, what: "a valid group follows bytes that do not verify" };
  }
  const body = bodyAt(from, offset);
  if (body === null) return { type: "torn", offset };
  const trailer = trailerAt(offset + groupHeaderBytes + body);
  if (isZero(from, trailer, trailer + trailerBytes)) return { type: "torn", offset };
  return { type: "damage", offset, what: "the trailer of a group does not verify" };
}

function isZero(from: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (from[i] !== 0) return false;
  return true;
}
