/** Messages that are no queries, and answers that have to fit: the rules of the RFCs that are about bytes. */
import { describe, expect, test } from "vitest";
import { answer } from "../../src/shared/dns/answer.ts";
import { nameOf } from "../../src/shared/dns/name.ts";
import { Zone } from "../../src/shared/dns/zone-answers.ts";
import { ask, query, type Read, readAnswer, replicas, zone } from "./zones.ts";

const D = "counter.example";
const bare = { answers: [], authorities: [], additionals: [] };
const opt = (got: Read) => (got.additionals ?? []).find(({ type }) => type === "OPT");

describe("messages that are no queries", () => {
  const good = query(D, { rd: true });
  const changed = (...writes: (readonly [at: number, byte: number])[]) => {
    const bytes = good.slice();
    for (const [at, byte] of writes) bytes[at] = byte;
    return bytes;
  };
  const withOpt = query(D, { edns: { options: [{ code: 10, bytes: new Uint8Array(8) }] } });

  test("RFC 1035 7.3: a response is never answered", () => {
    expect(answer(changed([2, 0x81]), zone, "udp")).toBeNull();
  });

  test.each([0, 1, 2, 11])("RFC 1035 4.1.1: %i bytes are no header: silence", (length) => {
    expect(answer(good.slice(0, length), zone, "udp")).toBeNull();
  });

  test.each([1, 2, 3, 4, 5, 6, 15])(
    "RFC 1035 4.1.1: opcode %i is not implemented, and comes back",
    (opcode) => {
      const got = readAnswer(answer(changed([2, (opcode << 3) | 1]), zone, "udp"));
      expect(got).toMatchObject({
        id: 0x1234,
        opcodeNumber: opcode,
        code: 4,
        rd: true,
        questions: [],
        ...bare,
      });
    },
  );

  const broken: readonly (readonly [string, Uint8Array])[] = [
    ["RFC 9619 4: no question", changed([5, 0])],
    ["RFC 9619 4: two questions", changed([5, 2])],
    ["RFC 1035 4.1.2: a question that is cut", good.slice(0, -1)],
    ["RFC 1035 4.1.4: a pointer as the name of the question", changed([12, 0xc0], [13, 12])],
    ["RFC 1035 3.1: a label of 64 bytes", changed([12, 64])],
    ["RFC 1035 4.1.1: a count without records", changed([11, 1])],
    ["RFC 6891 6.1.1: two OPT records", twoOpts()],
    ["RFC 6891 6.1.2: an option that is longer than its record", cutOption()],
    ["bytes behind the last record", Uint8Array.of(...good, 0)],
  ];

  function twoOpts(): Uint8Array {
    const one = query(D, { edns: {} });
    const two = Uint8Array.of(...one, ...one.slice(-11));
    two[11] = 2;
    return two;
  }

  function cutOption(): Uint8Array {
    const bytes = withOpt.slice();
    bytes[bytes.length - 9] = 200;
    return bytes;
  }

  test.each(broken)("%s is FORMERR", (_, bytes) => {
    const got = readAnswer(answer(bytes, zone, "udp"));
    expect(got).toMatchObject({ id: 0x1234, code: 1, aa: false, ra: false, questions: [], ...bare });
    expect(got.bytes).toHaveLength(12);
  });
});

describe("sizes", () => {
  const srv = { type: "SRV" };
  const of = (count: number) => Zone.of(nameOf("a.example"), replicas(count));
  const glue = (got: Read) => (got.additionals ?? []).filter(({ type }) => type === "A").length;
  const name = "_concoord._tcp.a.example";

  test("RFC 1035 4.2.1: without EDNS 512 bytes; 9 replicas fit, RFC 2181 9: additional ones go without TC", () => {
    const got = ask(of(9), name, srv);
    expect(got).toMatchObject({ tc: false });
    expect(got.answers).toHaveLength(9);
    expect(glue(got)).toBeGreaterThan(0);
    expect(glue(got)).toBeLessThan(9);
    expect(got.bytes.length).toBeLessThanOrEqual(512);
  });

  test("RFC 6891 6.2.5: with EDNS 1232 bytes, whatever the other side takes; 24 replicas fit", () => {
    const got = ask(of(24), name, { ...srv, edns: { udpSize: 4096 } });
    expect(got).toMatchObject({ tc: false });
    expect(got.answers).toHaveLength(24);
    expect(glue(got)).toBeGreaterThan(0);
    expect(got.bytes.length).toBeLessThanOrEqual(1232);
    expect(opt(got)).toBeDefined();
  });

  test("all the addresses of 7 replicas fit in 512 bytes, of 18 in 1232", () => {
    expect(glue(ask(of(7), name, srv))).toBe(7);
    expect(glue(ask(of(18), name, { ...srv, edns: {} }))).toBe(18);
  });

  test("RFC 2181 9: TC when an answer does not fit; over TCP and HTTPS all of them come", () => {
    const many = of(40);
    const cut = ask(many, name, { ...srv, edns: { udpSize: 1232 } });
    expect(cut).toMatchObject({ tc: true, aa: true, code: 0, answers: [], authorities: [] });
    expect(opt(cut)).toBeDefined();
    for (const transport of ["tcp", "https"] as const) {
      const whole = ask(many, name, { ...srv, transport });
      expect(whole).toMatchObject({ tc: false });
      expect([whole.answers?.length, glue(whole)]).toEqual([40, 40]);
    }
  });

  test("RFC 6891 6.2.3: a size below 512 counts as 512", () => {
    const small = ask(of(9), name, { ...srv, edns: { udpSize: 0 } });
    expect(small.answers).toHaveLength(9);
    expect(small.bytes.length).toBeLessThanOrEqual(512);
  });

  test("the largest view is answered whole over TCP, every name and type of it", () => {
    const zone99 = of(99);
    for (const type of ["A", "SRV", "TXT", "NS", "SOA", "ANY"]) {
      const got = ask(zone99, "a.example", { type, transport: "tcp" });
      expect([type, got.code, got.tc]).toEqual([type, 0, false]);
    }
  });
});
