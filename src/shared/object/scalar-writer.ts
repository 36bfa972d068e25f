/** Writes what is not an object: numbers, texts, bigints, and the names of properties and classes. */
import { stateBigintBytesMax } from "../limits.ts";
import type { ByteSink } from "./byte-sink.ts";
import { longTextChars, longTextsMax, namesMax, tag } from "./graph-format.ts";

export class ScalarWriter {
  private readonly sink: ByteSink;
  private readonly names = new Map<string, number>();
  private readonly texts = new Map<string, number>();

  constructor(sink: ByteSink) {
    this.sink = sink;
  }

  /** Begins another object of the cluster: its bytes are to depend on nothing else. */
  reset(): void {
    if (this.names.size > 0) this.names.clear();
    if (this.texts.size > 0) this.texts.clear();
  }

  /** A name: twice its place in the table of names, plus one when it is `marked`; a new one follows as text. */
  name(name: string, marked: boolean): void {
    const known = this.names.get(name);
    const place = known ?? this.names.size;
    this.sink.count(place * 2 + (marked ? 1 : 0));
    if (known !== undefined) return;
    this.sink.text(name);
    if (place < namesMax) this.names.set(name, place);
  }

  text(s: string): void {
    if (s.length >= longTextChars) {
      const known = this.texts.get(s);
      if (known !== undefined) return this.tagged(tag.knownText, known);
      if (this.texts.size < longTextsMax) this.texts.set(s, this.texts.size);
    }
    this.sink.byte(tag.text);
    this.sink.text(s);
  }

  number(n: number): void {
    if (n >= 0 && n < 128 && (n | 0) === n && !Object.is(n, -0)) this.sink.byte(n);
    else if (Number.isSafeInteger(n) && n !== 0) this.tagged(n < 0 ? tag.minus : tag.int, Math.abs(n));
    else if (Number.isNaN(n)) this.sink.byte(tag.nan);
    else {
      this.sink.byte(tag.float);
      this.sink.float(n);
    }
  }

  /** @returns false when it has more bytes than a snapshot takes */
  bigint(n: bigint): boolean {
    const digits = (n < 0n ? -n : n).toString(16);
    if (digits.length > 2 * stateBigintBytesMax) return false;
    this.sink.byte(n < 0n ? tag.minusBigint : tag.bigint);
    this.sink.text(digits);
    return true;
  }

  tagged(of: number, n: number): void {
    this.sink.byte(of);
    this.sink.count(n);
  }
}
