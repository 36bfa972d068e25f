/**
 * Reads one DNS message from its start: numbers, bytes, names with their pointers (RFC 1035 4.1.4). Everything of
 * which the sender chooses how many there are counts as a step, so that no message costs more than its limit.
 */
import { dnsLabelBytesMax, dnsNameBytesMax, dnsStepsMax } from "../name-limits.ts";
import { badPacket } from "./bad-packet.ts";
import { checkedName, type Name } from "./name.ts";

/** Bytes of the header; no name lies in it. */
export const headerBytes = 12;
/** The two upper bits of a pointer's first byte. */
const pointerBits = 0xc0;

export class PacketReader {
  readonly bytes: Uint8Array;
  at = 0;
  /** Labels, ends of names, pointers, strings, options and parameters that were looked at. */
  steps = 0;
  readonly #stepsMax: number;
  /** What was read at an offset: a pointer to it costs one step. Null before the first: few queries need it. */
  #names: Map<number, Name> | null = null;

  constructor(bytes: Uint8Array, stepsMax: number = dnsStepsMax) {
    this.bytes = bytes;
    this.#stepsMax = stepsMax;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Whether one more step may be taken: the one place that counts. */
  step(): boolean {
    if (this.steps === this.#stepsMax) return false;
    this.steps++;
    return true;
  }

  /** @throws BadPacket when the limit is reached */
  mustStep(): void {
    if (!this.step()) badPacket(`more than ${this.#stepsMax} steps`);
  }

  u8(): number {
    if (this.left < 1) badPacket("it ends within a number");
    return this.bytes[this.at++] as number;
  }

  u16(): number {
    if (this.left < 2) badPacket("it ends within a number");
    this.at += 2;
    return u16At(this.bytes, this.at - 2);
  }

  u32(): number {
    const high = this.u16();
    return high * 0x10000 + this.u16();
  }

  /** A copy: what is decoded outlives the buffer of a socket. */
  take(length: number): Uint8Array {
    if (this.left < length) badPacket("it ends within its data");
    this.at += length;
    return this.bytes.slice(this.at - length, this.at);
  }

  /** One character-string (RFC 1035 3.3). */
  string(): Uint8Array {
    this.mustStep();
    return this.take(this.u8());
  }

  /** A name, of which the rest may be a pointer to an earlier one. */
  name(): Name {
    const start = this.at;
    let tail: Name | null = null;
    for (;;) {
      this.mustStep();
      const length = this.u8();
      if (length === 0) break;
      if (length > dnsLabelBytesMax) {
        tail = this.#pointedTo(length, start);
        break;
      }
      this.at += length;
      if (this.at - start >= dnsNameBytesMax) badPacket("a name is too long");
    }
    const name = this.#joined(start, tail);
    this.#names ??= new Map();
    this.#names.set(start, name);
    return name;
  }

  /** A name that must not be compressed. */
  plainName(): Name {
    const start = this.at;
    const name = this.name();
    if (name.length !== this.at - start) badPacket("a name that may not be compressed is");
    return name;
  }

  /** Goes backwards only, to before the name that it is part of, so that it ends. */
  #pointedTo(first: number, start: number): Name {
    const target = pointerTarget(first, this.u8(), start);
    if (target < 0) badPacket("a pointer does not go back to a name, or a label is of no known kind");
    const known = this.#names?.get(target);
    if (known !== undefined) return known;
    const next = this.at;
    this.at = target;
    const name = this.name();
    this.at = next;
    return name;
  }

  #joined(start: number, tail: Name | null): Name {
    if (tail === null) return checkedName(this.bytes.slice(start, this.at));
    const own = this.at - start - 2;
    if (own === 0) return tail;
    if (own + tail.length > dnsNameBytesMax) badPacket("a name is too long");
    const joined = new Uint8Array(own + tail.length);
    joined.set(this.bytes.subarray(start, start + own));
    joined.set(tail, own);
    return checkedName(joined);
  }

  /**
   * Passes over a name, without following its pointer.
   * @returns false when it is none; never throws, since errors are too slow for a flood of broken queries
   */
  skipName(): boolean {
    const { bytes } = this;
    const start = this.at;
    for (let at = start; at < bytes.length && at - start < dnsNameBytesMax; ) {
      if (!this.step()) return false;
      const length = bytes[at++] as number;
      if (length > dnsLabelBytesMax) {
        this.at = at + 1;
        return at < bytes.length && pointerTarget(length, bytes[at] as number, start) >= 0;
      }
      if (length === 0) {
        this.at = at;
        return true;
      }
      at += length;
    }
    return false;
  }
}

/** Where the pointer of these two bytes leads; -1 when it is none, or does not lead before `start`. */
function pointerTarget(first: number, second: number, start: number): number {
  const target = ((first & ~pointerBits) << 8) | second;
  const leads = (first & pointerBits) === pointerBits && target >= headerBytes && target < start;
  return leads ? target : -1;
}

/** The two bytes must be there. */
export function u16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}
