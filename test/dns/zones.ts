/** Views, queries and an independent reader for the tests of this folder. */
import * as oracle from "dns-packet";
import { answer, type Transport } from "../../src/shared/dns/answer.ts";
import { type Name, nameOf } from "../../src/shared/dns/name.ts";
import { encodePacket, type PacketFields } from "../../src/shared/dns/packet.ts";
import { typeCode } from "../../src/shared/dns/record.ts";
import { recordText } from "../../src/shared/dns/text.ts";
import { zoneRecords } from "../../src/shared/dns/zone.ts";
import { Zone } from "../../src/shared/dns/zone-answers.ts";
import type { ZoneMember, ZoneOptions, ZoneView } from "../../src/shared/dns/zone-view.ts";

export const domain = nameOf("counter.example");

/** The n-th member, whose id says so. */
export function member(n: number, addr: string, rest: Partial<ZoneMember> = {}): ZoneMember {
  const id = n.toString(16).padStart(16, "0");
  return { id, role: "replica", addr, domain: "", away: false, tls: false, ...rest };
}

/** Three replicas, the first of which serves the domain; an acceptor, a learner and a nameserver. */
export const view: ZoneView = {
  number: 7,
  members: [
    member(1, "10.0.0.1:14000", { domain: "counter.example" }),
    member(2, "10.0.0.2:14000"),
    member(3, "[2001:db8::3]:14001"),
    member(4, "10.0.0.4:14000", { role: "acceptor" }),
    member(5, "10.0.0.5:14000", { role: "learner" }),
    member(6, "10.0.0.6:14053", { role: "nameserver", domain: "Counter.Example." }),
  ],
};

export const zone = Zone.of(domain, view);

/** So many replicas of one port, each with an address of its own. */
export function replicas(count: number): ZoneView {
  return { number: 1, members: Array.from({ length: count }, (_, i) => member(i, `127.0.0.${i + 1}:14000`)) };
}

/** The records as dig prints them. */
export function lines(at: Name, from: ZoneView, options: ZoneOptions = {}): string[] {
  return zoneRecords(at, from, options).map(recordText);
}

export interface Asked {
  readonly type?: string | number;
  readonly class?: number;
  readonly edns?: Partial<NonNullable<PacketFields["edns"]>>;
  readonly rd?: boolean;
  readonly cd?: boolean;
  readonly ad?: boolean;
  readonly id?: number;
}

/** The bytes of a query. */
export function query(name: string, asked: Asked = {}): Uint8Array {
  const { type = "A", class: klass = 1, edns, id = 0x1234, ...flags } = asked;
  const code = typeof type === "number" ? type : (typeCode(type) ?? 0);
  const full = edns === undefined ? null : { udpSize: 1232, version: 0, doFlag: false, options: [], ...edns };
  return encodePacket({
    id,
    ...flags,
    questions: [{ name: nameOf(name), type: code, class: klass }],
    edns: full,
  });
}

/** What a reader that shares no code with ours makes of an answer. */
export function read(bytes: Uint8Array) {
  const packet = oracle.decode(Buffer.from(bytes));
  const all = (bytes[2] ?? 0) * 256 + (bytes[3] ?? 0);
  return { ...packet, code: all & 0x0f, opcodeNumber: (all >> 11) & 0x0f, bytes, ...flagsOf(all) };
}

function flagsOf(all: number) {
  const is = (bit: number) => (all & bit) !== 0;
  const upper = { qr: is(0x8000), aa: is(0x0400), tc: is(0x0200), rd: is(0x0100) };
  return { ...upper, ra: is(0x0080), z: is(0x0040), ad: is(0x0020), cd: is(0x0010) };
}

/** What the records say; undefined for an OPT record. */
export function datas(records: Read["answers"]) {
  return (records ?? []).map((record) => ("data" in record ? record.data : undefined));
}

export type Read = ReturnType<typeof read>;

/** Asks and reads; fails where nothing comes back. */
export function ask(
  zones: Zone | readonly Zone[],
  name: string,
  asked: Asked & { readonly transport?: Transport } = {},
): Read {
  return readAnswer(answer(query(name, asked), zones, asked.transport ?? "udp"));
}

export function readAnswer(bytes: Uint8Array | null): Read {
  if (bytes === null) throw new Error("no answer");
  return read(bytes);
}
