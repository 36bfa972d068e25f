/**
 * CBOR (RFC 8949) of what a follower of views sends and is sent: lists, texts, byte strings, numbers, true, false,
 * null. shared/wire/codec.ts makes the same bytes and reads the same values, but has all that users' objects hold, and
 * alone would fill half of the Worker.
 */
import { viewBytesMax, viewItemsMax } from "../shared/limits.ts";
import { must } from "../shared/paxos/ids.ts";
import { BadFrame, bad } from "../shared/wire/bad-frame.ts";

export type Plain = null | boolean | number | string | Uint8Array | readonly Plain[];

/** No message nests deeper: a view, its members, one of them, its groups. */
const depthMax = 8;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** @param value its numbers, lengths of texts, byte strings and lists are integers from 0 to 255 */
export function encode(value: Plain): Uint8Array<ArrayBuffer> {
  const out: number[] = [];
  write(out, value);
  return new Uint8Array(out);
}

function write(out: number[], value: Plain): void {
  if (value === null) out.push(0xf6);
  else if (typeof value === "boolean") out.push(value ? 0xf5 : 0xf4);
  else if (typeof value === "number") head(out, 0, value);
  else if (typeof value === "string") {
    const bytes = encoder.encode(value);
    head(out, 0x60, bytes.length);
    out.push(...bytes);
  } else if (value instanceof Uint8Array) {
    head(out, 0x40, value.length);
    out.push(...value);
  } else {
    head(out, 0x80, value.length);
    for (const each of value) write(out, each);
  }
}

function head(out: number[], major: number, n: number): void {
  must(n < 256, "what a follower says is short");
  if (n < 24) out.push(major | n);
  else out.push(major | 24, n);
}

/**
 * The items of a frame, a CBOR sequence (RFC 8742).
 * @throws BadFrame also for what is CBOR, but in none of these messages
 */
export function decode(frame: Uint8Array): readonly unknown[] {
  if (frame.length > viewBytesMax) bad("a frame", `of at most ${viewBytesMax} bytes`);
  const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
  const input = { frame, view, at: 0, items: 0 };
  const items: unknown[] = [];
  try {
    while (input.at < frame.length) items.push(read(input, 0));
  } catch (cause) {
    // Of the view beyond its end, of a text that is not UTF-8.
    if (cause instanceof RangeError || cause instanceof TypeError) throw new BadFrame("no CBOR", { cause });
    throw cause;
  }
  return items;
}

interface Input {
  readonly frame: Uint8Array;
  readonly view: DataView;
  at: number;
  items: number;
}

function read(input: Input, depth: number): unknown {
  if (++input.items > viewItemsMax) bad("a frame", `of at most ${viewItemsMax} items`);
  const first = input.view.getUint8(input.at++);
  if (first >= 0xe0) return simple(input, first);
  const n = argument(input, first & 31);
  switch (first >> 5) {
    case 0:
      return n;
    case 2:
      return take(input, n);
    case 3:
      return decoder.decode(take(input, n));
    case 4: {
      // Each item has a byte at least, so that a length alone cannot cost much.
      if (depth >= depthMax || n > input.frame.length - input.at) bad("a list", "so long or deep");
      return Array.from({ length: n }, () => read(input, depth + 1));
    }
    default:
      return bad("a value", "of a known kind");
  }
}

function simple(input: Input, first: number): unknown {
  if (first === 0xf4 || first === 0xf5) return first === 0xf5;
  if (first === 0xf6) return null;
  // Integers from 2^32 on travel like this.
  if (first !== 0xfb) bad("a value", "of a known kind");
  input.at += 8;
  return input.view.getFloat64(input.at - 8);
}

function argument(input: Input, low: number): number {
  if (low < 24) return low;
  const { view, at } = input;
  const bytes = 1 << (low - 24);
  input.at += bytes;
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at);
  if (bytes === 4) return view.getUint32(at);
  return low === 27 ? Number(view.getBigUint64(at)) : bad("a length", "known");
}

function take(input: Input, length: number): Uint8Array {
  const from = input.at;
  if (length > input.frame.length - from) bad("a text", "within its frame");
  input.at += length;
  return input.frame.subarray(from, from + length);
}
