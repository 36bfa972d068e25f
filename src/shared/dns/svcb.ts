/**
 * Parameters of SVCB and HTTPS records: RFC 9460 2.2, 7 and 8. Both directions refuse what it calls malformed. A key
 * without a tag here (`ech`, `dohpath`, those to come) is `other` and keeps its bytes.
 */
import { badPacket, unreachable } from "./bad-packet.ts";
import type { PacketReader } from "./reader.ts";
import type { PacketWriter } from "./writer.ts";

export type SvcParam =
  /** Codes of the keys that a client must understand. */
  | { readonly key: "mandatory"; readonly keys: readonly number[] }
  /** Protocols, such as "h2"; one character for each byte. */
  | { readonly key: "alpn"; readonly ids: readonly string[] }
  | { readonly key: "no-default-alpn" }
  | { readonly key: "port"; readonly port: number }
  /** Of 4 bytes each. */
  | { readonly key: "ipv4hint"; readonly addresses: readonly Uint8Array[] }
  /** Of 16 bytes each. */
  | { readonly key: "ipv6hint"; readonly addresses: readonly Uint8Array[] }
  /** Any other key: `keyNNNNN` in texts. */
  | { readonly key: "other"; readonly code: number; readonly bytes: Uint8Array };

/** RFC 9460 14.3.2. */
export const paramCodes = {
  mandatory: 0,
  alpn: 1,
  "no-default-alpn": 2,
  port: 3,
  ipv4hint: 4,
  ipv6hint: 6,
} as const;

const paramNames = new Map<number, string>(Object.entries(paramCodes).map(([name, code]) => [code, name]));

export function paramName(code: number): string {
  return paramNames.get(code) ?? `key${code}`;
}

export function paramCode(param: SvcParam): number {
  return param.key === "other" ? param.code : paramCodes[param.key];
}

/** In the order of the wire: rising keys. */
export function sortedParams(params: readonly SvcParam[]): readonly SvcParam[] {
  return params.toSorted((a, b) => paramCode(a) - paramCode(b));
}

/** @throws RangeError when the parameters contradict RFC 9460, or a value does not fit */
export function writeParams(writer: PacketWriter, params: readonly SvcParam[]): void {
  const sorted = sortedParams(params);
  const fault = faultOf(sorted);
  if (fault !== null) throw new RangeError(fault);
  for (const param of sorted) {
    writer.u16(paramCode(param));
    const lengthAt = writer.length;
    writer.u16(0);
    writeValue(writer, param);
    writer.setU16(lengthAt, writer.length - lengthAt - 2);
  }
}

function writeValue(writer: PacketWriter, param: SvcParam): void {
  switch (param.key) {
    case "mandatory":
      for (const key of param.keys.toSorted((a, b) => a - b)) writer.u16(key);
      return;
    case "alpn":
      for (const id of param.ids) writer.string(Uint8Array.from(id, byteOf));
      return;
    case "no-default-alpn":
      return;
    case "port":
      writer.u16(param.port);
      return;
    case "ipv4hint":
    case "ipv6hint":
      for (const address of param.addresses) writer.raw(address);
      return;
    case "other":
      writer.raw(param.bytes);
      return;
    default:
      unreachable(param);
  }
}

function byteOf(char: string): number {
  const code = char.charCodeAt(0);
  if (code > 0xff) throw new RangeError(`${JSON.stringify(char)} of an alpn is no byte`);
  return code;
}

/** Reads up to `end`. @throws BadPacket */
export function readParams(reader: PacketReader, end: number): readonly SvcParam[] {
  const params: SvcParam[] = [];
  let last = -1;
  while (reader.at < end) {
    reader.mustStep();
    const code = reader.u16();
    if (code <= last) badPacket("the keys of its parameters do not rise");
    last = code;
    const length = reader.u16();
    if (reader.at + length > end) badPacket("a parameter is longer than its record");
    params.push(readValue(reader, code, length));
  }
  const fault = faultOf(params);
  if (fault !== null) badPacket(fault);
  return params;
}

function readValue(reader: PacketReader, code: number, length: number): SvcParam {
  const end = reader.at + length;
  switch (code) {
    case paramCodes.mandatory:
      return { key: "mandatory", keys: upTo(reader, end, () => reader.u16()) };
    case paramCodes.alpn:
      return { key: "alpn", ids: upTo(reader, end, () => String.fromCharCode(...reader.string())) };
    case paramCodes["no-default-alpn"]:
      if (length !== 0) badPacket("no-default-alpn has a value");
      return { key: "no-default-alpn" };
    case paramCodes.port:
      if (length !== 2) badPacket("a port is not of two bytes");
      return { key: "port", port: reader.u16() };
    case paramCodes.ipv4hint:
      return { key: "ipv4hint", addresses: upTo(reader, end, () => reader.take(4)) };
    case paramCodes.ipv6hint:
      return { key: "ipv6hint", addresses: upTo(reader, end, () => reader.take(16)) };
    default:
      return { key: "other", code, bytes: reader.take(length) };
  }
}

/** Items until exactly `end`. */
function upTo<T>(reader: PacketReader, end: number, read: () => T): readonly T[] {
  const items: T[] = [];
  while (reader.at < end) {
    reader.mustStep();
    items.push(read());
  }
  if (reader.at !== end) badPacket("a parameter does not end where its last item does");
  return items;
}

/** What RFC 9460 calls malformed of parameters that are sorted; null when they are well formed. */
function faultOf(sorted: readonly SvcParam[]): string | null {
  const codes = sorted.map(paramCode);
  if (new Set(codes).size !== codes.length) return "a key stands twice";
  for (const param of sorted) {
    const fault = faultOfOne(param, codes);
    if (fault !== null) return `${param.key} ${fault}`;
  }
  return null;
}

function faultOfOne(param: SvcParam, codes: readonly number[]): string | null {
  switch (param.key) {
    case "mandatory":
      if (param.keys.length === 0) return "is empty";
      if (new Set(param.keys).size !== param.keys.length) return "names a key twice";
      if (param.keys.includes(paramCodes.mandatory)) return "names itself";
      return param.keys.every((key) => codes.includes(key)) ? null : "names a key that is not there";
    case "alpn":
      if (param.ids.length === 0) return "is empty";
      return param.ids.every((id) => id.length > 0) ? null : "holds an empty protocol";
    case "ipv4hint":
    case "ipv6hint": {
      const size = param.key === "ipv4hint" ? 4 : 16;
      if (param.addresses.length === 0) return "is empty";
      return param.addresses.every(({ length }) => length === size) ? null : "holds no address of its family";
    }
    case "other":
      return paramNames.has(param.code) ? "has a tag of its own" : null;
    case "no-default-alpn":
    case "port":
      return null;
    default:
      return unreachable(param);
  }
}
