/** Queries as a nameserver reads them: what is asked, what is refused, what is met with silence. */
import { describe, expect, test } from "vitest";
import { nameOf } from "../../src/shared/dns/name.ts";
import { decodePacket, decodeQuery, encodePacket, readQuery } from "../../src/shared/dns/packet.ts";
import { PacketReader } from "../../src/shared/dns/reader.ts";
import { types } from "../../src/shared/dns/record.ts";
import { dnsStepsMax } from "../../src/shared/name-limits.ts";
import { hex } from "./arbitrary.ts";
import { theirDecoding } from "./oracle.ts";

const name = nameOf("ExAmple.x");
const question = "074578416d706c65 0178 00 0021 0001";
const plain = `cafe 0100 0001 0000 0000 0000 ${question}`;
/** As `plain`, with a count and a tail. */
const withRecords = (counts: string, tail: string) => hex(`cafe 0100 0001 ${counts} ${question} ${tail}`);
const opt = "00 0029 04d0 00 00 8000 0000";

describe("queries", () => {
  test("without EDNS", () => {
    expect(decodeQuery(hex(plain))).toEqual({
      type: "query",
      id: 0xcafe,
      opcode: 0,
      rd: true,
      ad: false,
      cd: false,
      question: { name, type: types.SRV, class: 1 },
      edns: null,
    });
  });

  test("as dig sends them: AD, and EDNS with a cookie", () => {
    const query = decodeQuery(
      hex(`0001 0120 0001 0000 0000 0001 ${question} 00 0029 04d0 0000 0000 000c 000a 0008 0102030405060708`),
    );
    expect(query).toMatchObject({
      type: "query",
      rd: true,
      ad: true,
      cd: false,
      edns: {
        udpSize: 1232,
        version: 0,
        doFlag: false,
        options: [{ code: 10, bytes: hex("0102030405060708") }],
      },
    });
  });

  test("as dns-packet reads what is written here", () => {
    const bytes = encodePacket({ id: 7, cd: true, questions: [{ name, type: types.A, class: 3 }] });
    expect(decodeQuery(bytes)).toMatchObject({
      id: 7,
      cd: true,
      question: { name, type: types.A, class: 3 },
    });
    expect(theirDecoding(bytes)).toMatchObject({ id: 7, cd: true, response: false });
  });

  test("the options of an unknown version are not looked at", () => {
    const query = decodeQuery(withRecords("0000 0000 0001", "00 0029 0200 00 01 0000 0003 ffffff"));
    expect(query).toMatchObject({ edns: { version: 1, udpSize: 512, options: [] } });
  });

  test("records beside OPT are passed over, their names too", () => {
    const tail = `${opt} 036b6579 c00c 00fa 00ff 00000000 0002 abcd`;
    expect(decodeQuery(withRecords("0000 0000 0002", tail))).toMatchObject({
      type: "query",
      edns: { udpSize: 1232, doFlag: true },
    });
  });

  test.each([
    ["nothing", ""],
    ["no whole header", "cafe 0100 0001 0000 0000 00"],
    ["a response", plain.replace("0100", "8100")],
    ["a broken response", "cafe 8000 0001 0000 0000 0000"],
  ])("silence for %s", (_, wire) => {
    expect(decodeQuery(hex(wire))).toEqual({ type: "silence" });
  });

  test.each([
    ["a header alone", "cafe 0100 0001 0000 0000 0000"],
    ["no question", "cafe 0100 0000 0000 0000 0000"],
    ["two questions", `cafe 0100 0002 0000 0000 0000 ${question} ${question}`],
    ["a question without its class", plain.slice(0, -5)],
    ["a byte behind it", `${plain} 00`],
    ["a pointer in the question", "cafe 0100 0001 0000 0000 0000 c00c 0001 0001"],
    ["a pointer into the header", "cafe 0100 0001 0000 0000 0000 0161 c004 0001 0001"],
    ["a label of a reserved kind", "cafe 0100 0001 0000 0000 0000 4061 00 0001 0001"],
    ["a name over 255 bytes", `cafe 0100 0001 0000 0000 0000 ${"0161".repeat(128)} 00 0001 0001`],
    ["a record that is not there", `cafe 0100 0001 0000 0000 0001 ${question}`],
    ["more records than bytes", `cafe 0100 0001 ffff ffff ffff ${question} ${opt}`],
    ["two OPT records", `cafe 0100 0001 0000 0000 0002 ${question} ${opt} ${opt}`],
    ["OPT among the answers", `cafe 0100 0001 0001 0000 0000 ${question} ${opt}`],
    ["OPT in the authority section", `cafe 0100 0001 0000 0001 0000 ${question} ${opt}`],
    ["OPT of a name", `cafe 0100 0001 0000 0000 0001 ${question} 0161 ${opt}`],
    [
      "OPT of a pointer to the root",
      `cafe 0100 0001 0000 0000 0001 ${question} c016 0029 04d0 0000 0000 0000`,
    ],
    ["OPT beyond its end", `cafe 0100 0001 0000 0000 0001 ${question} 00 0029 04d0 0000 0000 0001`],
    [
      "an option beyond OPT",
      `cafe 0100 0001 0000 0000 0001 ${question} 00 0029 04d0 0000 0000 0004 000a 0001`,
    ],
    ["half an option", `cafe 0100 0001 0000 0000 0001 ${question} 00 0029 04d0 0000 0000 0003 000a00`],
    [
      "a record with a forward pointer",
      `cafe 0100 0001 0001 0000 0000 ${question} c0ff 0001 0001 00000000 0000`,
    ],
  ])("FORMERR for %s", (_, wire) => {
    const refused = { type: "refusal", rcode: 1, id: 0xcafe, opcode: 0, rd: true };
    expect(decodeQuery(hex(wire))).toEqual(refused);
  });

  test.each([1, 2, 3, 4, 5, 6, 15])("NOTIMP for the opcode %i, whatever follows", (opcode) => {
    const bytes = hex(plain);
    bytes[2] = (opcode << 3) | 1;
    const refused = { type: "refusal", rcode: 4, id: 0xcafe, opcode, rd: true };
    expect(decodeQuery(bytes)).toEqual(refused);
    expect(decodeQuery(bytes.subarray(0, 12))).toEqual(refused);
  });

  test("a query read as a whole packet says the same", () => {
    const bytes = withRecords("0000 0000 0001", opt);
    const query = decodeQuery(bytes);
    const packet = decodePacket(bytes);
    if (query.type !== "query") throw new Error("refused");
    expect(packet).toMatchObject({
      id: query.id,
      rd: query.rd,
      questions: [query.question],
      edns: query.edns,
    });
  });
});

describe("steps", () => {
  test("options and records beyond the limit", () => {
    const options = `00 0029 04d0 0000 0000 ${(4 * 600).toString(16).padStart(4, "0")} ${"00".repeat(2_400)}`;
    const roots = "00 03e7 0001 00000000 0000".repeat(600);
    for (const bytes of [withRecords("0000 0000 0001", options), withRecords("0000 0000 0258", roots)]) {
      const reader = new PacketReader(bytes);
      expect(readQuery(reader)).toMatchObject({ type: "refusal", rcode: 1 });
      expect(reader.steps).toBe(dnsStepsMax);
    }
  });
});
