/** Reads what byte-sink.ts wrote. Nothing is made larger than the bytes that stand for it. */
import { badSnapshot } from "./bad-snapshot.ts";

/** Characters that are made at once. */
const blockChars = 4_096;
/** The longest text of the engine that has the shortest ones. */
const textChars = 2 ** 29 - 24;

/** Filled and read within one call. */
const codes: number[] = [];

export class ByteSource {
  private readonly input: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(input: Uint8Array) {
    this.input = input;
    this.view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  }

  /** How many bytes were read. */
  get position(): number {
    return this.at;
  }

  get left(): number {
    return this.input.length - this.at;
  }

  byte(): number {
    const b = this.input[this.at];
    if (b === undefined) badSnapshot("it ends too early");
    this.at++;
    return b;
  }

  /** An integer from 0 to `max`. */
  count(max = Number.MAX_SAFE_INTEGER): number {
    let b = this.byte();
    let n = b & 127;
    for (let scale = 128; b > 127; scale *= 128) {
      b = this.byte();
      n += (b & 127) * scale;
      if (n > Number.MAX_SAFE_INTEGER) this.bad("a number that is too large");
    }
    return n <= max ? n : this.bad(`${n} of at most ${max}`);
  }

  float(): number {
    if (this.left < 8) badSnapshot("it ends too early");
    const n = this.view.getFloat64(this.at, true);
    this.at += 8;
    return n;
  }

  text(max = textChars): string {
    const head = this.count();
    const wide = head % 2;
    const n = (head - wide) / 2;
    if (n > max || n * (1 + wide) > this.left) this.bad(`a text of ${n} characters`);
    if (n <= blockChars) return this.block(n, wide);
    const blocks: string[] = [];
    for (let done = 0; done < n; done += blockChars)
      blocks.push(this.block(Math.min(blockChars, n - done), wide));
    return blocks.join("");
  }

  private block(n: number, wide: number): string {
    const { input } = this;
    let { at } = this;
    codes.length = n;
    if (wide === 0) for (let i = 0; i < n; i++) codes[i] = input[at++] as number;
    else for (let i = 0; i < n; i++) codes[i] = (input[at++] as number) | ((input[at++] as number) << 8);
    this.at = at;
    return String.fromCharCode.apply(null, codes);
  }

  /** A view onto the next `n` bytes. */
  raw(n: number): Uint8Array {
    if (n > this.left) this.bad(`${n} bytes, and fewer are left`);
    this.at += n;
    return this.input.subarray(this.at - n, this.at);
  }

  /** A view onto bytes after their count. */
  bytes(max = Number.MAX_SAFE_INTEGER): Uint8Array {
    return this.raw(this.count(max));
  }

  bad(what: string): never {
    badSnapshot(`${what} at byte ${this.at}`);
  }
}
