/** The data of records as bytes, both ways. Types of later RFCs keep their names uncompressed (RFC 3597 4). */
import { badPacket, unreachable } from "./bad-packet.ts";
import type { PacketReader } from "./reader.ts";
import { type Data, type Soa, types } from "./record.ts";
import { readParams, writeParams } from "./svcb.ts";
import type { PacketWriter } from "./writer.ts";

/** Without its length. @throws RangeError when a value does not fit its field */
export function writeData(writer: PacketWriter, data: Data): void {
  switch (data.type) {
    case "A":
      return writeAddress(writer, data.address, 4);
    case "AAAA":
      return writeAddress(writer, data.address, 16);
    case "NS":
    case "CNAME":
      return writer.name(data.target);
    case "SOA":
      return writeSoa(writer, data);
    case "TXT":
      if (data.strings.length === 0) throw new RangeError("a TXT record needs a string");
      for (const string of data.strings) writer.string(string);
      return;
    case "SRV":
      writer.u16(data.priority);
      writer.u16(data.weight);
      writer.u16(data.port);
      return writer.plainName(data.target);
    case "SVCB":
    case "HTTPS":
      writer.u16(data.priority);
      writer.plainName(data.target);
      return writeParams(writer, data.params);
    case "HINFO":
      writer.string(data.cpu);
      return writer.string(data.os);
    case "other":
      if (tagged.has(data.code)) throw new RangeError(`type ${data.code} has a tag of its own`);
      return writer.raw(data.bytes);
    default:
      return unreachable(data);
  }
}

/** Types that are decoded, and OPT, which is no record. */
const tagged = new Set<number>(
  (["A", "AAAA", "NS", "CNAME", "SOA", "TXT", "SRV", "SVCB", "HTTPS", "HINFO", "OPT"] as const).map(
    (type) => types[type],
  ),
);

function writeAddress(writer: PacketWriter, address: Uint8Array, length: number): void {
  if (address.length !== length) throw new RangeError(`an address of ${address.length} bytes, not ${length}`);
  writer.raw(address);
}

function writeSoa(writer: PacketWriter, soa: Soa): void {
  writer.name(soa.mname);
  writer.name(soa.rname);
  for (const number of [soa.serial, soa.refresh, soa.retry, soa.expire, soa.minimum]) writer.u32(number);
}

/** @throws BadPacket when the data is not of its type, or not exactly `length` bytes long */
export function readData(reader: PacketReader, code: number, length: number): Data {
  if (reader.left < length) badPacket("a record is longer than the message");
  const end = reader.at + length;
  const data = readKnown(reader, code, end);
  if (reader.at !== end) badPacket(`the data of a record of type ${code} does not end where it says`);
  return data;
}

function readKnown(reader: PacketReader, code: number, end: number): Data {
  switch (code) {
    case types.A:
      return { type: "A", address: reader.take(4) };
    case types.AAAA:
      return { type: "AAAA", address: reader.take(16) };
    case types.NS:
      return { type: "NS", target: reader.name() };
    case types.CNAME:
      return { type: "CNAME", target: reader.name() };
    case types.SOA:
      return readSoa(reader);
    case types.TXT:
      return { type: "TXT", strings: readStrings(reader, end) };
    case types.SRV: {
      const [priority, weight, port] = [reader.u16(), reader.u16(), reader.u16()];
      // Some servers compress it against RFC 2782, and receivers should cope (RFC 3597 4).
      return { type: "SRV", priority, weight, port, target: reader.name() };
    }
    case types.SVCB:
    case types.HTTPS: {
      const type = code === types.SVCB ? "SVCB" : "HTTPS";
      const priority = reader.u16();
      const target = reader.plainName();
      return { type, priority, target, params: readParams(reader, end) };
    }
    case types.HINFO:
      return { type: "HINFO", cpu: reader.string(), os: reader.string() };
    default:
      return { type: "other", code, bytes: reader.take(end - reader.at) };
  }
}

function readSoa(reader: PacketReader): Soa {
  const [mname, rname] = [reader.name(), reader.name()];
  const [serial, refresh, retry] = [reader.u32(), reader.u32(), reader.u32()];
  return { type: "SOA", mname, rname, serial, refresh, retry, expire: reader.u32(), minimum: reader.u32() };
}

function readStrings(reader: PacketReader, end: number): readonly Uint8Array[] {
  const strings: Uint8Array[] = [];
  do strings.push(reader.string());
  while (reader.at < end);
  return strings;
}
