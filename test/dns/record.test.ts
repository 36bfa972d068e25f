/** Records: what each looks like on the wire and as dig prints it, and what is refused. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BadPacket } from "../../src/shared/dns/bad-packet.ts";
import { readData, writeData } from "../../src/shared/dns/data.ts";
import { nameOf } from "../../src/shared/dns/name.ts";
import { PacketReader } from "../../src/shared/dns/reader.ts";
import { codeOf, type Data, typeCode, typeName, types } from "../../src/shared/dns/record.ts";
import { recordText, text } from "../../src/shared/dns/text.ts";
import { PacketWriter } from "../../src/shared/dns/writer.ts";
import { anyData, ascii, hex, hexOf } from "./arbitrary.ts";

function encoded(data: Data): Uint8Array {
  const writer = new PacketWriter();
  writeData(writer, data);
  return writer.finish();
}

const soa: Data = {
  type: "SOA",
  mname: nameOf("ns1.x"),
  rname: nameOf("a\\.b.x"),
  serial: 4_294_967_295,
  refresh: 1,
  retry: 2,
  expire: 3,
  minimum: 5,
};

/** Data, its text, its bytes. */
const examples: readonly (readonly [Data, string, string])[] = [
  [{ type: "A", address: hex("0a000001") }, "10.0.0.1", "0a000001"],
  [{ type: "AAAA", address: hex("00000000000000000000000000000001") }, "::1", `${"00".repeat(15)}01`],
  [{ type: "NS", target: nameOf("ns1.x") }, "ns1.x.", "036e73310178 00"],
  [{ type: "CNAME", target: nameOf(".") }, ".", "00"],
  [
    soa,
    "ns1.x. a\\.b.x. 4294967295 1 2 3 5",
    "036e7331017800 03612e62c004 ffffffff 00000001 00000002 00000003 00000005",
  ],
  [
    { type: "TXT", strings: [ascii('a "b" \\ ;\x7f\n'), ascii("")] },
    '"a \\"b\\" \\\\ ;\\127\\010" ""',
    "0b 612022622220 5c 20 3b 7f 0a 00",
  ],
  [
    { type: "SRV", priority: 0, weight: 100, port: 14_000, target: nameOf("10-0-0-1.ipaddr.x") },
    "0 100 14000 10-0-0-1.ipaddr.x.",
    "0000 0064 36b0 0831302d302d302d31 06697061646472 0178 00",
  ],
  [{ type: "HINFO", cpu: ascii("RFC8482"), os: ascii("") }, '"RFC8482" ""', "0752464338343832 00"],
  [{ type: "other", code: 62_347, bytes: hex("0a00c1ff") }, "\\# 4 0A00C1FF", "0a00c1ff"],
  [{ type: "other", code: 10, bytes: hex("") }, "\\# 0", ""],
];

describe("wire and text", () => {
  test.each(examples)("%o", (data, printed, wire) => {
    expect(hexOf(encoded(data))).toBe(wire.replaceAll(" ", ""));
    expect(text(data)).toBe(printed);
  });

  test("any data comes back", () => {
    const back = fc.property(anyData, (data) => {
      const bytes = encoded(data);
      // Names of a SOA may point to each other: where offset 0 is no header, only whole messages read them back.
      if (data.type !== "SOA")
        expect(readData(new PacketReader(bytes), codeOf(data), bytes.length)).toEqual(data);
    });
    fc.assert(back, { numRuns: 500 });
  });

  test("a record as a line", () => {
    const data: Data = { type: "A", address: hex("0a000001") };
    expect(recordText({ owner: nameOf("Counter.example"), ttl: 30, data })).toBe(
      "Counter.example. 30 IN A 10.0.0.1",
    );
    const other: Data = { type: "other", code: 731, bytes: hex("abcdef") };
    expect(recordText({ owner: nameOf("."), ttl: 0, data: other })).toBe(". 0 IN TYPE731 \\# 3 ABCDEF");
  });

  test.each([
    ["00000000000000000000000000000000", "::"],
    ["20010db8000000000000000000000001", "2001:db8::1"],
    ["20010db8000000010000000000000000", "2001:db8:0:1::"],
    ["20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"],
    ["20010000000000010000000000000001", "2001:0:0:1::1"],
    ["20010db8000000000001000000000001", "2001:db8::1:0:0:1"],
    ["00010002000300040005000600070008", "1:2:3:4:5:6:7:8"],
    ["00000000000000000000ffffc0000201", "::ffff:192.0.2.1"],
  ])("%s is %s (RFC 5952)", (address, printed) => {
    expect(text({ type: "AAAA", address: hex(address) })).toBe(printed);
  });
});

describe("types", () => {
  test("have names, and RFC 3597 names", () => {
    expect(typeCode("aaaa")).toBe(28);
    expect(typeCode("TYPE28")).toBe(28);
    expect(typeCode("type65535")).toBe(65_535);
    for (const none of ["", "TYPE", "TYPE65536", "TYPE-1", "28", "toString"])
      expect(typeCode(none)).toBe(null);
    expect(typeName(65)).toBe("HTTPS");
    expect(typeName(731)).toBe("TYPE731");
  });
});

describe("refused", () => {
  test.each<readonly [string, Data]>([
    ["an A of 5 bytes", { type: "A", address: hex("0102030405") }],
    ["an AAAA of 4 bytes", { type: "AAAA", address: hex("01020304") }],
    ["a TXT without a string", { type: "TXT", strings: [] }],
    ["a string of 256 bytes", { type: "TXT", strings: [new Uint8Array(256)] }],
    ["a port over 65535", { type: "SRV", priority: 0, weight: 0, port: 65_536, target: nameOf("x") }],
    ["a negative weight", { type: "SRV", priority: 0, weight: -1, port: 1, target: nameOf("x") }],
    ["a serial over 32 bits", { ...soa, serial: 2 ** 32 }],
    ["half a second", { ...soa, minimum: 0.5 }],
    ["a type with a tag as another", { type: "other", code: 1, bytes: hex("01020304") }],
    ["OPT, which is no record", { type: "other", code: 41, bytes: hex("") }],
  ])("%s is not written", (_, data) => {
    expect(() => encoded(data)).toThrow(RangeError);
  });

  test.each<readonly [string, keyof typeof types, string]>([
    ["an A of 3 bytes", "A", "010203"],
    ["an A of 5 bytes", "A", "0102030405"],
    ["an AAAA of 4 bytes", "AAAA", "01020304"],
    ["a TXT of nothing", "TXT", ""],
    ["a string beyond the record", "TXT", "0361"],
    ["a name beyond the record", "NS", "0361"],
    ["bytes behind a name", "NS", "00 00"],
    ["a label of the reserved kind 01", "NS", "4161 00"],
    ["a label of the reserved kind 10", "NS", "8161 00"],
    ["an SRV without a target", "SRV", "000000000000"],
    ["a SOA that is cut", "SOA", "00 00 00000001"],
    ["a HINFO of one string", "HINFO", "0161"],
    ["a pointer into the header", "CNAME", "c000"],
    ["a pointer to itself", "CNAME", "c00c"],
  ])("%s is not read", (_, type, wire) => {
    const bytes = hex(wire);
    expect(() => readData(new PacketReader(bytes), types[type], bytes.length)).toThrow(BadPacket);
  });
});
