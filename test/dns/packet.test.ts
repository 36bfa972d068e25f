/** Whole messages: compression by RFC 1035 4.1.4, EDNS by RFC 6891, and dns-packet as an oracle. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BadPacket } from "../../src/shared/dns/bad-packet.ts";
import { nameOf, textOf } from "../../src/shared/dns/name.ts";
import { decodePacket, encodePacket, type Packet, readPacket } from "../../src/shared/dns/packet.ts";
import { PacketReader } from "../../src/shared/dns/reader.ts";
import { type DnsRecord, types } from "../../src/shared/dns/record.ts";
import { PacketWriter } from "../../src/shared/dns/writer.ts";
import { dnsStepsMax } from "../../src/shared/name-limits.ts";
import { anyPacket, ascii, hex, hexOf, packetOf, plainData, plainName } from "./arbitrary.ts";
import { theirDecoding, theirEncoding } from "./oracle.ts";

const name = nameOf("ExAmple.x");
const question = "074578416d706c65 0178 00 0021 0001";
/** A message with this question; counts of the three other sections. */
const withRecords = (counts: string, tail: string) => hex(`cafe 0100 0001 ${counts} ${question} ${tail}`);
const opt = "00 0029 04d0 00 00 8000 0000";

describe("compression", () => {
  /** RFC 1035 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64, the root at 92. */
  const example = new Uint8Array(93);
  example.set(hex("0146 03495349 0441525041 00"), 20);
  example.set(hex("03464f4f c014"), 40);
  example.set(hex("c01a"), 64);

  test.each([
    [20, "F.ISI.ARPA.", 32],
    [40, "FOO.F.ISI.ARPA.", 46],
    [64, "ARPA.", 66],
    [92, ".", 93],
  ])("the example of RFC 1035, at %i", (at, printed, end) => {
    const reader = new PacketReader(example);
    reader.at = at;
    expect(textOf(reader.name())).toBe(printed);
    expect(reader.at).toBe(end);
    reader.at = at;
    expect(reader.skipName()).toBe(true);
    expect(reader.at).toBe(end);
  });

  test("is written the same way", () => {
    const writer = new PacketWriter();
    writer.raw(new Uint8Array(20));
    writer.name(nameOf("F.ISI.ARPA"));
    writer.raw(new Uint8Array(8));
    writer.name(nameOf("FOO.F.ISI.ARPA"));
    writer.raw(new Uint8Array(18));
    writer.name(nameOf("ARPA"));
    writer.raw(new Uint8Array(26));
    writer.name(nameOf("."));
    expect(hexOf(writer.finish())).toBe(hexOf(example));
  });

  const target = nameOf("a.b.Example.x");
  const srv: DnsRecord = {
    owner: name,
    ttl: 30,
    data: { type: "SRV", priority: 0, weight: 100, port: 1, target },
  };
  const glue: DnsRecord = { owner: target, ttl: 30, data: { type: "A", address: hex("0a000001") } };

  test("never of a target of SRV; glue points to it", () => {
    const bytes = encodePacket({
      id: 0,
      response: true,
      questions: [{ name, type: types.SRV, class: 1 }],
      answers: [srv],
      additional: [glue],
    });
    const answer = "c00c 0021 0001 0000001e 0015 0000 0064 0001 0161 0162 074578616d706c65 0178 00";
    const at = (12 + 15 + 12 + 6).toString(16).padStart(2, "0");
    const all = `0000 8000 0001 0001 0000 0001 ${question} ${answer} c0${at} 0001 0001 0000001e 0004 0a000001`;
    expect(hexOf(bytes)).toBe(all.replaceAll(" ", ""));
  });

  test("keeps the case of every name", () => {
    const upper = { ...glue, owner: nameOf("A.B.EXAMPLE.X") };
    const bytes = encodePacket({ id: 0, answers: [glue, upper] });
    expect(decodePacket(bytes).answers.map(({ owner }) => textOf(owner))).toEqual([
      "a.b.Example.x.",
      "A.B.EXAMPLE.X.",
    ]);
  });

  test("a name beyond the reach of pointers is written in full", () => {
    const bytes = new Uint8Array(20_000);
    const far: DnsRecord = { owner: nameOf("far.y"), ttl: 0, data: { type: "other", code: 999, bytes } };
    const packet = { id: 0, answers: [far, glue, glue, far] };
    expect(decodePacket(encodePacket(packet)).answers).toEqual(packet.answers);
  });

  test("an SRV target that is compressed nevertheless is read", () => {
    const bytes = withRecords("0001 0000 0000", "c00c 0021 0001 0000001e 0008 0000 0064 0001 c00c");
    expect(decodePacket(bytes).answers[0]?.data).toMatchObject({ type: "SRV", target: name });
  });
});

describe("whole packets", () => {
  test("any comes back", () => {
    const back = fc.property(anyPacket, (packet) => {
      expect(decodePacket(encodePacket(packet), 100_000)).toEqual(packet);
    });
    fc.assert(back, { numRuns: 500 });
  });

  test("dns-packet reads what is written here", () => {
    const read = fc.property(theirPacket, (packet) => {
      expect(theirDecoding(encodePacket(packet))).toEqual(packet);
    });
    fc.assert(read, { numRuns: 500 });
  });

  test("what dns-packet writes is read here", () => {
    const read = fc.property(theirPacket, (packet) => {
      expect(decodePacket(theirEncoding(packet))).toEqual(packet);
    });
    fc.assert(read, { numRuns: 500 });
  });

  test("a TTL with the upper bit is 0 (RFC 2181 8)", () => {
    const bytes = withRecords("0001 0000 0000", "c00c 0001 0001 80000001 0004 0a000001");
    expect(decodePacket(bytes).answers[0]?.ttl).toBe(0);
  });

  test.each([
    ["a count without bytes", "0001 0000 0000", ""],
    ["more counts than bytes", "ffff ffff ffff", opt],
    ["trailing bytes", "0000 0000 0000", "00"],
    ["two OPT records", "0000 0000 0002", `${opt} ${opt}`],
    ["OPT among the answers", "0001 0000 0000", opt],
    ["OPT of a name", "0000 0000 0001", `0161 ${opt}`],
    ["OPT of a pointer to the root", "0000 0000 0001", "c016 0029 04d0 0000 0000 0000"],
    ["an option beyond OPT", "0000 0000 0001", "00 0029 04d0 0000 0000 0004 000a 0001 00"],
    ["a record of another class", "0001 0000 0000", "c00c 0001 0003 00000000 0004 0a000001"],
    ["a pointer forward", "0001 0000 0000", "c0ff 0001 0001 00000000 0004 0a000001"],
    ["a pointer to itself", "0001 0000 0000", "c01b 0001 0001 00000000 0004 0a000001"],
    ["a loop of a label and a pointer", "0001 0000 0000", "0161 c01b 0001 0001 00000000 0004 0a000001"],
    ["data that is longer than its record", "0001 0000 0000", "c00c 0001 0001 00000000 0003 0a0000"],
    ["a name that leaves its record", "0001 0000 0000", "c00c 0002 0001 00000000 0002 0161 00"],
  ])("BadPacket for %s", (_, counts, tail) => {
    expect(() => decodePacket(withRecords(counts, tail))).toThrow(BadPacket);
  });

  test("a name that pointers make longer than 255 bytes", () => {
    const label = `3f${"61".repeat(63)}`;
    const first = `${label.repeat(3)} 00 0001 0001`;
    const second = `${label} c00c 0001 0001`;
    const bytes = hex(`0000 0000 0002 0000 0000 0000 ${first} ${second}`);
    expect(() => decodePacket(bytes)).toThrow("too long");
  });

  test.each<readonly [string, Partial<Packet>]>([
    ["an rcode over 15 without EDNS", { rcode: 16 }],
    ["an opcode over 15", { opcode: 16 }],
    ["an id over 65535", { id: 65_536 }],
    ["a TTL over 31 bits", { answers: [{ owner: name, ttl: 2 ** 31, data: { type: "NS", target: name } }] }],
    [
      "a message over 65535 bytes",
      {
        answers: [1, 2].map(() => {
          return { owner: name, ttl: 0, data: { type: "other", code: 999, bytes: new Uint8Array(40_000) } };
        }),
      },
    ],
  ])("%s is not written", (_, fields) => {
    expect(() => encodePacket({ id: 0, ...fields })).toThrow(RangeError);
  });
});

/** What dns-packet does right: host names, class IN, types that it names, an id and a UDP size that are not 0. */
const theirPacket = packetOf(plainName, plainData(plainName)).map((packet) => {
  const questions = packet.questions.map((q) => ({ ...q, type: types.SRV, class: 1 }));
  const edns = packet.edns && {
    ...packet.edns,
    udpSize: packet.edns.udpSize || 1,
    options: packet.edns.options.map(knownOption),
  };
  const text = (record: DnsRecord): DnsRecord => {
    const { data } = record;
    if (data.type !== "HINFO") return record;
    return { ...record, data: { ...data, cpu: ascii("RFC8482"), os: ascii("x y") } };
  };
  const sections = {
    answers: packet.answers.map(text),
    authority: packet.authority.map(text),
    additional: packet.additional.map(text),
  };
  return { ...packet, ...sections, id: packet.id || 1, questions, edns };
});

/** It decodes the data of some options; this one it leaves as it is. */
function knownOption({ bytes }: { readonly bytes: Uint8Array }) {
  return { code: 65_001, bytes };
}

describe("steps", () => {
  /** Records of one pointer each that points to the one before it. */
  function chain(length: number): Uint8Array {
    const writer = new PacketWriter();
    for (const word of [0, 0, 0, length, 0, 0]) writer.u16(word);
    for (let i = 0; i < length; i++) {
      if (i === 0) writer.raw(hex("0161 00"));
      else writer.u16(0xc000 | (writer.length - (i === 1 ? 13 : 12)));
      writer.raw(hex("03e7 0001 00000000 0000"));
    }
    return writer.finish();
  }

  test("a chain of pointers costs one for each", () => {
    const reader = new PacketReader(chain(400));
    expect(readPacket(reader).answers.length).toBe(400);
    expect(reader.steps).toBe(401);
  });

  test.each([
    ["a chain of pointers", chain(600)],
    ["labels", hex(`0000 0000 0005 0000 0000 0000 ${`${"0161".repeat(127)} 00 0001 0001`.repeat(5)}`)],
    ["empty strings", hex(`0000 0000 0000 0001 0000 0000 00 0010 0001 00000000 0258 ${"00".repeat(600)}`)],
    ["roots", hex(`0000 0000 0000 0258 0000 0000 ${"00 03e7 0001 00000000 0000".repeat(600)}`)],
  ])("%s beyond the limit", (_, bytes) => {
    const reader = new PacketReader(bytes);
    expect(() => readPacket(reader)).toThrow("512 steps");
    expect(reader.steps).toBe(dnsStepsMax);
    expect(decodePacket(bytes, 1_000).id).toBe(0);
  });
});
