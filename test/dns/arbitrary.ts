/** Random names, records and packets, and how to write them down in a test. */
import fc from "fast-check";
import { child, type Name, nameOf, root } from "../../src/shared/dns/name.ts";
import { type Packet, rcodes } from "../../src/shared/dns/packet.ts";
import type { Data, DnsRecord } from "../../src/shared/dns/record.ts";
import type { SvcParam } from "../../src/shared/dns/svcb.ts";

/** The bytes of hexadecimal digits; white space is for the reader. */
export function hex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits.replace(/\s/g, ""), "hex"));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

/** As many of the labels as fit into a name. */
function joined(labels: readonly Uint8Array[]): Name {
  let name = root;
  for (const label of labels) if (name.length + label.length < 255) name = child(label, name);
  return name;
}

const anyLabel = fc.uint8Array({ minLength: 1, maxLength: 63 });
/** Few, so that names share their ends and are compressed. */
const sharedLabel = fc.constantFrom("a", "A", "b", "example", "x".repeat(63)).map(ascii);
export const anyName = fc
  .array(fc.oneof({ arbitrary: sharedLabel, weight: 4 }, anyLabel), { maxLength: 8 })
  .map(joined);
/** What dns-packet writes right: letters, digits, hyphens. */
export const plainName = fc
  .array(fc.constantFrom("a", "b7", "x-y", "example", "_tcp", "l".repeat(63)), { minLength: 1, maxLength: 3 })
  .map((labels) => nameOf(labels.join(".")));

const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const string = fc.uint8Array({ maxLength: 255 });
const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 });

const hints = (address: fc.Arbitrary<Uint8Array>) => fc.array(address, { minLength: 1, maxLength: 3 });
const alpnId = fc.uint8Array({ minLength: 1, maxLength: 255 }).map((id) => String.fromCharCode(...id));
const param: fc.Arbitrary<SvcParam> = fc.oneof(
  fc.record({ key: fc.constant("alpn"), ids: fc.array(alpnId, { minLength: 1, maxLength: 3 }) }),
  fc.constant({ key: "no-default-alpn" as const }),
  fc.record({ key: fc.constant("port"), port: u16 }),
  fc.record({ key: fc.constant("ipv4hint"), addresses: hints(ipv4) }),
  fc.record({ key: fc.constant("ipv6hint"), addresses: hints(ipv6) }),
  fc.record({ key: fc.constant("other"), code: fc.integer({ min: 7, max: 0xffff }), bytes: string }),
);
const codes = { alpn: 1, "no-default-alpn": 2, port: 3, ipv4hint: 4, ipv6hint: 6, mandatory: 0 } as const;
const codeOf = (p: SvcParam) => (p.key === "other" ? p.code : codes[p.key]);
/** Rising keys; now and then all of them are mandatory. */
const params = fc
  .tuple(fc.uniqueArray(param, { maxLength: 5, selector: codeOf }), fc.boolean())
  .map(([found, all]): SvcParam[] => {
    const sorted = found.sort((a, b) => codeOf(a) - codeOf(b));
    return all && sorted.length > 0 ? [{ key: "mandatory", keys: sorted.map(codeOf) }, ...sorted] : sorted;
  });

/** Data of the types that dns-packet knows. */
export const plainData = (name: fc.Arbitrary<Name>): fc.Arbitrary<Data> =>
  fc.oneof(
    fc.record({ type: fc.constant("A"), address: ipv4 }),
    fc.record({ type: fc.constant("AAAA"), address: ipv6 }),
    fc.record({ type: fc.constantFrom("NS", "CNAME"), target: name }),
    fc.record({
      type: fc.constant("SOA"),
      mname: name,
      rname: name,
      serial: u32,
      refresh: u32,
      retry: u32,
      expire: u32,
      minimum: u32,
    }),
    fc.record({ type: fc.constant("TXT"), strings: fc.array(string, { minLength: 1, maxLength: 3 }) }),
    fc.record({ type: fc.constant("SRV"), priority: u16, weight: u16, port: u16, target: name }),
    fc.record({ type: fc.constant("HINFO"), cpu: string, os: string }),
  );

const otherCode = fc.oneof(fc.constantFrom(12, 15, 250, 257), fc.integer({ min: 300, max: 0xffff }));
export const anyData: fc.Arbitrary<Data> = fc.oneof(
  { arbitrary: plainData(anyName), weight: 3 },
  fc.record({ type: fc.constantFrom("SVCB", "HTTPS"), priority: u16, target: anyName, params }),
  fc.record({ type: fc.constant("other"), code: otherCode, bytes: string }),
);

const recordOf = (owner: fc.Arbitrary<Name>, data: fc.Arbitrary<Data>): fc.Arbitrary<DnsRecord> =>
  fc.record({ owner, ttl: fc.nat(0x7fff_ffff), data });

const options = fc.array(fc.record({ code: u16, bytes: fc.uint8Array({ maxLength: 40 }) }), { maxLength: 3 });
const edns = fc.record({ udpSize: u16, version: fc.constant(0), doFlag: fc.boolean(), options });

/** Whole packets; an rcode over 15 only where EDNS has room for it. */
export function packetOf(name: fc.Arbitrary<Name>, data: fc.Arbitrary<Data>): fc.Arbitrary<Packet> {
  const bit = fc.boolean();
  const records = fc.array(recordOf(name, data), { maxLength: 4 });
  const fields = { response: bit, aa: bit, tc: bit, rd: bit, ra: bit, ad: bit, cd: bit };
  const questions = fc.array(fc.record({ name, type: u16, class: u16 }), { maxLength: 2 });
  const sections = { questions, answers: records, authority: records, additional: records };
  const head = { id: u16, opcode: fc.nat(15), rcode: fc.nat(15) };
  return fc
    .tuple(fc.record({ ...head, ...fields, ...sections }), fc.option(edns))
    .map(([packet, opt]) => ({ ...packet, edns: opt, rcode: opt === null ? packet.rcode : rcodes.badvers }));
}

export const anyPacket = packetOf(anyName, anyData);
