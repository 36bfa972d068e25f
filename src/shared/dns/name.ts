/**
 * Names of the DNS: RFC 1035 2.3.4 and 3.1, their text by 5.1. A label is raw bytes, so that it may hold a dot or a
 * byte that is no letter of any alphabet; upper and lower case of ASCII are equal, and kept (RFC 4343).
 */
import { dnsLabelBytesMax, dnsNameBytesMax } from "../name-limits.ts";

declare const brand: unique symbol;
/** The uncompressed wire form: length byte and bytes of each label, the 0 of the root last. Never written to. */
export type Name = Uint8Array & { readonly [brand]: "Name" };

/** A text that is no name: an empty or too long label, a name over 255 bytes, a character that is not ASCII. */
export class BadName extends RangeError {
  override readonly name = "BadName";
}

const dot = 0x2e;
const backslash = 0x5c;
/** What master files give a meaning to (RFC 1035 5.1): escaped in the text of a name, as dig does. */
const special = new Set([...'"().;\\@$'].map((c) => c.charCodeAt(0)));

/** The cast of bytes that are known to be a name: a decoder checked them, or they were joined from names. */
export function checkedName(bytes: Uint8Array): Name {
  return bytes as Name;
}

export const root: Name = checkedName(new Uint8Array(1));

/**
 * @param text with or without the last dot; `\.` and `\DDD` stand for a byte; "." is the root
 * @throws BadName when it is none
 * @example nameOf("_concoord._tcp.counter.example")
 */
export function nameOf(text: string): Name {
  if (text === ".") return root;
  mustBeAscii(text);
  const bytes: number[] = [0];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code === dot) {
      closeLabel(bytes, start, text);
      if (i === text.length - 1) return ended(bytes, text);
      start = bytes.push(0) - 1;
      continue;
    }
    if (code === backslash) {
      const found = /^\\(?:(\d{3})|([^\d]))/.exec(text.slice(i, i + 4));
      if (found === null) throw new BadName(`${shown(text)} holds a \\ without a character or three digits`);
      code = found[1] === undefined ? (found[2] as string).charCodeAt(0) : Number(found[1]);
      if (code > 0xff) throw new BadName(`${shown(text)} holds a \\DDD over 255`);
      i += found[0].length - 1;
    }
    bytes.push(code);
  }
  closeLabel(bytes, start, text);
  return ended(bytes, text);
}

function closeLabel(bytes: number[], start: number, text: string): void {
  const length = bytes.length - start - 1;
  if (length === 0) throw new BadName(`${shown(text)} has an empty label`);
  if (length > dnsLabelBytesMax)
    throw new BadName(`${shown(text)} has a label over ${dnsLabelBytesMax} bytes`);
  bytes[start] = length;
}

function ended(bytes: number[], text: string): Name {
  bytes.push(0);
  if (bytes.length > dnsNameBytesMax) throw new BadName(`${shown(text)} is over ${dnsNameBytesMax} bytes`);
  return checkedName(Uint8Array.from(bytes));
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}...` : text);
}

/** The text of a name as dig prints it: with its last dot; "." for the root. `nameOf` reads it back. */
export function textOf(name: Name): string {
  if (name.length === 1) return ".";
  return labels(name)
    .map((label) => `${[...label].map(labelChar).join("")}.`)
    .join("");
}

function labelChar(byte: number): string {
  if (byte <= 0x20 || byte >= 0x7f) return `\\${String(byte).padStart(3, "0")}`;
  return special.has(byte) ? `\\${String.fromCharCode(byte)}` : String.fromCharCode(byte);
}

/** Length bytes are below 64, so that no lower-casing of all bytes touches them. */
const lowered = Uint8Array.from({ length: 256 }, (_, i) => (i >= 0x41 && i <= 0x5a ? i + 0x20 : i));

/** Equal for names that are equal in the DNS: the wire form in lower case, one character for each byte. */
export function keyOf(name: Name): string {
  // Its length is known: growing it would take a third of the time.
  const codes = new Array<number>(name.length);
  for (let i = 0; i < name.length; i++) codes[i] = lowered[name[i] as number] as number;
  return String.fromCharCode(...codes);
}

/** Whether `name` is `zone` or lies below it. */
export function isWithin(name: Name, zone: Name): boolean {
  const from = name.length - zone.length;
  let at = 0;
  while (at < from) at += (name[at] as number) + 1;
  if (at !== from) return false;
  for (let i = 0; i < zone.length; i++)
    if (lowered[name[at + i] as number] !== lowered[zone[i] as number]) return false;
  return true;
}

export function sameName(a: Name, b: Name): boolean {
  return a.length === b.length && isWithin(a, b);
}

/**
 * @param label one label: as text of ASCII without escapes (a dot is a byte of it), or as bytes
 * @throws BadName when the label is empty or over 63 bytes, or the name over 255
 * @example child("ns1", domain)
 */
export function child(label: string | Uint8Array, name: Name): Name {
  const bytes = typeof label === "string" ? labelBytes(label) : label;
  const joined = [bytes.length, ...bytes, ...name.subarray(0, -1)];
  closeLabel([0, ...bytes], 0, "a label");
  return ended(joined, "a name");
}

function labelBytes(label: string): Uint8Array {
  mustBeAscii(label);
  return Uint8Array.from(label, (char) => char.charCodeAt(0));
}

function mustBeAscii(text: string): void {
  if (/[^\0-\x7f]/.test(text)) throw new BadName(`${shown(text)} holds a character that is not ASCII`);
}

/** The labels without the root's, as views into the name; none for the root. */
export function labels(name: Name): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  for (let at = 0; name[at] !== 0; ) {
    const next = at + (name[at] as number) + 1;
    found.push(name.subarray(at + 1, next));
    at = next;
  }
  return found;
}
