/** What EDNS (RFC 6891) adds to an answer: how large it may be, and the OPT record at its end. */
import { dnsPacketBytesMax, dnsPlainUdpBytesMax, dnsUdpBytesMax } from "../name-limits.ts";
import type { Edns } from "./packet.ts";
import { types } from "./record.ts";

/** How a query came. Its answer goes the same way. */
export type Transport = "udp" | "tcp" | "https";

/** Bytes of an OPT record without options. */
export const optBytes = 11;

/** Bytes of the largest answer. A sender that claims to take less than 512 is not believed (RFC 6891 6.2.3). */
export function answerBytes(transport: Transport, edns: Edns | null): number {
  if (transport !== "udp") return dnsPacketBytesMax;
  if (edns === null) return dnsPlainUdpBytesMax;
  return Math.min(Math.max(edns.udpSize, dnsPlainUdpBytesMax), dnsUdpBytesMax);
}

/**
 * Writes the OPT record of an answer. DO comes back as it was sent (RFC 3225 3); options are not answered.
 *
 * @param at where; optBytes must be left from there on, all 0
 * @param rcode of which the upper 8 of 12 bits go here
 */
export function writeOpt(out: Uint8Array, at: number, edns: Edns, rcode: number): void {
  out[at + 2] = types.OPT;
  out[at + 3] = dnsUdpBytesMax >> 8;
  out[at + 4] = dnsUdpBytesMax & 0xff;
  out[at + 5] = rcode >> 4;
  out[at + 7] = edns.doFlag ? 0x80 : 0;
}
