/** What dns-packet, another codec, makes of a packet and of bytes, in our words. It has no types of its own. */
import { createRequire } from "node:module";
import { type Name, nameOf, textOf } from "../../src/shared/dns/name.ts";
import type { Edns, Packet, Question } from "../../src/shared/dns/packet.ts";
import { codeOf, type Data, type DnsRecord, typeCode, typeName } from "../../src/shared/dns/record.ts";

interface TheirRecord {
  readonly type: string;
  readonly name: string;
  readonly ttl: number;
  readonly class: string;
  readonly data: unknown;
}

interface TheirOpt {
  readonly type: "OPT";
  readonly name: string;
  readonly udpPayloadSize: number;
  readonly extendedRcode: number;
  readonly ednsVersion: number;
  readonly flags: number;
  readonly options: readonly { readonly code: number; readonly data: Buffer }[];
}

interface TheirPacket {
  readonly type: "query" | "response";
  readonly id: number;
  readonly flags: number;
  readonly questions: readonly { readonly name: string; readonly type: string; readonly class: string }[];
  readonly answers: readonly TheirRecord[];
  readonly authorities: readonly TheirRecord[];
  readonly additionals: readonly (TheirRecord | TheirOpt)[];
}

interface DnsPacket {
  encode(packet: TheirPacket): Buffer;
  decode(bytes: Buffer): TheirPacket;
}

const theirs = createRequire(import.meta.url)("dns-packet") as DnsPacket;

export function theirEncoding(packet: Packet): Uint8Array {
  return Uint8Array.from(theirs.encode(toTheirs(packet)));
}

export function theirDecoding(bytes: Uint8Array): Packet {
  return fromTheirs(theirs.decode(Buffer.from(bytes)));
}

/** Without the last dot, which it does not write; the root is a dot. */
function theirName(name: Name): string {
  return name.length === 1 ? "." : textOf(name).slice(0, -1);
}

/** Flags but for the first, which is `type`. */
const bits = { aa: 0x400, tc: 0x200, rd: 0x100, ra: 0x80, ad: 0x20, cd: 0x10 } as const;
const bitNames = Object.keys(bits) as (keyof typeof bits)[];

function toTheirs(packet: Packet): TheirPacket {
  const records = (list: readonly DnsRecord[]) => list.map(recordToTheirs);
  const flags = bitNames.reduce((sum, bit) => sum | (packet[bit] ? bits[bit] : 0), packet.opcode << 11);
  const opt = packet.edns === null ? [] : [optToTheirs(packet.edns, packet.rcode)];
  return {
    type: packet.response ? "response" : "query",
    id: packet.id,
    flags: flags | (packet.rcode & 0x0f),
    questions: packet.questions.map(({ name, type }) => {
      return { name: theirName(name), type: typeName(type), class: "IN" };
    }),
    answers: records(packet.answers),
    authorities: records(packet.authority),
    additionals: [...records(packet.additional), ...opt],
  };
}

function optToTheirs(edns: Edns, rcode: number): TheirOpt {
  return {
    type: "OPT",
    name: ".",
    udpPayloadSize: edns.udpSize,
    extendedRcode: rcode >> 4,
    ednsVersion: edns.version,
    flags: edns.doFlag ? 0x8000 : 0,
    options: edns.options.map(({ code, bytes }) => ({ code, data: Buffer.from(bytes) })),
  };
}

function recordToTheirs({ owner, ttl, data }: DnsRecord): TheirRecord {
  const type = typeName(codeOf(data));
  return { type, name: theirName(owner), ttl, class: "IN", data: dataToTheirs(data) };
}

function dataToTheirs(data: Data): unknown {
  switch (data.type) {
    case "A":
      return data.address.join(".");
    case "AAAA":
      return groups(data.address);
    case "NS":
    case "CNAME":
      return theirName(data.target);
    case "SOA":
      return { ...data, mname: theirName(data.mname), rname: theirName(data.rname) };
    case "TXT":
      return data.strings.map((string) => Buffer.from(string));
    case "SRV":
      return { ...data, target: theirName(data.target) };
    case "HINFO":
      return { cpu: latin1(data.cpu), os: latin1(data.os) };
    default:
      throw new Error(`dns-packet does not know ${data.type}`);
  }
}

/** All eight groups, so that no shortening of ours is part of the oracle. */
function groups(address: Uint8Array): string {
  return Array.from({ length: 8 }, (_, i) =>
    Buffer.from(address)
      .readUInt16BE(2 * i)
      .toString(16),
  ).join(":");
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

function fromTheirs(packet: TheirPacket): Packet {
  const isOpt = (record: TheirRecord | TheirOpt): record is TheirOpt => record.type === "OPT";
  const opt = packet.additionals.find(isOpt) ?? null;
  const records = (list: readonly (TheirRecord | TheirOpt)[]) =>
    list.flatMap((record) => (isOpt(record) ? [] : [recordFromTheirs(record)]));
  const is = (bit: keyof typeof bits) => (packet.flags & bits[bit]) !== 0;
  const flags = { aa: is("aa"), tc: is("tc"), rd: is("rd"), ra: is("ra"), ad: is("ad"), cd: is("cd") };
  return {
    id: packet.id,
    response: packet.type === "response",
    opcode: (packet.flags >> 11) & 0x0f,
    ...flags,
    rcode: ((opt?.extendedRcode ?? 0) << 4) | (packet.flags & 0x0f),
    questions: packet.questions.map(
      ({ name, type }): Question => ({ name: nameOf(name), type: codeFromTheirs(type), class: 1 }),
    ),
    answers: records(packet.answers),
    authority: records(packet.authorities),
    additional: records(packet.additionals),
    edns: opt === null ? null : ednsFromTheirs(opt),
  };
}

function ednsFromTheirs(opt: TheirOpt): Edns {
  const options = opt.options.map(({ code, data }) => ({ code, bytes: Uint8Array.from(data) }));
  const { udpPayloadSize: udpSize, ednsVersion: version } = opt;
  return { udpSize, version, doFlag: (opt.flags & 0x8000) !== 0, options };
}

function codeFromTheirs(type: string): number {
  return typeCode(type.replace("UNKNOWN_", "TYPE")) ?? Number.NaN;
}

function recordFromTheirs({ name, type, ttl, data }: TheirRecord): DnsRecord {
  return { owner: nameOf(name), ttl, data: dataFromTheirs(type, data) };
}

interface TheirSoa {
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

interface TheirSrv {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

function dataFromTheirs(type: string, data: unknown): Data {
  switch (type) {
    case "A":
      return { type, address: Uint8Array.from((data as string).split("."), Number) };
    case "AAAA":
      return { type, address: fromGroups(data as string) };
    case "NS":
    case "CNAME":
      return { type, target: nameOf(data as string) };
    case "SOA": {
      const soa = data as TheirSoa;
      return { type, ...soa, mname: nameOf(soa.mname), rname: nameOf(soa.rname) };
    }
    case "TXT":
      return { type, strings: (data as readonly Buffer[]).map((string) => Uint8Array.from(string)) };
    case "SRV": {
      const srv = data as TheirSrv;
      return { type, ...srv, target: nameOf(srv.target) };
    }
    case "HINFO": {
      const { cpu, os } = data as { readonly cpu: string; readonly os: string };
      return { type, cpu: Uint8Array.from(Buffer.from(cpu)), os: Uint8Array.from(Buffer.from(os)) };
    }
    default:
      throw new Error(`dns-packet decoded ${type}`);
  }
}

function fromGroups(text: string): Uint8Array {
  const [head = "", tail] = text.split("::");
  const words = (part: string) =>
    part === "" ? [] : part.split(":").map((word) => Number.parseInt(word, 16));
  const [front, back] = [words(head), tail === undefined ? [] : words(tail)];
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
  return Uint8Array.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}
