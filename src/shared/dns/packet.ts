/**
 * Whole DNS messages, both ways: RFC 1035 4.1, EDNS by RFC 6891. For those who ask, for tests, and for what is prepared
 * once; a nameserver reads queries with `decodeQuery`.
 */
import { dnsPacketBytesMax, dnsStepsMax } from "../name-limits.ts";
import { badPacket } from "./bad-packet.ts";
import { readData, writeData } from "./data.ts";
import { root } from "./name.ts";
import { type Edns, type EdnsOption, type Question, recordBytesMin } from "./query.ts";
import { PacketReader } from "./reader.ts";
import { codeOf, type DnsRecord, types } from "./record.ts";
import { PacketWriter } from "./writer.ts";

export * from "./query.ts";

export interface Packet {
  readonly id: number;
  /** QR. */
  readonly response: boolean;
  readonly opcode: number;
  readonly aa: boolean;
  readonly tc: boolean;
  readonly rd: boolean;
  readonly ra: boolean;
  readonly ad: boolean;
  readonly cd: boolean;
  /** With the upper 8 bits that EDNS has for it. */
  readonly rcode: number;
  readonly questions: readonly Question[];
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  /** Without the OPT record, which is `edns`. */
  readonly additional: readonly DnsRecord[];
  readonly edns: Edns | null;
}

/** Fields that are left out are 0, false, empty or null. */
export type PacketFields = Partial<Packet> & Pick<Packet, "id">;

const classIn = 1;
const ttlMax = 0x7fff_ffff;
const doBit = 0x8000;

/** Bits of the second word of the header, which holds opcode and rcode too. */
const bits = {
  response: 0x8000,
  aa: 0x0400,
  tc: 0x0200,
  rd: 0x0100,
  ra: 0x0080,
  ad: 0x0020,
  cd: 0x0010,
} as const;
type Bit = keyof typeof bits;

/**
 * @returns the message, its names compressed where they may be
 * @throws RangeError when a value does not fit its field, or the message is over 65,535 bytes
 * @example encodePacket({ id: 1, rd: true, questions: [{ name: nameOf("a.example"), type: types.SRV, class: 1 }] })
 */
export function encodePacket(packet: PacketFields): Uint8Array {
  const { questions = [], answers = [], authority = [], additional = [], edns = null, rcode = 0 } = packet;
  if (rcode > 0xfff || (rcode > 0x0f && edns === null))
    throw new RangeError(`no room for the rcode ${rcode}`);
  const writer = new PacketWriter();
  writer.u16(packet.id);
  writer.u16(flagsOf(packet));
  const counts = [questions.length, answers.length, authority.length];
  for (const count of [...counts, additional.length + (edns === null ? 0 : 1)]) writer.u16(count);
  for (const question of questions) writeQuestion(writer, question);
  for (const record of [...answers, ...authority, ...additional]) writeRecord(writer, record);
  if (edns !== null) writeEdns(writer, edns, rcode);
  return writer.finish();
}

function flagsOf(packet: PacketFields): number {
  const { opcode = 0, rcode = 0 } = packet;
  if (opcode < 0 || opcode > 0x0f) throw new RangeError(`no opcode: ${opcode}`);
  let flags = (opcode << 11) | (rcode & 0x0f);
  for (const bit of Object.keys(bits) as Bit[]) if (packet[bit]) flags |= bits[bit];
  return flags;
}

export function writeQuestion(writer: PacketWriter, question: Question): void {
  writer.name(question.name);
  writer.u16(question.type);
  writer.u16(question.class);
}

/** @throws RangeError when a value does not fit its field */
export function writeRecord(writer: PacketWriter, { owner, ttl, data }: DnsRecord): void {
  if (ttl > ttlMax) throw new RangeError(`a TTL of ${ttl} s: at most ${ttlMax}`);
  writer.name(owner);
  writer.u16(codeOf(data));
  writer.u16(classIn);
  writer.u32(ttl);
  const lengthAt = writer.length;
  writer.u16(0);
  writeData(writer, data);
  writer.setU16(lengthAt, writer.length - lengthAt - 2);
}

/** @param rcode all 12 bits: the upper 8 go here */
export function writeEdns(writer: PacketWriter, edns: Edns, rcode: number): void {
  writer.plainName(root);
  writer.u16(types.OPT);
  writer.u16(edns.udpSize);
  writer.u8(rcode >> 4);
  writer.u8(edns.version);
  writer.u16(edns.doFlag ? doBit : 0);
  const lengthAt = writer.length;
  writer.u16(0);
  for (const { code, bytes } of edns.options) {
    writer.u16(code);
    writer.u16(bytes.length);
    writer.raw(bytes);
  }
  writer.setU16(lengthAt, writer.length - lengthAt - 2);
}

/**
 * @param bytes one message, without the length in front that TCP has
 * @param stepsMax what the message may cost; a large answer of a server that one trusts may need more
 * @throws BadPacket when it is none, and nothing else
 */
export function decodePacket(bytes: Uint8Array, stepsMax: number = dnsStepsMax): Packet {
  return readPacket(new PacketReader(bytes, stepsMax));
}

/** As `decodePacket`, for a reader at its start; tests look at the steps that it took. */
export function readPacket(reader: PacketReader): Packet {
  if (reader.left > dnsPacketBytesMax) badPacket("it is too long");
  const [id, flags] = [reader.u16(), reader.u16()];
  const counts = [reader.u16(), reader.u16(), reader.u16(), reader.u16()] as const;
  const records = counts[1] + counts[2] + counts[3];
  // Before any loop: a count that cannot be true costs nothing.
  if (counts[0] * questionBytesMin + records * recordBytesMin > reader.left)
    badPacket("it has too few bytes");
  const questions = Array.from({ length: counts[0] }, () => readQuestion(reader));
  const opt: Opt = { edns: null, rcode: 0 };
  const answers = readRecords(reader, counts[1], null);
  const authority = readRecords(reader, counts[2], null);
  const additional = readRecords(reader, counts[3], opt);
  if (reader.left !== 0) badPacket("bytes follow its last record");
  const is = (bit: Bit) => (flags & bits[bit]) !== 0;
  return {
    id,
    response: is("response"),
    opcode: (flags >> 11) & 0x0f,
    aa: is("aa"),
    tc: is("tc"),
    rd: is("rd"),
    ra: is("ra"),
    ad: is("ad"),
    cd: is("cd"),
    rcode: (opt.rcode << 4) | (flags & 0x0f),
    questions,
    answers,
    authority,
    additional,
    edns: opt.edns,
  };
}

/** What the OPT record says, once it was met. */
interface Opt {
  edns: Edns | null;
  /** The upper 8 bits of it. */
  rcode: number;
}

/** Bytes of a question of the root. */
const questionBytesMin = 5;

function readQuestion(reader: PacketReader): Question {
  return { name: reader.name(), type: reader.u16(), class: reader.u16() };
}

/** @param opt takes what an OPT record says; null where none may be */
function readRecords(reader: PacketReader, count: number, opt: Opt | null): readonly DnsRecord[] {
  const records: DnsRecord[] = [];
  for (let i = 0; i < count; i++) {
    const start = reader.at;
    const owner = reader.name();
    const type = reader.u16();
    if (type === types.OPT) {
      if (opt === null || opt.edns !== null || reader.bytes[start] !== 0)
        badPacket("an OPT record is out of place");
      readOpt(reader, opt);
      continue;
    }
    if (reader.u16() !== classIn) badPacket("a record is not of the class IN");
    const ttl = reader.u32();
    // A TTL with the upper bit is 0 (RFC 2181 8).
    records.push({ owner, ttl: ttl > ttlMax ? 0 : ttl, data: readData(reader, type, reader.u16()) });
  }
  return records;
}

function readOpt(reader: PacketReader, opt: Opt): void {
  const udpSize = reader.u16();
  opt.rcode = reader.u8();
  const version = reader.u8();
  const doFlag = (reader.u16() & doBit) !== 0;
  const length = reader.u16();
  if (reader.left < length) badPacket("an OPT record is longer than the message");
  const end = reader.at + length;
  const options: EdnsOption[] = [];
  while (version === 0 && reader.at < end) {
    reader.mustStep();
    const code = reader.u16();
    options.push({ code, bytes: reader.take(reader.u16()) });
  }
  if (reader.at > end) badPacket("an option is longer than its OPT record");
  reader.at = end;
  opt.edns = { udpSize, version, doFlag, options };
}
