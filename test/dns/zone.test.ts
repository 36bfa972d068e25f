/** What a domain publishes of a view, record by record. */
import { describe, expect, test } from "vitest";
import { endpointOf, ipv6, labelOf } from "../../src/shared/dns/endpoint.ts";
import { BadName, nameOf } from "../../src/shared/dns/name.ts";
import { zoneRecords } from "../../src/shared/dns/zone.ts";
import type { ZoneView } from "../../src/shared/dns/zone-view.ts";
import { domain, lines, member, view } from "./zones.ts";

const only = (type: string, all: readonly string[]) => all.filter((line) => line.split(" ")[3] === type);
const at = (owner: string, all: readonly string[]) => all.filter((line) => line.startsWith(`${owner} `));

test("all records of a zone, in order", () => {
  expect(lines(domain, view)).toEqual([
    "counter.example. 30 IN SOA ns1.counter.example. hostmaster.counter.example. 7 300 60 86400 5",
    "counter.example. 30 IN NS ns1.counter.example.",
    "counter.example. 30 IN NS ns2.counter.example.",
    "ns1.counter.example. 30 IN A 10.0.0.1",
    "ns2.counter.example. 30 IN A 10.0.0.6",
    "counter.example. 30 IN A 10.0.0.1",
    "counter.example. 30 IN A 10.0.0.2",
    "counter.example. 30 IN AAAA 2001:db8::3",
    "_concoord._tcp.counter.example. 30 IN SRV 0 100 14000 10-0-0-1.ipaddr.counter.example.",
    "_concoord._tcp.counter.example. 30 IN SRV 0 100 14000 10-0-0-2.ipaddr.counter.example.",
    "_concoord._tcp.counter.example. 30 IN SRV 0 100 14001 2001-db8--3.ipaddr.counter.example.",
    "counter.example. 30 IN SRV 0 100 14000 10-0-0-1.ipaddr.counter.example.",
    "counter.example. 30 IN SRV 0 100 14000 10-0-0-2.ipaddr.counter.example.",
    "counter.example. 30 IN SRV 0 100 14001 2001-db8--3.ipaddr.counter.example.",
    'counter.example. 30 IN TXT "REPLICA 10.0.0.1:14000 id=0000000000000001"',
    'counter.example. 30 IN TXT "NAMESERVER 10.0.0.1:14000 id=0000000000000001"',
    'counter.example. 30 IN TXT "REPLICA 10.0.0.2:14000 id=0000000000000002"',
    'counter.example. 30 IN TXT "REPLICA [2001:db8::3]:14001 id=0000000000000003"',
    'counter.example. 30 IN TXT "ACCEPTOR 10.0.0.4:14000 id=0000000000000004"',
    'counter.example. 30 IN TXT "LEARNER 10.0.0.5:14000 id=0000000000000005"',
    'counter.example. 30 IN TXT "NAMESERVER 10.0.0.6:14053 id=0000000000000006"',
    "10-0-0-1.ipaddr.counter.example. 30 IN A 10.0.0.1",
    "10-0-0-2.ipaddr.counter.example. 30 IN A 10.0.0.2",
    "2001-db8--3.ipaddr.counter.example. 30 IN AAAA 2001:db8::3",
  ]);
});

test("replicas on one address: one A record, an SRV record each", () => {
  const shared = { number: 1, members: [member(1, "127.0.0.1:14000"), member(2, "127.0.0.1:14001")] };
  const all = lines(nameOf("counter"), shared);
  expect(at("counter.", only("A", all))).toEqual(["counter. 30 IN A 127.0.0.1"]);
  expect(at("127-0-0-1.ipaddr.counter.", all)).toHaveLength(1);
  expect(at("_concoord._tcp.counter.", all)).toEqual([
    "_concoord._tcp.counter. 30 IN SRV 0 100 14000 127-0-0-1.ipaddr.counter.",
    "_concoord._tcp.counter. 30 IN SRV 0 100 14001 127-0-0-1.ipaddr.counter.",
  ]);
});

test("a member that is away is in TXT only, and keeps the number of its nsN", () => {
  const away = view.members.map((one, i) => (i === 0 ? { ...one, away: true } : one));
  const all = lines(domain, { number: 8, members: away });
  expect(all.filter((line) => line.includes("10.0.0.1") || line.includes("10-0-0-1"))).toEqual([
    'counter.example. 30 IN TXT "REPLICA 10.0.0.1:14000 id=0000000000000001"',
    'counter.example. 30 IN TXT "NAMESERVER 10.0.0.1:14000 id=0000000000000001"',
  ]);
  expect(only("NS", all)).toEqual(["counter.example. 30 IN NS ns2.counter.example."]);
  expect(only("SOA", all)[0]).toContain(" ns2.counter.example. hostmaster.counter.example. 8 ");
});

test("with all nameservers away they stay: one of them is answering", () => {
  const all = lines(domain, { number: 9, members: view.members.map((one) => ({ ...one, away: true })) });
  expect(only("NS", all)).toHaveLength(2);
  expect(only("SRV", all)).toEqual([]);
});

test("an advertised host name is its own target and its own nameserver", () => {
  const named = { number: 1, members: [member(1, "n1.host.example:14000", { domain: "counter.example" })] };
  const all = lines(domain, named);
  expect(all.filter((line) => !line.includes(" TXT "))).toEqual([
    "counter.example. 30 IN SOA n1.host.example. hostmaster.counter.example. 1 300 60 86400 5",
    "counter.example. 30 IN NS n1.host.example.",
    "_concoord._tcp.counter.example. 30 IN SRV 0 100 14000 n1.host.example.",
    "counter.example. 30 IN SRV 0 100 14000 n1.host.example.",
  ]);
});

test("a host name of unusual length takes a second string", () => {
  const host = `${"a".repeat(60)}.${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.example`;
  const [txt] = zoneRecords(domain, { number: 1, members: [member(1, `${host}:14000`)] }).filter(
    ({ data }) => data.type === "TXT",
  );
  const strings = txt?.data.type === "TXT" ? txt.data.strings : [];
  expect(strings.map(({ length }) => length)).toEqual([255, 30]);
  expect(Buffer.concat(strings).toString()).toBe(`REPLICA ${host}:14000 id=0000000000000001`);
});

test("HTTPS records for replicas with TLS only", () => {
  const members = [member(1, "10.0.0.1:14000", { tls: true }), member(2, "10.0.0.2:14000")];
  const learner = member(3, "10.0.0.3:14000", { tls: true, role: "learner" });
  expect(only("HTTPS", lines(domain, { number: 1, members: [...members, learner] }))).toEqual([
    'counter.example. 30 IN HTTPS 1 10-0-0-1.ipaddr.counter.example. alpn="http/1.1" port=14000',
    '_14000._https.counter.example. 30 IN HTTPS 1 10-0-0-1.ipaddr.counter.example. alpn="http/1.1" port=14000',
  ]);
});

test("nameservers that are no members, as with a Worker; none at all", () => {
  const nobody: ZoneView = { number: 1, members: [member(1, "10.0.0.1:14000")] };
  const given = lines(domain, view, {
    nameservers: [nameOf("a.ns.example"), nameOf("b.ns.example")],
    ttl: 5,
  });
  expect(only("NS", given)).toEqual([
    "counter.example. 5 IN NS a.ns.example.",
    "counter.example. 5 IN NS b.ns.example.",
  ]);
  expect(only("SOA", given)[0]).toContain(" a.ns.example. hostmaster.");
  expect(at("ns1.counter.example.", given)).toEqual([]);
  expect(only("SOA", lines(domain, nobody))).toEqual([
    "counter.example. 30 IN SOA counter.example. hostmaster.counter.example. 1 300 60 86400 5",
  ]);
});

test("an address that is none is shown in TXT, and does no harm", () => {
  const odd = [
    "10.0.0.256:1",
    "10.0.0.1",
    "[::1:14000",
    "[fe80::1%eth0]:1",
    "a..b:1",
    "1.2.3:1",
    "x:0",
    "x:65536",
  ];
  const all = lines(domain, { number: 1, members: odd.map((addr, i) => member(i, addr)) });
  expect(only("TXT", all)).toHaveLength(odd.length);
  expect(all).toHaveLength(odd.length + 1);
});

test("a domain that is too long for the names below it", () => {
  const long = nameOf([63, 63, 63, 50].map((n) => "x".repeat(n)).join("."));
  expect(() => zoneRecords(long, view)).toThrow(BadName);
});

describe("labels of addresses", () => {
  test.each([
    ["::1", "0--1"],
    ["::", "0--0"],
    ["2001:db8::", "2001-db8--0"],
    ["2001:DB8:0:0:1:0:0:1", "2001-db8--1-0-0-1"],
    ["fe80::1:2", "fe80--1-2"],
    ["1:2:3:4:5:6:7:8", "1-2-3-4-5-6-7-8"],
    ["1:0:3:4:5:6:7:8", "1-0-3-4-5-6-7-8"],
    ["::ffff:10.0.0.1", "10-0-0-1"],
    ["64:ff9b::192.0.2.33", "64-ff9b--c000-221"],
  ])("%s is %s", (address, label) => {
    const bytes = ipv6(address) as Uint8Array;
    expect(labelOf(bytes)).toBe(label);
    expect(label).toMatch(/^[0-9a-f](?:[0-9a-f-]{0,61}[0-9a-f])?$/);
  });

  test.each([
    "",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "12345::",
    "::g",
    "1:2:3:4:5:6:7:8::",
  ])("%s is no address", (address) => expect(ipv6(address)).toBeNull());

  test("a port is part of an address", () => {
    expect(endpointOf("[::1]:14000")).toEqual({
      host: { type: "AAAA", address: Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? 1 : 0)) },
      port: 14000,
    });
  });
});
