/**
 * From the bytes of a query to the bytes of its answer: what a nameserver does, whichever way queries come. It answers
 * for its zones only and asks nobody else: RA is clear.
 */
import { answerBytes, type Transport } from "./edns.ts";
import { isWithin } from "./name.ts";
import { decodeQuery, type Query, type Refusal, rcodes } from "./packet.ts";
import { bareAnswer } from "./prepared.ts";
import { headerBytes } from "./reader.ts";
import { types } from "./record.ts";
import { Zone } from "./zone-answers.ts";

export type { Transport } from "./edns.ts";

const classIn = 1;
const tcFlag = 0x02;
/** Types of questions that are none of records: MAILB and MAILA (RFC 1035 3.2.3), and those about a message itself. */
const mailTypes: ReadonlySet<number> = new Set([253, 254]);
const metaTypes: ReadonlySet<number> = new Set([0, types.OPT, 249, types.TSIG]);

/**
 * @param bytes one message, without the length in front that TCP has
 * @param zones the one that is served, or a few: the closest above the name answers
 * @param transport how the query came, which limits the size of the answer
 * @returns null when nothing is to be sent: the message is a response, or too short for an id; never throws
 * @example const bytes = answer(datagram, zone, "udp"); if (bytes !== null) socket.send(bytes, port, address);
 */
export function answer(
  bytes: Uint8Array,
  zones: Zone | readonly Zone[],
  transport: Transport,
): Uint8Array | null {
  const query = decodeQuery(bytes);
  if (query.type === "silence") return null;
  if (query.type === "refusal") return headerOf(query);
  const rcode = refused(query, transport);
  if (rcode !== rcodes.noerror) return bareAnswer(bytes, query, rcode);
  const { name, type } = query.question;
  const zone = zones instanceof Zone ? zones : closest(query, zones);
  const prepared = zone?.find(name, type) ?? null;
  if (prepared === null) return bareAnswer(bytes, query, rcodes.refused);
  return prepared.serve(bytes, query, answerBytes(transport, query.edns));
}

/**
 * What a limited sender gets instead of an answer by UDP: nothing but TC, never more bytes than it sent, so that who
 * really asked comes back by TCP.
 *
 * @returns null when nothing is to be sent, also for what is no query
 */
export function truncated(bytes: Uint8Array): Uint8Array | null {
  const query = decodeQuery(bytes);
  return query.type === "query" ? bareAnswer(bytes, query, rcodes.noerror, tcFlag) : null;
}

/** The rcode of a query that no zone is asked for; noerror for one that a zone is to answer. */
function refused({ question, edns }: Query, transport: Transport): number {
  if (edns !== null && edns.version !== 0) return rcodes.badvers;
  if (question.class !== classIn) return rcodes.refused;
  if (question.type === types.IXFR) return rcodes.refused;
  // Not defined over UDP (RFC 5936 4.2); elsewhere it is our choice (2.2.1).
  if (question.type === types.AXFR) return transport === "udp" ? rcodes.notimp : rcodes.refused;
  if (mailTypes.has(question.type)) return rcodes.notimp;
  return metaTypes.has(question.type) ? rcodes.formerr : rcodes.noerror;
}

function closest({ question }: Query, zones: readonly Zone[]): Zone | null {
  let best: Zone | null = null;
  for (const zone of zones)
    if (isWithin(question.name, zone.apex) && zone.apex.length > (best?.apex.length ?? 0)) best = zone;
  return best;
}

/** Nothing but the header: of what could not be read nothing can be repeated. */
function headerOf({ id, opcode, rd, rcode }: Refusal): Uint8Array {
  const out = new Uint8Array(headerBytes);
  out.set([id >> 8, id & 0xff, 0x80 | (opcode << 3) | (rd ? 0x01 : 0), rcode]);
  return out;
}
