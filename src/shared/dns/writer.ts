/** Writes one DNS message: numbers, bytes, names that point to earlier ones where they may (RFC 1035 4.1.4). */
import { dnsPacketBytesMax, dnsStringBytesMax } from "../name-limits.ts";
import type { Name } from "./name.ts";

/** A pointer has 14 bits. */
const offsetMax = 0x3fff;
const pointer = 0xc000;

export class PacketWriter {
  #bytes = new Uint8Array(512);
  #length = 0;
  /** Where the rest of a name was written. Its case counts: a pointer changes no letter of a name. */
  readonly #written = new Map<string, number>();

  get length(): number {
    return this.#length;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = whole(value, 0xff);
  }

  u16(value: number): void {
    this.setU16(this.#grow(2), value);
  }

  /** Overwrites: a length or a count is known later than its place. */
  setU16(at: number, value: number): void {
    whole(value, 0xffff);
    this.#bytes[at] = value >>> 8;
    this.#bytes[at + 1] = value & 0xff;
  }

  u32(value: number): void {
    whole(value, 0xffff_ffff);
    this.u16(Math.floor(value / 0x10000));
    this.u16(value % 0x10000);
  }

  raw(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** One character-string (RFC 1035 3.3). @throws RangeError over 255 bytes */
  string(bytes: Uint8Array): void {
    if (bytes.length > dnsStringBytesMax)
      throw new RangeError(`a character-string of ${bytes.length} bytes: at most ${dnsStringBytesMax}`);
    this.u8(bytes.length);
    this.raw(bytes);
  }

  /** A name as short as may be: only for owners and the types of RFC 1035 (RFC 3597 4). */
  name(name: Name): void {
    for (let at = 0; name[at] !== 0; ) {
      const key = String.fromCharCode(...name.subarray(at));
      const known = this.#written.get(key);
      if (known !== undefined) {
        this.u16(pointer | known);
        return;
      }
      this.#remember(key, this.#length);
      const next = at + (name[at] as number) + 1;
      this.raw(name.subarray(at, next));
      at = next;
    }
    this.u8(0);
  }

  /** A name in full; later ones may point to it. */
  plainName(name: Name): void {
    const start = this.#length;
    this.raw(name);
    for (let at = 0; name[at] !== 0; at += (name[at] as number) + 1)
      this.#remember(String.fromCharCode(...name.subarray(at)), start + at);
  }

  #remember(key: string, offset: number): void {
    if (offset <= offsetMax && !this.#written.has(key)) this.#written.set(key, offset);
  }

  /** @returns where the `count` bytes begin */
  #grow(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > dnsPacketBytesMax) throw new RangeError(`a message of more than ${dnsPacketBytesMax} bytes`);
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#length = needed;
    return at;
  }
}

function whole(value: number, max: number): number {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new RangeError(`${value} is no whole number from 0 to ${max}`);
  return value;
}
