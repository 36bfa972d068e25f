/**
 * Answers as wire bytes, made once for each view and served by copying: id, RD, CD and the question are those of the
 * query, so that its case comes back (the "0x20" of resolvers), and an OPT record goes to the end.
 *
 * An answer is prepared for a name, and serves also for names below it ("there is no x.y.D" is prepared for D): its
 * pointers lead to that name or to behind it, so they move by the bytes that the query has before that name.
 */
import { optBytes, writeOpt } from "./edns.ts";
import { layoutOf } from "./layout.ts";
import type { Name } from "./name.ts";
import { encodePacket, type Query } from "./packet.ts";
import { headerBytes, u16At } from "./reader.ts";
import type { DnsRecord } from "./record.ts";

/** What an answer says beside its question. */
export interface Reply {
  /** Clear in referrals: the nameservers of the subdomain know. */
  readonly aa: boolean;
  readonly rcode: number;
  readonly answers: readonly DnsRecord[];
  readonly authority: readonly DnsRecord[];
  /** Left out from its end on where there is no room. */
  readonly additional: readonly DnsRecord[];
  /** Of a referral: nobody can go on without these addresses, so TC is set when one is left out (RFC 9471 3). */
  readonly needsAdditional: boolean;
}

const aaBit = 0x04;
const tcBit = 0x02;

export class Prepared {
  private readonly bytes: Uint8Array;
  private readonly questionEnd: number;
  private readonly nameBytes: number;
  private readonly pointers: readonly number[];
  /** Where it may end: before the first additional record, and behind each of them. Never empty. */
  private readonly ends: readonly number[];
  /** The fewest additional records with which it may be sent. */
  private readonly leastAdditional: number;

  /**
   * @param name for which name, and those below it
   * @throws RangeError when a value does not fit its field, or all of it no message
   */
  constructor(name: Name, reply: Reply) {
    const questions = [{ name, type: 0, class: 1 }];
    this.bytes = encodePacket({ id: 0, response: true, questions, ...reply });
    const { questionEnd, records, pointers } = layoutOf(this.bytes);
    this.questionEnd = questionEnd;
    this.nameBytes = name.length;
    this.pointers = pointers;
    const ends = [questionEnd, ...records.map(({ end }) => end)];
    this.ends = ends.slice(reply.answers.length + reply.authority.length);
    this.leastAdditional = reply.needsAdditional ? reply.additional.length : 0;
  }

  /**
   * The answer to one query: without additional records that have no room; empty with TC set when that is not enough.
   *
   * @param bytes the query; its name is that for which this was prepared, or below it
   * @param limit bytes of the largest answer that may be sent
   */
  serve(bytes: Uint8Array, query: Query, limit: number): Uint8Array {
    const shift = query.question.name.length - this.nameBytes;
    const room = limit - shift - (query.edns === null ? 0 : optBytes);
    let additional = this.ends.length - 1;
    while (additional >= this.leastAdditional && (this.ends[additional] as number) > room) additional--;
    if (additional < this.leastAdditional)
      return bareAnswer(bytes, query, 0, ((this.bytes[2] as number) & aaBit) | tcBit);
    const end = this.ends[additional] as number;
    const out = begun(bytes, query, end - this.questionEnd);
    out.set(this.bytes.subarray(this.questionEnd, end), this.questionEnd + shift);
    if (shift > 0) this.movePointers(out, shift, end);
    out[2] = (out[2] as number) | (this.bytes[2] as number);
    out[3] = (out[3] as number) | (this.bytes[3] as number);
    for (let at = 6; at < 10; at++) out[at] = this.bytes[at] as number;
    addCount(out, additional);
    if (query.edns !== null) writeOpt(out, end + shift, query.edns, 0);
    return out;
  }

  private movePointers(out: Uint8Array, shift: number, end: number): void {
    for (const at of this.pointers) {
      if (at >= end) return;
      const moved = u16At(this.bytes, at) + shift;
      out[at + shift] = moved >> 8;
      out[at + shift + 1] = moved & 0xff;
    }
  }
}

/**
 * An answer of nothing but the question.
 *
 * @param rcode of 12 bits; one over 15 needs a query with EDNS
 * @param flags AA (4) and TC (2)
 */
export function bareAnswer(bytes: Uint8Array, query: Query, rcode: number, flags = 0): Uint8Array {
  const out = begun(bytes, query, 0);
  out[2] = (out[2] as number) | flags;
  out[3] = (out[3] as number) | (rcode & 0x0f);
  if (query.edns !== null) writeOpt(out, out.length - optBytes, query.edns, rcode);
  return out;
}

/** What all answers have of their query: id, RD, CD (RFC 4035 3), the question; QR set, and OPT counted. */
function begun(bytes: Uint8Array, query: Query, recordBytes: number): Uint8Array {
  const questionEnd = headerBytes + query.question.name.length + 4;
  const out = new Uint8Array(questionEnd + recordBytes + (query.edns === null ? 0 : optBytes));
  out.set(bytes.length === questionEnd ? bytes : bytes.subarray(0, questionEnd));
  out[2] = 0x80 | (query.rd ? 0x01 : 0);
  out[3] = query.cd ? 0x10 : 0;
  // Faster than fill().
  for (let at = 6; at < headerBytes; at++) out[at] = 0;
  if (query.edns !== null) addCount(out, 1);
  return out;
}

/** More additional records. */
function addCount(out: Uint8Array, count: number): void {
  const sum = u16At(out, 10) + count;
  out[10] = sum >> 8;
  out[11] = sum & 0xff;
}
