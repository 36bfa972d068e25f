/**
 * Real packets, changed at random: no exception but BadPacket leaves a decoder, and none of them costs more than its
 * steps. FUZZ_RUNS says how many packets (20,000; a million takes half a minute), FUZZ_SEED repeats a run.
 */
import { describe, expect, test } from "vitest";
import { BadPacket } from "../../src/shared/dns/bad-packet.ts";
import { child, nameOf } from "../../src/shared/dns/name.ts";
import {
  decodePacket,
  encodePacket,
  type Packet,
  type PacketFields,
  readPacket,
  readQuery,
} from "../../src/shared/dns/packet.ts";
import { PacketReader } from "../../src/shared/dns/reader.ts";
import { type DnsRecord, types } from "../../src/shared/dns/record.ts";
import { recordText } from "../../src/shared/dns/text.ts";
import { dnsStepsMax } from "../../src/shared/name-limits.ts";
import { ascii, hex } from "./arbitrary.ts";
import { theirEncoding } from "./oracle.ts";

const runs = Number(process.env["FUZZ_RUNS"] ?? 20_000);
const seed = Number(process.env["FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

/** mulberry32: the same packets for the same seed. */
function dice(from: number): (below: number) => number {
  let state = from;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const domain = nameOf("counter.example");
const service = nameOf("_concoord._tcp.counter.example");
const edns = { udpSize: 1232, version: 0, doFlag: true, options: [{ code: 10, bytes: ascii("12345678") }] };

function records(nodes: number): { readonly [section: string]: readonly DnsRecord[] } {
  const hosts = Array.from({ length: nodes }, (_, n) =>
    child(`10-0-0-${n}`, nameOf("ipaddr.counter.example")),
  );
  const srv = hosts.map((target): DnsRecord => {
    return { owner: service, ttl: 30, data: { type: "SRV", priority: 0, weight: 100, port: 14_000, target } };
  });
  const glue = hosts.map((owner, n): DnsRecord => {
    return { owner, ttl: 30, data: { type: "A", address: Uint8Array.of(10, 0, 0, n) } };
  });
  const txt = hosts.map((_, n): DnsRecord => {
    const strings = [ascii(`REPLICA 10.0.0.${n}:14000 id=0123456789abcdef`)];
    return { owner: domain, ttl: 30, data: { type: "TXT", strings } };
  });
  const numbers = { serial: 7, refresh: 30, retry: 5, expire: 600, minimum: 5 };
  const [mname, rname] = [child("ns1", domain), child("hostmaster", domain)];
  const soa: DnsRecord = { owner: domain, ttl: 5, data: { type: "SOA", mname, rname, ...numbers } };
  const ns: DnsRecord = { owner: domain, ttl: 30, data: { type: "NS", target: mname } };
  const https: DnsRecord = {
    owner: domain,
    ttl: 30,
    data: {
      type: "HTTPS",
      priority: 1,
      target: domain,
      params: [
        { key: "mandatory", keys: [1, 3] },
        { key: "alpn", ids: ["http/1.1", "h2"] },
        { key: "port", port: 14_000 },
        { key: "ipv4hint", addresses: [hex("0a000001"), hex("0a000002")] },
        { key: "ipv6hint", addresses: [hex("20010db8000000000000000000000001")] },
        { key: "other", code: 667, bytes: ascii("hello") },
      ],
    },
  };
  return { srv, glue, txt, soa: [soa], ns: [ns], https: [https] };
}

/** What goes over the wire between resolvers and a nameserver of this project, and what another codec writes. */
function corpus(): readonly Uint8Array[] {
  const { srv = [], glue = [], txt = [], soa = [], ns = [], https = [] } = records(5);
  const large = [60, 99].map((nodes) => records(nodes));
  const ask = (name: typeof domain, type: number) => [{ name, type, class: 1 }];
  const answer = { id: 4_711, response: true, aa: true, rd: true };
  const packets: readonly PacketFields[] = [
    { id: 1, rd: true, questions: ask(service, types.SRV) },
    { id: 2, rd: true, ad: true, questions: ask(nameOf("CoUnTeR.eXaMpLe"), types.TXT), edns },
    { id: 3, questions: ask(nameOf("."), types.NS), edns: { ...edns, options: [] } },
    { ...answer, questions: ask(service, types.SRV), answers: srv, authority: ns, additional: glue, edns },
    { ...answer, questions: ask(domain, types.TXT), answers: txt },
    { ...answer, questions: ask(nameOf("none.counter.example"), types.A), authority: soa, rcode: 3, edns },
    { ...answer, questions: ask(domain, types.HTTPS), answers: https, edns },
    { ...answer, questions: ask(domain, types.ANY), answers: [...soa, ...ns, ...txt, ...srv, ...glue] },
    ...large.map((of) => {
      return {
        ...answer,
        questions: ask(service, types.SRV),
        answers: of["srv"] ?? [],
        additional: of["glue"] ?? [],
        edns,
      };
    }),
  ];
  const encoded = packets.map(encodePacket);
  const uncompressed = encoded.slice(3, 6).map((bytes) => theirEncoding(decodePacket(bytes)));
  return [...encoded, ...uncompressed];
}

type Dice = (below: number) => number;

const pick = <T>(items: readonly T[], roll: Dice): T => items[roll(items.length)] as T;

/** Bytes that mean something: lengths, pointers, the ends of ranges. */
const telling = [0, 1, 0x0c, 0x29, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xc1, 0xff];

/** One change of the bytes in place, or other bytes in their stead. */
const changes: readonly ((bytes: Uint8Array, roll: Dice, all: readonly Uint8Array[]) => Uint8Array)[] = [
  (bytes, roll) => {
    const at = roll(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << roll(8));
    return bytes;
  },
  (bytes, roll) => {
    bytes[roll(bytes.length)] = pick(telling, roll);
    return bytes;
  },
  (bytes, roll) => {
    const at = roll(bytes.length);
    bytes.set([0xc0 | roll(2), roll(256)].slice(0, bytes.length - at), at);
    return bytes;
  },
  (bytes, roll) => {
    // Counts of records.
    if (bytes.length >= 12) bytes[4 + roll(8)] = roll(4) === 0 ? roll(256) : roll(8);
    return bytes;
  },
  (bytes, roll) => bytes.slice(0, 1 + roll(bytes.length)),
  (bytes, roll) => {
    const [at, length] = [roll(bytes.length), roll(8)];
    return Uint8Array.of(...bytes.subarray(0, at), ...bytes.subarray(at + length), 0);
  },
  (bytes, roll) => {
    const at = roll(bytes.length);
    const extra = Array.from({ length: 1 + roll(8) }, () => roll(256));
    return Uint8Array.of(...bytes.subarray(0, at), ...extra, ...bytes.subarray(at));
  },
  (bytes, roll, all) => {
    const other = pick(all, roll);
    return Uint8Array.of(...bytes.subarray(0, roll(bytes.length)), ...other.subarray(roll(other.length)), 0);
  },
];

function mutated(all: readonly Uint8Array[], roll: Dice): Uint8Array {
  let bytes: Uint8Array = pick(all, roll).slice();
  for (let left = 1 + roll(4); left > 0; left--) bytes = pick(changes, roll)(bytes, roll, all);
  return bytes;
}

/** What went through, and how. */
const tally = {
  query: 0,
  refusal: 0,
  silence: 0,
  packets: 0,
  bad: 0,
  steps: 0,
  queryMicros: 0,
  packetMicros: 0,
};

/** Three in four become queries: most of the packets are responses, which a nameserver looks at no further. */
function asQuery(bytes: Uint8Array, roll: Dice): Uint8Array {
  const query = bytes.slice();
  if (roll(4) !== 0 && query.length > 2) query[2] = (query[2] as number) & 0x07;
  return query;
}

function decodeAsQuery(bytes: Uint8Array): void {
  const reader = new PacketReader(bytes);
  tally[readQuery(reader).type]++;
  tally.steps = Math.max(tally.steps, reader.steps);
}

/** @returns the whole packet, when it is one */
function decodeWhole(bytes: Uint8Array): Packet | null {
  const reader = new PacketReader(bytes);
  try {
    return readPacket(reader);
  } catch (error) {
    if (!(error instanceof BadPacket)) throw error;
    return null;
  } finally {
    tally.steps = Math.max(tally.steps, reader.steps);
  }
}

/** Microseconds of the processor that `work` takes, whatever else the machine does. */
function microsOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** What is read can be written, means the same, and has a text. */
function check(packet: Packet): void {
  const again = encodePacket(packet);
  expect(encodePacket(decodePacket(again, 10 * dnsStepsMax))).toEqual(again);
  for (const record of [...packet.answers, ...packet.authority, ...packet.additional])
    expect(recordText(record)).toMatch(/^[ -~]+$/);
}

const perBatch = 1_000;

describe(`${runs} mutated packets, seed ${seed}`, () => {
  test("throw nothing but BadPacket and cost at most their steps", { timeout: 600_000 }, () => {
    const [all, roll] = [corpus(), dice(seed)];
    for (let left = runs; left > 0; left -= perBatch) {
      const batch = Array.from({ length: Math.min(left, perBatch) }, () => mutated(all, roll));
      const queries = batch.map((bytes) => asQuery(bytes, roll));
      tally.queryMicros += microsOf(() => queries.forEach(decodeAsQuery));
      let packets: readonly (Packet | null)[] = [];
      tally.packetMicros += microsOf(() => {
        packets = batch.map(decodeWhole);
      });
      const read = packets.filter((packet) => packet !== null);
      tally.packets += read.length;
      tally.bad += packets.length - read.length;
      read.filter((_, i) => i % 8 === 0).forEach(check);
    }
    const { queryMicros, packetMicros, ...counts } = tally;
    const mean = (micros: number) => `${(micros / runs).toFixed(2)} us`;
    console.info(`mean: query ${mean(queryMicros)}, packet ${mean(packetMicros)};`, JSON.stringify(counts));
    expect(tally.steps).toBeLessThanOrEqual(dnsStepsMax);
    expect(tally.packets).toBeGreaterThan(runs / 100);
    expect(tally.query).toBeGreaterThan(runs / 100);
  });
});

test("a large packet made to be slow costs its steps, then is refused", () => {
  // Records of 48 kB whose names all point to the longest name, over the whole length of a chain of pointers.
  const name = `${"0161".repeat(126)}00`;
  const record = "c00c 0002 0001 00000000 0002 c00c";
  const count = 3_400;
  const counts = count.toString(16).padStart(4, "0");
  const bytes = hex(`0000 0000 0001 ${counts} 0000 0000 ${name} 0001 0001 ${record.repeat(count)}`);
  expect(bytes.length).toBeGreaterThan(47_000);
  for (const read of [readQuery, readPacket]) {
    const reader = new PacketReader(bytes);
    const refused = () => read(reader);
    if (read === readPacket) expect(refused).toThrow(BadPacket);
    else expect(refused()).toMatchObject({ type: "refusal", rcode: 1 });
    expect(reader.steps).toBe(dnsStepsMax);
  }
});
