/** Records as Route 53 writes them, batches within its limits, and its XML. */
import { expect, test } from "vitest";
import { child, type Name, nameOf, textOf } from "../../src/shared/dns/name.ts";
import type { Data, DnsRecord } from "../../src/shared/dns/record.ts";
import {
  afterChanges,
  batchesOf,
  changeRequest,
  changesOf,
  readError,
  readList,
  readZones,
} from "../../src/shared/dns/route53.ts";
import {
  manages,
  type RecordSet,
  recordSetsOf,
  route53Name,
  sameSpelling,
} from "../../src/shared/dns/route53-records.ts";
import { BadXml, readXml } from "../../src/shared/dns/route53-xml.ts";
import { zoneRecords } from "../../src/shared/dns/zone.ts";
import { HostedZone } from "./hosted-zone.ts";
import { bytes, domain, record, toldOf, zoneOf } from "./records.ts";

const zone = nameOf(domain);
const ipv6 = Uint8Array.of(0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);

test.each([
  ["Counter.EXAMPLE", "counter.example."],
  ["_concoord._tcp.counter.example", "_concoord._tcp.counter.example."],
  ["a\\.b.example", "a\\056b.example."],
  ["*.example", "\\052.example."],
  ["\\000\\255 <&>.example", "\\000\\377\\040\\074\\046\\076.example."],
  ["\\192\\193.example", "\\300\\301.example."],
  [".", "."],
])("the name %s is %s", (text, wanted) => {
  expect(route53Name(nameOf(text))).toBe(wanted);
  expect(sameSpelling(wanted)).toBe(wanted);
});

test.each([
  ["Counter.example", "counter.example."],
  ["\\101b\\055c.example.", "ab-c.example."],
  ["*.a<b.example.", "\\052.a\\074b.example."],
])("Route 53's %s is %s", (text, wanted) => {
  expect(sameSpelling(text)).toBe(wanted);
});

const hints = [Uint8Array.of(10, 0, 0, 1), Uint8Array.of(10, 0, 0, 2)];
const params = [
  { key: "mandatory", keys: [1, 3, 9] },
  { key: "alpn", ids: ["h2", "http/1.1", "a,b"] },
  { key: "no-default-alpn" },
  { key: "port", port: 14_000 },
  { key: "ipv4hint", addresses: hints },
  { key: "ipv6hint", addresses: [ipv6] },
  { key: "other", code: 667, bytes: bytes("hello\u00d2") },
] as const;
const values: readonly (readonly [string, Data, string])[] = [
  [domain, { type: "A", address: Uint8Array.of(10, 0, 0, 1) }, "10.0.0.1"],
  [domain, { type: "AAAA", address: ipv6 }, "2001:db8:0:0:0:0:0:1"],
  [
    `_concoord._tcp.${domain}`,
    { type: "SRV", priority: 0, weight: 100, port: 14_000, target: nameOf("N1.\\*.example") },
    "0 100 14000 n1.\\052.example.",
  ],
  [domain, { type: "TXT", strings: [bytes('say "hi" \\ & <b>\u0000\u00ff'), bytes("")] }, "escaped below"],
  [
    `_14000._https.${domain}`,
    { type: "HTTPS", priority: 1, target: zone, params },
    '1 counter.example. mandatory=alpn,port,key9 alpn="h2,http/1.1,a\\134,b" no-default-alpn port=14000 ' +
      'ipv4hint=10.0.0.1,10.0.0.2 ipv6hint=2001:db8:0:0:0:0:0:1 key667="hello\\322"',
  ],
  [domain, { type: "HTTPS", priority: 1, target: nameOf("."), params: [] }, "1 ."],
];
test.each(values)("%s %o", (owner, data, wanted) => {
  const text = data.type === "TXT" ? '"say \\042hi\\042 \\134 & <b>\\000\\377" ""' : wanted;
  const name = `${owner}.`;
  expect(recordSetsOf([record(owner, data)], zone)).toEqual([
    { name, type: data.type, ttl: 30, values: [text] },
  ]);
});

test("a set has each value once, the smallest TTL, in whatever case its name is written", () => {
  const a = (last: number) => ({ type: "A", address: Uint8Array.of(10, 0, 0, last) }) as const;
  const records = [
    record("counter.example", a(1), 30),
    record("COUNTER.example", a(2), 20),
    record("counter.EXAMPLE", a(1), 60),
  ];
  const name = "counter.example.";
  expect(recordSetsOf(records, zone)).toEqual([
    { name, type: "A", ttl: 20, values: ["10.0.0.1", "10.0.0.2"] },
  ]);
});

test("NS, SOA, the names of nameservers and names outside are left out; addresses come first", () => {
  const outside = record("10-0-0-1.ipaddr.other.example", { type: "A", address: Uint8Array.of(10, 0, 0, 1) });
  const sets = recordSetsOf([outside, ...zoneOf(["10.0.0.1"])], zone);
  expect(sets.map(({ name, type }) => `${name} ${type}`)).toEqual([
    "counter.example. A",
    "10-0-0-1.ipaddr.counter.example. A",
    "_concoord._tcp.counter.example. SRV",
    "counter.example. SRV",
    "counter.example. TXT",
  ]);
});

test.each([
  [`${domain}.`, "A", true],
  [`${domain}.`, "HTTPS", true],
  [`${domain}.`, "MX", false],
  [`${domain}.`, "NS", false],
  [`x${domain}.`, "A", false],
  [`_concoord._tcp.${domain}.`, "SRV", true],
  [`_concoord._tcp.${domain}.`, "TXT", false],
  [`_other._tcp.${domain}.`, "SRV", false],
  [`10-0-0-1.ipaddr.${domain}.`, "A", true],
  [`10-0-0-1.ipaddr.${domain}.`, "AAAA", true],
  [`10-0-0-1.ipaddr.${domain}.`, "TXT", false],
  [`a.b.ipaddr.${domain}.`, "A", false],
  [`ipaddr.${domain}.`, "A", false],
  [`_14000._https.${domain}.`, "HTTPS", true],
  [`_https.${domain}.`, "HTTPS", false],
  [`ns1.${domain}.`, "A", false],
])("%s %s is ours: %s", (name, type, ours) => {
  expect(manages(name, type, `${domain}.`)).toBe(ours);
});

function manySets(count: number, values: number, chars: number): RecordSet[] {
  return Array.from({ length: count }, (_, i) => {
    const texts = Array.from({ length: values }, (_, j) => `"${String(j).padStart(chars - 2, "x")}"`);
    return { name: `${i}.ipaddr.${domain}.`, type: "TXT", ttl: 30, values: texts };
  });
}

const sizes = [
  { what: "500 records fit", sets: manySets(5, 100, 10), batches: [5] },
  { what: "501 do not", sets: manySets(167, 3, 10), batches: [166, 1] },
  { what: "16,000 characters fit", sets: manySets(160, 1, 100), batches: [160] },
  { what: "16,001 do not", sets: [...manySets(160, 1, 100), ...manySets(1, 1, 3)], batches: [160, 1] },
  {
    what: "a set over the limits is alone",
    sets: [...manySets(1, 600, 5), ...manySets(1, 1, 5)],
    batches: [1, 1],
  },
];
test.each(sizes)("$what", ({ sets, batches }) => {
  const changes = sets.map((set) => ({ action: "UPSERT", set }) as const);
  expect(batchesOf(changes).map(({ length }) => length)).toEqual(batches);
});

test("what vanished is removed by the values that it has, last", () => {
  const before = recordSetsOf(zoneOf(["10.0.0.1", "10.0.0.2"]), zone);
  const now = recordSetsOf(zoneOf(["10.0.0.1"]), zone);
  const changes = changesOf(before, now);
  expect(changes.map(({ action }) => action)).toEqual([...now.map(() => "UPSERT"), "DELETE"]);
  expect(changes.at(-1)?.set).toEqual(before.find(({ name }) => name.startsWith("10-0-0-2")));
  expect(new Set(afterChanges(before, changes))).toEqual(new Set(now));
});

test.each([
  { replicas: 80, batches: 1 },
  { replicas: 99, batches: 2 },
])("$replicas replicas take $batches batches, addresses first, removals last", ({ replicas, batches }) => {
  const addresses = Array.from({ length: replicas }, (_, i) => `192.168.100.${100 + i}`);
  const before = recordSetsOf(zoneOf(["10.0.0.1"]), zone);
  const now = recordSetsOf(zoneOf(addresses), zone);
  const parts = batchesOf(changesOf(before, now));
  expect(parts).toHaveLength(batches);
  const order = parts.flat().map(({ action, set }) => (action === "DELETE" ? "gone" : set.type));
  expect([...new Set(order)]).toEqual(["A", "SRV", "TXT", "gone"]);
  const hosted = new HostedZone("Z1", `${domain}.`);
  for (const set of before) hosted.put(set);
  for (const batch of parts) hosted.change(changeRequest("Z1", batch, "x").body ?? "");
  expect(hosted.told).toEqual(toldOf(addresses));
});

test("the whole zone of a view, but for what Route 53 makes itself, fits into a hosted zone", () => {
  const member = (i: number, role: "replica" | "acceptor" | "nameserver", addr: string, tls: boolean) => {
    return {
      id: String(i).repeat(16),
      role,
      addr,
      domain: role === "nameserver" ? domain : "",
      away: false,
      tls,
    };
  };
  const members = [
    member(1, "replica", "10.0.0.1:14000", true),
    member(2, "replica", "[2001:db8::1]:14001", false),
    member(3, "replica", "n3.other.example:14000", true),
    member(4, "acceptor", "10.0.0.4:14000", false),
    member(5, "nameserver", "10.0.0.5:14000", false),
  ];
  const records = zoneRecords(zone, { number: 7, members });
  const hosted = new HostedZone("Z1", `${domain}.`);
  const [batch = []] = batchesOf(changesOf([], recordSetsOf(records, zone)));
  hosted.change(changeRequest("Z1", batch, "x").body ?? "");
  const made = records.filter(({ data }) => data.type !== "NS" && data.type !== "SOA");
  const types = Object.fromEntries(Object.entries(hosted.told).map(([key, { length }]) => [key, length]));
  expect(types).toEqual({
    "counter.example. A": 1,
    "counter.example. AAAA": 1,
    "counter.example. HTTPS": 2,
    "counter.example. SRV": 3,
    "counter.example. TXT": 5,
    "_14000._https.counter.example. HTTPS": 2,
    "_concoord._tcp.counter.example. SRV": 3,
    "10-0-0-1.ipaddr.counter.example. A": 1,
    [`${textOf(labelled(made))} AAAA`]: 1,
  });
});

function labelled(records: readonly DnsRecord[]): Name {
  const found = records.find(({ owner, data }) => data.type === "AAAA" && owner.length > zone.length);
  if (found === undefined) throw new Error("no address below ipaddr");
  return found.owner;
}

test("odd names and texts survive the way to the zone and back", () => {
  const odd = child(Uint8Array.of(0x2e, 0x26, 0x3c, 0xff, 0x2a), nameOf(`ipaddr.${domain}`));
  const records = [
    { owner: odd, ttl: 5, data: { type: "A", address: Uint8Array.of(1, 2, 3, 4) } as const },
    record(domain, { type: "TXT", strings: [bytes('<&>"\\ \u0001\u00e4'), bytes("x".repeat(255))] }),
  ];
  const sets = recordSetsOf(records, zone);
  const hosted = new HostedZone("Z1", `${domain}.`);
  hosted.change(changeRequest("Z1", changesOf([], sets), "view <7> & more").body ?? "");
  expect(Object.keys(hosted.told)).toEqual([
    "counter.example. TXT",
    "\\056\\046\\074\\377\\052.ipaddr.counter.example. A",
  ]);
  hosted.change(
    changeRequest(
      "Z1",
      sets.map((set) => ({ action: "DELETE", set }) as const),
      "x",
    ).body ?? "",
  );
  expect(hosted.told).toEqual({});
});

test("XML", () => {
  const text =
    '<?xml version="1.0"?>\n<!-- <x> --><a b="1"> <c>1 &lt; 2 &amp;&#38;&#x26;&odd;</c><d/>\n</a>\n';
  expect(readXml(text)).toEqual({
    name: "a",
    text: "",
    children: [
      { name: "c", text: "1 < 2 &&&&odd;", children: [] },
      { name: "d", text: "", children: [] },
    ],
  });
});

test.each([
  "",
  "text",
  "<a>",
  "</a>",
  "<a></b>",
  "<a/><b/>",
  "<a/>x",
  "<a><b></a></b>",
  "<",
  "<a",
  "<![CDATA[x]]>",
  "&#x110000;",
])("%j is no XML", (text) => {
  expect(() => readXml(text)).toThrow(BadXml);
});

test.each([
  ["<ErrorResponse><Error><Code>C</Code><Message>a\nb</Message></Error></ErrorResponse>", "C", "a"],
  [
    "<InvalidChangeBatch><Messages><Message>a</Message><Message>b</Message></Messages></InvalidChangeBatch>",
    "InvalidChangeBatch",
    "a, b",
  ],
  ["<html><body>Bad gateway</body></html>", "HTTP 502", "without a word of what is wrong"],
  ["Bad gateway", "HTTP 502", "without a word of what is wrong"],
])("the error %s", (body, code, message) => {
  expect(readError({ status: 502, body })).toEqual({ code, message });
});

test("other answers are refused", () => {
  expect(() => readList("<html/>", zone)).toThrow(BadXml);
  expect(() => readZones("<html/>", `${domain}.`)).toThrow(BadXml);
  const set = `<ResourceRecordSet><Name>${domain}.</Name><Type>A</Type><ResourceRecords/></ResourceRecordSet>`;
  const root = "ListResourceRecordSetsResponse";
  const body = (inside: string) => `<${root}><ResourceRecordSets>${inside}</ResourceRecordSets></${root}>`;
  expect(() => readList(body(set.replace("<Type>", "<TTL>x</TTL><Type>")), zone)).toThrow("has no TTL");
});
