/**
 * Where the bytes of a snapshot are written: chunks that are handed over when they are full, so that a large state is
 * never there twice. Written by hand because every property of every object passes here.
 */
import { ObjectHash32 } from "./object-hash.ts";

/** Bytes of one chunk; below the limit of a piece. */
const chunkBytes = 256 * 1024;
/** Texts above this many characters may span chunks. */
const longChars = 16_384;
/** Most bytes of one number, with its tag. */
const numberBytes = 10;

export class ByteSink {
  private chunk = new Uint8Array(chunkBytes);
  private view = new DataView(this.chunk.buffer);
  private at = 0;
  private full: Uint8Array[] = [];
  /** Of what was written since `beginHash`, up to `hashed` in this chunk. */
  private readonly hash = new ObjectHash32();
  private hashed = 0;

  /** Whether a chunk waits to be taken. */
  get ready(): boolean {
    return this.full.length > 0;
  }

  /** Takes the full chunks; they are the taker's. */
  take(): readonly Uint8Array[] {
    const taken = this.full;
    this.full = [];
    return taken;
  }

  /** Takes all that was written; the sink is done. */
  takeRest(): readonly Uint8Array[] {
    const rest = this.chunk.slice(0, this.at);
    return [...this.take(), rest];
  }

  beginHash(): void {
    this.hash.reset();
    this.hashed = this.at;
  }

  /** 32 bits of what was written since `beginHash`, unsigned. */
  endHash(): number {
    this.mix();
    return this.hash.value;
  }

  byte(b: number): void {
    this.need(1);
    this.chunk[this.at++] = b;
  }

  /** An integer from 0 to 2^53 - 1: seven bits in each byte, low ones first, the top bit set while more come. */
  count(n: number): void {
    this.need(numberBytes);
    const { chunk } = this;
    let rest = n;
    while (rest > 0x7fffffff) {
      chunk[this.at++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      chunk[this.at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    chunk[this.at++] = rest;
  }

  /** A number that is not NaN, whose bits the language leaves open. */
  float(n: number): void {
    this.need(numberBytes);
    this.view.setFloat64(this.at, n, true);
    this.at += 8;
  }

  /** A text: twice its length, plus one when its characters take two bytes; then the characters, lone halves too. */
  text(s: string): void {
    const n = s.length;
    if (n > longChars) return this.longText(s);
    this.need(2 * n + numberBytes);
    const start = this.at;
    this.count(2 * n);
    const { chunk } = this;
    let at = this.at;
    for (let i = 0; i < n; i++) {
      const c = s.charCodeAt(i);
      if (c > 255) {
        this.at = start;
        return this.wideText(s);
      }
      chunk[at++] = c;
    }
    this.at = at;
  }

  private wideText(s: string): void {
    this.count(2 * s.length + 1);
    for (let i = 0; i < s.length; i++) {
      const c = s.charCodeAt(i);
      this.byte(c & 255);
      this.byte(c >> 8);
    }
  }

  private longText(s: string): void {
    if (/[\u0100-\uffff]/.test(s)) return this.wideText(s);
    this.count(2 * s.length);
    for (let i = 0; i < s.length; i++) this.byte(s.charCodeAt(i));
  }

  /** Bytes as they are; whoever reads them knows how many. */
  raw(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      this.need(1);
      const part = bytes.subarray(from, from + chunkBytes - this.at);
      this.chunk.set(part, this.at);
      this.at += part.length;
      from += part.length;
    }
  }

  /** Bytes after their count. */
  bytes(bytes: Uint8Array): void {
    this.count(bytes.length);
    this.raw(bytes);
  }

  /** Makes room for `n` bytes, at most a chunk. */
  private need(n: number): void {
    if (this.at + n <= chunkBytes) return;
    this.mix();
    this.full.push(this.chunk.subarray(0, this.at));
    this.chunk = new Uint8Array(chunkBytes);
    this.view = new DataView(this.chunk.buffer);
    this.at = 0;
    this.hashed = 0;
  }

  private mix(): void {
    this.hash.add(this.view, this.hashed, this.at);
    this.hashed = this.at;
  }
}
