/** SVCB and HTTPS: the vectors of RFC 9460 appendix D, and what it calls malformed. */
import { describe, expect, test } from "vitest";
import { BadPacket } from "../../src/shared/dns/bad-packet.ts";
import { readData, writeData } from "../../src/shared/dns/data.ts";
import { nameOf, root } from "../../src/shared/dns/name.ts";
import { PacketReader } from "../../src/shared/dns/reader.ts";
import { type Data, types } from "../../src/shared/dns/record.ts";
import type { SvcParam } from "../../src/shared/dns/svcb.ts";
import { text } from "../../src/shared/dns/text.ts";
import { PacketWriter } from "../../src/shared/dns/writer.ts";
import { ascii, hex, hexOf } from "./arbitrary.ts";

function svcb(priority: number, target: string, params: readonly SvcParam[] = []): Data {
  return { type: "SVCB", priority, target: nameOf(target), params };
}

function encoded(data: Data): Uint8Array {
  const writer = new PacketWriter();
  writeData(writer, data);
  return writer.finish();
}

function decoded(bytes: Uint8Array): Data {
  return readData(new PacketReader(bytes), types.SVCB, bytes.length);
}

const exampleCom = "076578616d706c6503636f6d00";
const fooExampleCom = "03666f6f076578616d706c6503636f6d00";
const fooExampleOrg = "03666f6f076578616d706c65036f726700";

/** Figure, data, its text, its bytes. */
const vectors: readonly (readonly [string, Data, string, string])[] = [
  ["2: alias", svcb(0, "foo.example.com"), "0 foo.example.com.", `0000${fooExampleCom}`],
  ["3: target is the root", svcb(1, "."), "1 .", "000100"],
  [
    "4: port",
    svcb(16, "foo.example.com", [{ key: "port", port: 53 }]),
    "16 foo.example.com. port=53",
    `0010${fooExampleCom}000300020035`,
  ],
  [
    "5: unregistered key",
    svcb(1, "foo.example.com", [{ key: "other", code: 667, bytes: ascii("hello") }]),
    '1 foo.example.com. key667="hello"',
    `0001${fooExampleCom}029b000568656c6c6f`,
  ],
  [
    "6: unregistered key with a byte that is no ASCII",
    svcb(1, "foo.example.com", [{ key: "other", code: 667, bytes: ascii("hello\xd2qoo") }]),
    '1 foo.example.com. key667="hello\\210qoo"',
    `0001${fooExampleCom}029b000968656c6c6fd2716f6f`,
  ],
  [
    "7: two IPv6 hints",
    svcb(1, "foo.example.com", [
      {
        key: "ipv6hint",
        addresses: [hex("20010db8000000000000000000000001"), hex("20010db8000000000000000000530001")],
      },
    ]),
    "1 foo.example.com. ipv6hint=2001:db8::1,2001:db8::53:1",
    `0001${fooExampleCom}0006002020010db800000000000000000000000120010db8000000000000000000530001`,
  ],
  [
    "8: an IPv6 hint that embeds IPv4",
    svcb(1, "example.com", [{ key: "ipv6hint", addresses: [hex("20010db8012203440000000 0c0000221")] }]),
    "1 example.com. ipv6hint=2001:db8:122:344::c000:221",
    `0001${exampleCom}0006001020010db80122034400000000c0000221`,
  ],
  [
    "9: keys and mandatory in the order of the wire",
    svcb(16, "foo.example.org", [
      { key: "alpn", ids: ["h2", "h3-19"] },
      { key: "mandatory", keys: [4, 1] },
      { key: "ipv4hint", addresses: [hex("c0000201")] },
    ]),
    '16 foo.example.org. mandatory=alpn,ipv4hint alpn="h2,h3-19" ipv4hint=192.0.2.1',
    `0010${fooExampleOrg}0000000400010004000100090268320568332d313900040004c0000201`,
  ],
  [
    "10: a protocol with an escaped comma and a backslash",
    svcb(16, "foo.example.org", [{ key: "alpn", ids: ["f\\oo,bar", "h2"] }]),
    '16 foo.example.org. alpn="f\\\\\\\\oo\\\\,bar,h2"',
    `0010${fooExampleOrg}0001000c08665c6f6f2c626172026832`,
  ],
];

describe("RFC 9460 appendix D", () => {
  test.each(vectors)("figure %s", (_, data, printed, wire) => {
    expect(hexOf(encoded(data))).toBe(wire);
    expect(text(data)).toBe(printed);
    expect(hexOf(encoded(decoded(hex(wire))))).toBe(wire);
    expect(text(decoded(hex(wire)))).toBe(printed);
  });

  const port: SvcParam = { key: "port", port: 1 };
  const faults: readonly (readonly [string, readonly SvcParam[], string])[] = [
    ["11: a key twice", [port, { key: "port", port: 2 }], "000300020001 000300020002"],
    ["14: mandatory names what is not there", [{ key: "mandatory", keys: [123] }], "00000002007b"],
    [
      "15: mandatory names itself",
      [{ key: "mandatory", keys: [0, 3] }, port],
      "0000000400000003 000300020001",
    ],
    [
      "16: mandatory names twice",
      [{ key: "mandatory", keys: [3, 3] }, port],
      "0000000400030003 000300020001",
    ],
  ];
  test.each(faults)("figure %s: refused in both directions", (_, params, wire) => {
    expect(() => encoded(svcb(1, ".", params))).toThrow(RangeError);
    expect(() => decoded(hex(`0001 00 ${wire}`))).toThrow(BadPacket);
  });
});

describe("malformed on the wire", () => {
  test.each([
    ["a key without the value that it needs (figure 12)", "0001 0000"],
    ["an empty mandatory", "0000 0000"],
    ["no-default-alpn with a value (figure 13)", "0002 0003 616263"],
    ["keys that fall", "0004 0004 c0000201 0003 0002 0001"],
    ["a port of one byte", "0003 0001 01"],
    ["a port of three bytes", "0003 0003 010101"],
    ["no IPv4 hint", "0004 0000"],
    ["an IPv4 hint of five bytes", "0004 0005 c000020101"],
    ["an IPv6 hint of four bytes", "0006 0004 c0000201"],
    ["an empty protocol", "0001 0001 00"],
    ["a protocol beyond the value", "0001 0002 0268 32"],
    ["mandatory of one byte", "0000 0001 00"],
    ["a value beyond the record", "0003 0004 0001"],
    ["half a key", "00"],
  ])("%s", (_, wire) => {
    expect(() => decoded(hex(`0001 00 ${wire}`))).toThrow(BadPacket);
  });

  test("a compressed target", () => {
    const message = hex(`${"00".repeat(12)} 0161 00 0001 c00c`);
    const reader = new PacketReader(message);
    reader.at = 15;
    expect(() => readData(reader, types.HTTPS, 4)).toThrow("may not be compressed");
  });
});

test("a key without a value is printed bare", () => {
  const params: readonly SvcParam[] = [
    { key: "other", code: 7, bytes: ascii("") },
    { key: "no-default-alpn" },
    { key: "alpn", ids: ["h2"] },
  ];
  const data: Data = { type: "HTTPS", priority: 1, target: root, params };
  expect(text(data)).toBe('1 . alpn="h2" no-default-alpn key7');
});

test.each<readonly [string, SvcParam]>([
  ["no protocol", { key: "alpn", ids: [] }],
  ["an empty protocol", { key: "alpn", ids: [""] }],
  ["a protocol of more than bytes", { key: "alpn", ids: ["\u0100"] }],
  ["a protocol over 255 bytes", { key: "alpn", ids: ["x".repeat(256)] }],
  ["no hint", { key: "ipv4hint", addresses: [] }],
  ["a hint of the other family", { key: "ipv6hint", addresses: [hex("c0000201")] }],
  ["a port over 65535", { key: "port", port: 65_536 }],
  ["a key that has a tag", { key: "other", code: 3, bytes: hex("0001") }],
  ["a key over 65535", { key: "other", code: 65_536, bytes: hex("") }],
])("%s is not written", (_, param) => {
  expect(() => encoded(svcb(1, ".", [param]))).toThrow(RangeError);
});
