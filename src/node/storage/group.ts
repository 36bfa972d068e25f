/** The writes of one append as the bytes of one group, in a buffer that the next group overwrites. */
import { crc32 } from "node:zlib";
import { must } from "../../shared/paxos/ids.ts";
import type { Write } from "../../shared/paxos/types.ts";
import { blockBytes, groupBytesMax, recordHeadBytes, roundUp, writeBlock } from "./format.ts";

const firstBytes = 64 * 1024;

export class Group {
  private readonly encode: (write: Write) => Uint8Array;
  private buffer = Buffer.allocUnsafeSlow(firstBytes);
  private records = 0;
  /** Bytes from the head through the trailer. */
  private length = 0;

  constructor(encode: (write: Write) => Uint8Array) {
    this.encode = encode;
  }

  /** Takes the writes in, in place of those before. @returns how long the group will be, in bytes */
  fill(writes: readonly Write[]): number {
    let at = blockBytes;
    for (const write of writes) {
      const bytes = this.encode(write);
      const end = at + recordHeadBytes + bytes.length;
      if (end + 2 * blockBytes > this.buffer.length) this.grow(end + 2 * blockBytes);
      this.buffer.writeUInt32LE(bytes.length, at);
      this.buffer.writeUInt32LE(crc32(bytes), at + 4);
      this.buffer.set(bytes, at + recordHeadBytes);
      at = end;
    }
    const trailer = roundUp(at);
    this.buffer.fill(0, at, trailer);
    this.records = writes.length;
    this.length = trailer + blockBytes;
    return this.length;
  }

  /** Adds head and trailer. @returns the bytes to write at `offset` */
  seal(group: number, segment: number, offset: number): Buffer {
    const { buffer, length } = this;
    const trailer = length - blockBytes;
    writeBlock(buffer, 0, "head", { offset, length, group, segment, value: this.records });
    const hash = crc32(buffer.subarray(0, trailer));
    writeBlock(buffer, trailer, "trailer", { offset, length, group, segment, value: hash });
    return buffer.subarray(0, length);
  }

  private grow(bytes: number): void {
    must(bytes <= groupBytesMax, "one append is longer than a group may be");
    const grown = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)));
    this.buffer.copy(grown);
    this.buffer = grown;
  }
}
