/** Reads what scalar-writer.ts wrote. */
import { stateBigintBytesMax } from "../limits.ts";
import type { ByteSource } from "./byte-source.ts";
import { longTextChars, longTextsMax, namesMax, tag } from "./graph-format.ts";

export class ScalarReader {
  private readonly source: ByteSource;
  private readonly names: string[] = [];
  private readonly texts: string[] = [];
  /** Whether the name that was read last was marked. */
  marked = false;

  constructor(source: ByteSource) {
    this.source = source;
  }

  name(): string {
    const head = this.source.count();
    this.marked = head % 2 === 1;
    const place = (head - (head % 2)) / 2;
    const known = this.names[place];
    if (known !== undefined) return known;
    if (place !== this.names.length) this.source.bad("a name that was not given before");
    const text = this.source.text();
    // As the key of an object it becomes one that the engine compares by identity: to set it costs half.
    const [name = text] = Object.keys({ [text]: null });
    if (place < namesMax) this.names.push(name);
    return name;
  }

  /** The value that begins with the byte `of`, which stands for no object. */
  value(of: number): unknown {
    if (of < 128) return of;
    switch (of) {
      case tag.undefined:
        return undefined;
      case tag.null:
        return null;
      case tag.false:
        return false;
      case tag.true:
        return true;
      case tag.text:
        return this.text();
      case tag.knownText:
        return this.texts[this.source.count()] ?? this.source.bad("a text that was not given before");
      case tag.bigint:
        return this.bigint();
      case tag.minusBigint:
        return -this.bigint();
      default:
        return this.number(of);
    }
  }

  number(of: number): number {
    if (of < 128) return of;
    switch (of) {
      case tag.int:
        return this.source.count();
      case tag.minus:
        return -this.source.count();
      case tag.nan:
        return Number.NaN;
      case tag.float:
        return this.source.float();
      default:
        return this.source.bad(`an unknown value ${of}`);
    }
  }

  private text(): string {
    const text = this.source.text();
    if (text.length >= longTextChars && this.texts.length < longTextsMax) this.texts.push(text);
    return text;
  }

  private bigint(): bigint {
    const digits = this.source.text(2 * stateBigintBytesMax);
    return /^[0-9a-f]+$/.test(digits) ? BigInt(`0x${digits}`) : this.source.bad("a bigint without digits");
  }
}
