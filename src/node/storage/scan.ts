/** Reads the bytes of one segment: which groups are whole, and what is behind the last one. */
import { crc32 } from "node:zlib";
import { Damage } from "./damage.ts";
import {
  type Block,
  blockBytes,
  firstNonZero,
  headerBytes,
  headerFault,
  readBlock,
  recordHeadBytes,
} from "./format.ts";

export interface Scan {
  /** The end of the last whole group: the next one goes there. */
  readonly end: number;
  /** Where the last whole group begins; null when the segment has none. */
  readonly last: number | null;
  /** The number that the next group must have. */
  readonly nextGroup: number;
  /** Whether a group follows that was never acknowledged: its trailer is not there. */
  readonly torn: boolean;
}

/**
 * @param bytes the whole file, at the start of their buffer or at a multiple of 4 in it
 * @param nextGroup the number that its first group must have
 * @throws Damage
 */
export function scanSegment(bytes: Buffer, segment: number, nextGroup: number): Scan {
  const fault = headerFault(bytes, segment, bytes.length);
  if (fault !== null) throw new Damage(0, fault);
  let at = headerBytes;
  let last: number | null = null;
  let group = nextGroup;
  for (;;) {
    const found = groupAt(bytes, at, segment, group);
    if (typeof found === "string") return { end: at, last, nextGroup: group, torn: found === "torn" };
    last = at;
    at += found.length;
    group++;
  }
}

/** The whole group at `at`; else whether nothing follows, or what is left of one that was not acknowledged. */
function groupAt(bytes: Buffer, at: number, segment: number, group: number): Block | "nothing" | "torn" {
  if (at + 2 * blockBytes > bytes.length || firstNonZero(bytes, at, at + blockBytes) === -1)
    return withoutHead(bytes, at);
  const head = readBlock(bytes, at, "head");
  if (head === null) throw new Damage(at, "a group whose head does not verify");
  const { offset, length } = head;
  if (offset !== at || head.segment !== segment || head.group !== group)
    throw new Damage(at, `the head of group ${head.group} where group ${group} belongs`);
  const trailerAt = at + length - blockBytes;
  if (length < 2 * blockBytes || length % blockBytes !== 0 || at + length > bytes.length)
    throw new Damage(at, "a group that ends beyond its file");
  if (firstNonZero(bytes, trailerAt, trailerAt + blockBytes) === -1) {
    const more = firstNonZero(bytes, trailerAt);
    if (more !== -1) throw new Damage(more, "data behind a group without a trailer");
    return "torn";
  }
  const trailer = readBlock(bytes, trailerAt, "trailer");
  if (trailer === null || trailer.offset !== at || trailer.length !== length || trailer.group !== group)
    throw new Damage(trailerAt, "a trailer that does not verify");
  if (trailer.value !== crc32(bytes.subarray(at, trailerAt)))
    throw new Damage(at, "a group that differs from its trailer");
  return head;
}

/**
 * A power cut may lose the sector of the head and keep later ones of a group that was not acknowledged. An
 * acknowledged group has its trailer.
 */
function withoutHead(bytes: Buffer, at: number): "nothing" | "torn" {
  const first = firstNonZero(bytes, at);
  if (first === -1) return "nothing";
  for (let place = at; place + blockBytes <= bytes.length; place += blockBytes) {
    const trailer = readBlock(bytes, place, "trailer");
    if (trailer !== null && trailer.offset + trailer.length === place + blockBytes)
      throw new Damage(at, `the trailer of group ${trailer.group}, but nothing where a group belongs`);
  }
  return "torn";
}

/**
 * Hands over the records of whole groups, in order; each is a view onto `groups`.
 * @param groups what scanSegment found to verify, without the header
 * @param each `at` is the record's offset in the file
 * @throws Damage
 */
export function eachRecord(groups: Buffer, each: (record: Uint8Array, at: number) => void): void {
  for (let at = 0; at < groups.length; ) {
    const head = readBlock(groups, at, "head");
    if (head === null) throw new Damage(headerBytes + at, "a group whose head does not verify");
    const end = at + head.length - blockBytes;
    let next = at + blockBytes;
    for (let i = 0; i < head.value; i++) {
      const start = next + recordHeadBytes;
      const length = start <= end ? groups.readUInt32LE(next) : 0;
      const record = groups.subarray(start, start + length);
      if (start + length > end || groups.readUInt32LE(next + 4) !== crc32(record))
        throw new Damage(headerBytes + next, "a record that does not verify");
      each(record, headerBytes + next);
      next = start + length;
    }
    if (end - next >= blockBytes)
      throw new Damage(headerBytes + next, "a group with more in it than its records");
    at = end + blockBytes;
  }
}
