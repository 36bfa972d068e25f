/**
 * What one query asks, as a nameserver reads it: RFC 1035 4.1, EDNS by RFC 6891. Runs for every query, hostile ones
 * too: nothing is thrown, nothing is copied, and what is not needed is passed over.
 */
import { dnsPacketBytesMax } from "../name-limits.ts";
import { checkedName, type Name } from "./name.ts";
import { headerBytes, PacketReader, u16At } from "./reader.ts";
import { types } from "./record.ts";

export interface Question {
  readonly name: Name;
  /** A code of `types`, or any other. */
  readonly type: number;
  /** 1 is IN. */
  readonly class: number;
}

export interface EdnsOption {
  readonly code: number;
  readonly bytes: Uint8Array;
}

export interface Edns {
  /** Bytes of the largest UDP message that the sender takes. */
  readonly udpSize: number;
  readonly version: number;
  /** DNSSEC OK. */
  readonly doFlag: boolean;
  /** None for a version that is not 0, whose form is not known. */
  readonly options: readonly EdnsOption[];
}

/** A standard query. Its name and options are views into the message: the name as it was sent, case and all. */
export interface Query {
  readonly type: "query";
  readonly id: number;
  readonly opcode: number;
  readonly rd: boolean;
  readonly ad: boolean;
  readonly cd: boolean;
  readonly question: Question;
  readonly edns: Edns | null;
}

/** To be answered by a header alone, with this rcode. */
export interface Refusal {
  readonly type: "refusal";
  readonly rcode: typeof rcodes.formerr | typeof rcodes.notimp;
  readonly id: number;
  readonly opcode: number;
  readonly rd: boolean;
}

/** Not to be answered: a response, which could make two servers talk for ever, or too short for an id. */
export interface Silence {
  readonly type: "silence";
}

/** RFC 1035 4.1.1, RFC 6891 9. */
export const rcodes = {
  noerror: 0,
  formerr: 1,
  servfail: 2,
  nxdomain: 3,
  notimp: 4,
  refused: 5,
  badvers: 16,
} as const;

/** Bytes of a record with the shortest owner and no data. */
export const recordBytesMin = 11;
/** Bytes of the type and class behind the name of a question. */
const questionTail = 4;

const silence: Silence = { type: "silence" };
const noOptions: readonly EdnsOption[] = [];

/**
 * @param bytes one message, without the length in front that TCP has
 * @returns the query, or how to refuse it; never throws
 * @example const query = decodeQuery(datagram); if (query.type === "silence") return null;
 */
export function decodeQuery(bytes: Uint8Array): Query | Refusal | Silence {
  return readQuery(new PacketReader(bytes));
}

/** As `decodeQuery`, for a reader at its start; tests look at the steps that it took. */
export function readQuery(reader: PacketReader): Query | Refusal | Silence {
  const { bytes } = reader;
  if (bytes.length < headerBytes) return silence;
  const upper = bytes[2] as number;
  if (upper & 0x80) return silence;
  const opcode = (upper >> 3) & 0x0f;
  if (opcode !== 0) return refusal(bytes, rcodes.notimp);
  if (bytes.length > dnsPacketBytesMax || u16At(bytes, 4) !== 1) return refusal(bytes, rcodes.formerr);
  const question = readQuestion(reader);
  if (question === null) return refusal(bytes, rcodes.formerr);
  const edns = readRest(reader);
  if (edns === undefined || reader.left !== 0) return refusal(bytes, rcodes.formerr);
  const lower = bytes[3] as number;
  return {
    type: "query",
    id: u16At(bytes, 0),
    opcode,
    rd: (upper & 0x01) !== 0,
    ad: (lower & 0x20) !== 0,
    cd: (lower & 0x10) !== 0,
    question,
    edns,
  };
}

function refusal(bytes: Uint8Array, rcode: Refusal["rcode"]): Refusal {
  const upper = bytes[2] as number;
  const id = u16At(bytes, 0);
  return { type: "refusal", rcode, id, opcode: (upper >> 3) & 0x0f, rd: (upper & 0x01) !== 0 };
}

/** Its name is not compressed: there is no earlier name. */
function readQuestion(reader: PacketReader): Question | null {
  const { bytes } = reader;
  reader.at = headerBytes;
  if (!reader.skipName() || reader.left < questionTail) return null;
  const end = reader.at;
  reader.at += questionTail;
  const name = checkedName(bytes.subarray(headerBytes, end));
  return { name, type: u16At(bytes, end), class: u16At(bytes, end + 2) };
}

/** The EDNS among the records behind the question; null without, undefined when they are broken. */
function readRest(reader: PacketReader): Edns | null | undefined {
  const { bytes } = reader;
  const before = u16At(bytes, 6) + u16At(bytes, 8);
  const count = before + u16At(bytes, 10);
  if (count * recordBytesMin > reader.left) return undefined;
  let edns: Edns | null = null;
  for (let i = 0; i < count; i++) {
    const start = reader.at;
    if (!reader.skipName() || reader.left < recordBytesMin - 1) return undefined;
    const fixed = reader.at;
    reader.at += recordBytesMin - 1;
    const end = reader.at + u16At(bytes, fixed + 8);
    if (end > bytes.length) return undefined;
    if (u16At(bytes, fixed) === types.OPT) {
      if (i < before || edns !== null || bytes[start] !== 0) return undefined;
      edns = readEdns(reader, fixed, end);
      if (edns === null) return undefined;
    }
    reader.at = end;
  }
  return edns;
}

/** The OPT record whose fields behind the owner are at `fixed`, and whose options end at `end`. */
function readEdns(reader: PacketReader, fixed: number, end: number): Edns | null {
  const { bytes } = reader;
  const version = bytes[fixed + 5] as number;
  const options = version === 0 && reader.at < end ? readOptions(reader, end) : noOptions;
  if (options === null) return null;
  return {
    udpSize: u16At(bytes, fixed + 2),
    version,
    doFlag: ((bytes[fixed + 6] as number) & 0x80) !== 0,
    options,
  };
}

function readOptions(reader: PacketReader, end: number): readonly EdnsOption[] | null {
  const { bytes } = reader;
  const options: EdnsOption[] = [];
  for (let at = reader.at; at < end; ) {
    if (!reader.step() || end - at < 4) return null;
    const from = at + 4;
    const to = from + u16At(bytes, at + 2);
    if (to > end) return null;
    options.push({ code: u16At(bytes, at), bytes: bytes.subarray(from, to) });
    at = to;
  }
  return options;
}
