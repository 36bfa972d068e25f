/**
 * The entry `concoord/dns`: names of a cluster as pure functions, for nameservers of one's own. A view becomes a zone,
 * the bytes of a query become the bytes of the answer.
 * @example
 * import { answer, nameOf, Zone } from "concoord/dns";
 *
 * const zone = Zone.of(nameOf("counter.example"), view, { ttl: 30 });
 * socket.on("message", (query, from) => {
 *   const bytes = answer(query, zone, "udp");
 *   if (bytes !== null) socket.send(bytes, from.port, from.address);
 * });
 */
export { answer, type Transport, truncated } from "./answer.ts";
export { BadPacket } from "./bad-packet.ts";
export { type DohRequest, type DohResponse, doh } from "./doh.ts";
export { BadName, isWithin, type Name, nameOf, textOf } from "./name.ts";
export { decodePacket, encodePacket, type Packet, type PacketFields } from "./packet.ts";
export { RateLimit, type RateLimitOptions } from "./rate-limit.ts";
export { type Data, type DnsRecord, type Soa, type Svcb, types } from "./record.ts";
export { recordText } from "./text.ts";
export { zoneRecords } from "./zone.ts";
export { Zone } from "./zone-answers.ts";
export type { ZoneMember, ZoneOptions, ZoneView } from "./zone-view.ts";
