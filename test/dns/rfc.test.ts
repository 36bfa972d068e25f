/** One row for each rule of the RFCs that a nameserver meets, asserted on bytes and by a reader that is not ours. */
import { expect, test } from "vitest";
import { answer } from "../../src/shared/dns/answer.ts";
import { nameOf } from "../../src/shared/dns/name.ts";
import { Zone } from "../../src/shared/dns/zone-answers.ts";
import { type Asked, ask, datas, query, type Read, read, view, zone } from "./zones.ts";

const D = "counter.example";
const types = (records: Read["answers"]) => (records ?? []).map(({ type }) => type);
const opt = (got: Read) => (got.additionals ?? []).find(({ type }) => type === "OPT");
const bare = { answers: [], authorities: [], additionals: [] };
const soaOnly = (got: Read) => {
  expect(types(got.answers)).toEqual([]);
  expect(types(got.authorities)).toEqual(["SOA"]);
};

interface Row {
  readonly rule: string;
  readonly name: string;
  readonly asked?: Asked & { readonly transport?: "udp" | "tcp" | "https" };
  readonly holds: (got: Read) => void;
}

const zoneRules: readonly Row[] = [
  {
    rule: "RFC 1035 4.1.1: AA from an authority, RD comes back, RA is clear where nobody recurses",
    name: D,
    asked: { rd: true, id: 0xbeef },
    holds: (got) =>
      expect(got).toMatchObject({ id: 0xbeef, qr: true, aa: true, rd: true, ra: false, code: 0 }),
  },
  { rule: "RFC 1035 4.1.1: RD clear stays clear", name: D, holds: (got) => expect(got.rd).toBe(false) },
  { rule: "RFC 1035 4.1.1: Z is 0", name: D, asked: { ad: true }, holds: (got) => expect(got.z).toBe(false) },
  {
    rule: "RFC 4035 3: CD comes back; 3.1.6: AD is clear where nothing is signed",
    name: D,
    asked: { cd: true, ad: true },
    holds: (got) => expect(got).toMatchObject({ cd: true, ad: false }),
  },
  {
    rule: "RFC 4343 4.1: the case of the question comes back, and owners point to it",
    name: "cOuNtEr.ExAmPlE",
    holds: (got) => {
      expect(got.questions?.[0]?.name).toBe("cOuNtEr.ExAmPlE");
      expect(got.answers?.map(({ name }) => name)).toEqual(["cOuNtEr.ExAmPlE", "cOuNtEr.ExAmPlE"]);
      expect([...got.bytes.subarray(33, 35)]).toEqual([0xc0, 12]);
    },
  },
  {
    rule: "RFC 1034 4.3.1: a name of another zone is refused, without AA",
    name: "www.other.example",
    holds: (got) => expect(got).toMatchObject({ code: 5, aa: false, ...bare }),
  },
  { rule: "RFC 1034 4.3.1: so is a parent", name: "example", holds: (got) => expect(got.code).toBe(5) },
  { rule: "RFC 1034 4.3.1: and the root", name: ".", holds: (got) => expect(got.code).toBe(5) },
  {
    rule: "RFC 1034 4.3.1: and a name that only ends with the same letters",
    name: "xcounter.example",
    holds: (got) => expect(got.code).toBe(5),
  },
  {
    rule: "RFC 2308 2.1: a name that is not there is NXDOMAIN with SOA and AA",
    name: `No.SUCH.${D}`,
    holds: (got) => {
      expect(got).toMatchObject({ code: 3, aa: true });
      soaOnly(got);
      expect(got.authorities?.[0]).toMatchObject({
        name: D,
        data: { mname: `ns1.${D}`, rname: `hostmaster.${D}`, serial: 7, minimum: 5 },
      });
    },
  },
  {
    rule: "RFC 2308 3: that SOA has the smaller of its TTL and its minimum",
    name: `no.${D}`,
    holds: (got) => expect(got.authorities?.[0]).toMatchObject({ ttl: 5 }),
  },
  {
    rule: "RFC 2308 2.2: a type that a name does not have is no error, with SOA and AA",
    name: `10-0-0-1.ipaddr.${D}`,
    asked: { type: "AAAA" },
    holds: (got) => {
      expect(got).toMatchObject({ code: 0, aa: true });
      soaOnly(got);
    },
  },
  ...["_tcp", "ipaddr"].map((label) => ({
    rule: `RFC 8020 2, RFC 4592 2.2.2: ${label}, empty but for the names below it, is no error`,
    name: `${label}.${D}`,
    asked: { type: "SRV" },
    holds: (got: Read) => {
      expect(got).toMatchObject({ code: 0, aa: true });
      soaOnly(got);
    },
  })),
  {
    rule: "RFC 8020 2: nothing is below a leaf",
    name: `x.10-0-0-1.ipaddr.${D}`,
    holds: (got) => expect(got.code).toBe(3),
  },
  {
    rule: "RFC 3597 3: a type that nobody knows is a type that is not there",
    name: D,
    asked: { type: 65_280 },
    holds: (got) => {
      expect(got.code).toBe(0);
      soaOnly(got);
    },
  },
  {
    rule: "RFC 2782: SRV targets are not compressed; their addresses are additional",
    name: `_concoord._tcp.${D}`,
    asked: { type: "SRV" },
    holds: (got) => {
      expect(datas(got.answers)).toEqual([
        { priority: 0, weight: 100, port: 14_000, target: `10-0-0-1.ipaddr.${D}` },
        { priority: 0, weight: 100, port: 14_000, target: `10-0-0-2.ipaddr.${D}` },
        { priority: 0, weight: 100, port: 14_001, target: `2001-db8--3.ipaddr.${D}` },
      ]);
      expect(
        Buffer.from(got.bytes).toString("latin1").split("\x06ipaddr\x07counter\x07example\0"),
      ).toHaveLength(4);
      expect(types(got.additionals)).toEqual(["A", "A", "AAAA"]);
    },
  },
  {
    rule: "RFC 1035 3.3.11: the addresses of nameservers are additional",
    name: D,
    asked: { type: "NS" },
    holds: (got) => {
      expect(datas(got.answers)).toEqual([`ns1.${D}`, `ns2.${D}`]);
      expect(got.additionals?.map(({ name }) => name)).toEqual([`ns1.${D}`, `ns2.${D}`]);
    },
  },
  {
    rule: "RFC 1035 3.3.14: a TXT record for each node and role, of one string",
    name: D,
    asked: { type: "TXT", transport: "tcp" },
    holds: (got) => {
      expect(got.answers).toHaveLength(7);
      expect(datas(got.answers).every((data) => Array.isArray(data) && data.length === 1)).toBe(true);
    },
  },
  {
    rule: "RFC 8482 4.2: ANY is answered with HINFO",
    name: D,
    asked: { type: "ANY" },
    holds: (got) => {
      expect(got).toMatchObject({ code: 0, aa: true });
      expect(types(got.answers)).toEqual(["HINFO"]);
      expect(datas(got.answers)).toEqual([{ cpu: "RFC8482", os: "" }]);
    },
  },
  {
    rule: "RFC 8482 4: ANY of what is not there",
    name: `no.${D}`,
    asked: { type: "ANY" },
    holds: (got) => expect(got.code).toBe(3),
  },
  { rule: "RFC 8482 4: ANY of an empty name", name: `_tcp.${D}`, asked: { type: "ANY" }, holds: soaOnly },
  { rule: "RFC 8482 6: HINFO by name is not there", name: D, asked: { type: "HINFO" }, holds: soaOnly },
  ...[3, 4, 254, 255].map((klass) => ({
    rule: `RFC 1035 3.2.4: the class ${klass} is refused`,
    name: D,
    asked: { class: klass },
    holds: (got: Read) => expect(got).toMatchObject({ code: 5, aa: false, ...bare }),
  })),
  {
    rule: "RFC 5936 4.2: AXFR over UDP is not defined",
    name: D,
    asked: { type: "AXFR" },
    holds: (got) => expect(got).toMatchObject({ code: 4, ...bare }),
  },
  {
    rule: "RFC 5936 2.2.1: AXFR over TCP is refused",
    name: D,
    asked: { type: "AXFR", transport: "tcp" },
    holds: (got) => expect(got).toMatchObject({ code: 5, ...bare }),
  },
  ...(["udp", "tcp"] as const).map((transport) => ({
    rule: `RFC 1995 2: IXFR over ${transport} is refused`,
    name: D,
    asked: { type: "IXFR", transport },
    holds: (got: Read) => expect(got).toMatchObject({ code: 5, ...bare }),
  })),
  ...[253, 254].map((type) => ({
    rule: `RFC 1035 3.2.3: ${type}, for mail, is not implemented`,
    name: D,
    asked: { type },
    holds: (got: Read) => expect(got.code).toBe(4),
  })),
  ...[0, 41, 249, 250].map((type) => ({
    rule: `RFC 6895 3.1: type ${type} cannot be asked for`,
    name: D,
    asked: { type },
    holds: (got: Read) => expect(got.code).toBe(1),
  })),
];

const ednsRules: readonly Row[] = [
  {
    rule: "RFC 6891 6.1.1: no OPT for who sends none",
    name: D,
    holds: (got) => expect(opt(got)).toBeUndefined(),
  },
  {
    rule: "RFC 6891 6.1.1: OPT for OPT, with our size and version 0",
    name: D,
    asked: { edns: {} },
    holds: (got) =>
      expect(opt(got)).toMatchObject({
        name: ".",
        udpPayloadSize: 1232,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
      }),
  },
  ...[`no.${D}`, "other.example", `_tcp.${D}`].map((name) => ({
    rule: `RFC 6891 6.1.1: also in the answer for ${name}`,
    name,
    asked: { edns: {} },
    holds: (got: Read) => expect(opt(got)).toMatchObject({ udpPayloadSize: 1232 }),
  })),
  {
    rule: "RFC 3225 3: DO comes back",
    name: D,
    asked: { edns: { doFlag: true } },
    holds: (got) => expect(opt(got)).toMatchObject({ flag_do: true }),
  },
  {
    rule: "RFC 6891 6.1.3: another version is BADVERS, and the answer says version 0",
    name: D,
    asked: { edns: { version: 1 } },
    holds: (got) => {
      expect(got).toMatchObject({ code: 0, answers: [], authorities: [] });
      expect(opt(got)).toMatchObject({ extendedRcode: 1, ednsVersion: 0 });
    },
  },
  {
    rule: "RFC 6891 6.1.2: options that nobody knows are ignored",
    name: D,
    asked: { edns: { options: [{ code: 65_001, bytes: new Uint8Array(9) }] } },
    holds: (got) => {
      expect(got.answers).toHaveLength(2);
      expect(opt(got)).toMatchObject({ options: [] });
    },
  },
];

test.each([...zoneRules, ...ednsRules])("$rule", ({ name, asked = {}, holds }) => {
  const got = ask(zone, name, asked);
  expect(got.qr).toBe(true);
  expect(got.questions?.[0]?.name).toBe(name);
  holds(got);
});

test("a domain of one label is a domain", () => {
  const single = Zone.of(nameOf("counterdomain"), view);
  expect(ask(single, "counterdomain").answers).toHaveLength(2);
  expect(ask(single, "_concoord._tcp.counterdomain", { type: "SRV" }).answers).toHaveLength(3);
  expect(ask(single, "x.counterdomain").code).toBe(3);
  expect(ask(single, "x").code).toBe(5);
});

test("the reader of these tests sees what it should in a whole answer", () => {
  const got = read(answer(query(D, { type: "SOA", rd: true }), zone, "tcp") ?? new Uint8Array(0));
  expect(got.answers).toEqual([
    expect.objectContaining({ name: D, type: "SOA", ttl: 30, data: expect.objectContaining({ serial: 7 }) }),
  ]);
});
