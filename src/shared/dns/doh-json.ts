/**
 * Answers as JSON, and questions as `?name=&type=`: what public resolvers offer beside RFC 8484, for scripts of pages
 * and for people. Names and data are as dig prints them, so that everything is ASCII and a dot in a label stays one.
 */
import { dnsPacketBytesMax } from "../name-limits.ts";
import { BadName, nameOf, textOf } from "./name.ts";
import { decodePacket, encodePacket } from "./packet.ts";
import { codeOf, type DnsRecord, typeCode, types } from "./record.ts";
import { text } from "./text.ts";

/** @param bytes an answer that this side made */
export function jsonOf(bytes: Uint8Array): string {
  const packet = decodePacket(bytes, dnsPacketBytesMax);
  const { rcode, tc, rd, ra, ad, cd, questions, answers, authority } = packet;
  return JSON.stringify({
    Status: rcode,
    TC: tc,
    RD: rd,
    RA: ra,
    AD: ad,
    CD: cd,
    Question: questions.map(({ name, type }) => ({ name: textOf(name), type })),
    Answer: answers.map(jsonRecord),
    ...(authority.length === 0 ? {} : { Authority: authority.map(jsonRecord) }),
  });
}

function jsonRecord({ owner, ttl, data }: DnsRecord) {
  return { name: textOf(owner), type: codeOf(data), TTL: ttl, data: text(data) };
}

/**
 * @param get the value of a parameter, decoded
 * @returns the bytes of the query; a sentence about what is wrong with the parameters
 */
export function queryOf(get: (name: string) => string | null): Uint8Array | string {
  const type = typeOf(get("type") ?? "A");
  if (type === null) return "type: neither a number from 0 to 65535 nor the name of a record type";
  const edns = isSet(get("do"))
    ? { udpSize: dnsPacketBytesMax, version: 0, doFlag: true, options: [] }
    : null;
  try {
    const question = { name: nameOf(get("name") ?? ""), type, class: 1 };
    return encodePacket({ id: 0, rd: true, cd: isSet(get("cd")), questions: [question], edns });
  } catch (error) {
    if (error instanceof BadName) return "name: not a domain name";
    throw error;
  }
}

/** As RFC 8427 and public resolvers have it: by number or by name. */
function typeOf(value: string): number | null {
  if (value.toUpperCase() === "ANY" || value === "*") return types.ANY;
  return typeCode(/^\d+$/.test(value) ? `TYPE${value}` : value);
}

function isSet(value: string | null): boolean {
  return value === "1" || value === "true";
}
