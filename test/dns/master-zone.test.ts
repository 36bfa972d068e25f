/** The zone of a master: subdomains that it answers for, and those that it delegates. */
import { describe, expect, test } from "vitest";
import { delegates, MasterZone, mayBeBelow, subdomainZone } from "../../src/shared/dns/master-zone.ts";
import { keyOf, nameOf } from "../../src/shared/dns/name.ts";
import type { DnsRecord } from "../../src/shared/dns/record.ts";
import { zoneRecords } from "../../src/shared/dns/zone.ts";
import type { Zone } from "../../src/shared/dns/zone-answers.ts";
import type { Subdomain } from "../../src/shared/dns/zone-view.ts";
import { ask, datas, domain, member, view } from "./zones.ts";

function subdomain(name: string, delegate: boolean, records?: readonly DnsRecord[]): Subdomain {
  const members = [
    member(1, "10.1.0.1:14000", { domain: name }),
    member(2, "10.1.0.2:14000", { domain: name }),
  ];
  const own = records ?? zoneRecords(nameOf(name), { number: 3, members });
  return { name: nameOf(name), records: own, delegate };
}

function masterOf(...all: readonly Subdomain[]): MasterZone {
  const zones = all.map((each) => [keyOf(each.name), subdomainZone(each) as Zone] as const);
  return new MasterZone(domain, zoneRecords(domain, view), new Map(zones));
}

describe("subdomains of a master", () => {
  const away = subdomain("away.counter.example", true);
  const here = subdomain("here.counter.example", false);
  const deep = subdomain("a.b.counter.example", false);
  const master = masterOf(away, here, deep);

  test.each(["away.counter.example", "x.Y.away.counter.example", "ns1.away.counter.example"])(
    "%s is referred to its nameservers",
    (name) => {
      for (const type of ["A", "NS", "SOA", "ANY", "TXT"]) {
        const got = ask(master, name, { type, edns: {} });
        expect(got).toMatchObject({ aa: false, code: 0, answers: [] });
        expect(got.authorities?.map(({ name: owner }) => owner.toLowerCase())).toEqual([
          "away.counter.example",
          "away.counter.example",
        ]);
        expect(datas(got.authorities)).toEqual(["ns1.away.counter.example", "ns2.away.counter.example"]);
        expect(datas(got.additionals)).toEqual(["10.1.0.1", "10.1.0.2", undefined]);
        expect(got.additionals?.map(({ name: owner }) => owner)).toEqual([
          "ns1.away.counter.example",
          "ns2.away.counter.example",
          ".",
        ]);
      }
    },
  );

  test("whether a delegation is signed, the master says", () => {
    const got = ask(master, "away.counter.example", { type: "DS" });
    expect(got).toMatchObject({ aa: true, code: 0, answers: [] });
    expect(got.authorities).toMatchObject([{ type: "SOA", name: "counter.example" }]);
  });

  test("for others the master answers itself, with their SOA", () => {
    const got = ask(master, "_concoord._tcp.here.counter.example", { type: "SRV" });
    expect(got).toMatchObject({ aa: true, code: 0 });
    expect(got.answers).toHaveLength(2);
    const none = ask(master, "no.here.counter.example");
    expect(none).toMatchObject({ aa: true, code: 3 });
    expect(none.authorities).toMatchObject([
      { type: "SOA", name: "here.counter.example", data: { serial: 3 } },
    ]);
  });

  test("a name between two zones is there", () => {
    expect(ask(master, "b.counter.example")).toMatchObject({ aa: true, code: 0, answers: [] });
    expect(ask(master, "a.b.counter.example").answers).toHaveLength(2);
    expect(ask(master, "c.b.counter.example").code).toBe(3);
  });

  test("RFC 9471 3: a referral whose addresses do not fit has TC", () => {
    const name = `${"long-label-".repeat(5)}.counter.example`;
    const members = Array.from({ length: 30 }, (_, i) => member(i, `10.1.0.${i}:14000`, { domain: name }));
    const large = subdomain(name, true, zoneRecords(nameOf(name), { number: 1, members }));
    const zones = masterOf(large);
    expect(ask(zones, name)).toMatchObject({ tc: true, aa: false, answers: [], authorities: [] });
    expect(ask(zones, name, { transport: "tcp" })).toMatchObject({ tc: false, aa: false });
  });

  test("records that no message can hold are SERVFAIL, and nothing else suffers", () => {
    const owner = nameOf("here.counter.example");
    const strings = Array.from({ length: 250 }, () => new Uint8Array(255));
    const large: DnsRecord = { owner, ttl: 30, data: { type: "TXT", strings } };
    const zones = masterOf({ ...here, records: [...here.records, large, large] });
    expect(ask(zones, "here.counter.example", { type: "TXT", transport: "tcp" }).code).toBe(2);
    expect(ask(zones, "here.counter.example").answers).toHaveLength(2);
  });
});

test("names that are the zone's own, or not below it", () => {
  const own = ["ipaddr", "10-0-0-9.ipaddr", "ns1", "NS2", "_tcp", "x._tcp"].map(
    (l) => `${l}.counter.example`,
  );
  for (const name of [...own, "counter.example", "example", "x.example", "xcounter.example"])
    expect([name, mayBeBelow(nameOf(name), domain)]).toEqual([name, false]);
  for (const name of [
    "x.counter.example",
    "A.b.Counter.Example",
    "ns.counter.example",
    "ipaddr.x.counter.example",
  ])
    expect([name, mayBeBelow(nameOf(name), domain)]).toEqual([name, true]);
});

test("a subdomain speaks for nothing but itself", () => {
  const { name } = subdomain("here.counter.example", false);
  const others = [
    ...subdomain("there.counter.example", false).records,
    ...subdomain("y.here.counter.example", false).records,
  ];
  const here = subdomain("here.counter.example", false);
  const master = masterOf({ ...here, records: [...here.records, ...others] });
  expect(ask(master, "there.counter.example").code).toBe(3);
  expect(ask(master, "y.here.counter.example").answers).toHaveLength(2);
  for (const type of ["SOA", "NS"])
    expect(ask(master, "y.here.counter.example", { type }).answers).toEqual([]);
  expect(subdomainZone({ name, records: others, delegate: false })).toBeNull();
  expect(subdomainZone({ name, records: others, delegate: true })).toBeNull();
});

test("the zone's own names stay as they are", () => {
  const here = subdomain("here.counter.example", false);
  const master = masterOf(here);
  expect(ask(master, "counter.example").answers).toHaveLength(2);
  expect(ask(master, "no.counter.example")).toMatchObject({ aa: true, code: 3 });
  expect(ask(master, "example").code).toBe(5);
});

describe("who answers for a subdomain", () => {
  const name = nameOf("x.counter.example");
  const told = (addr: string, served: string) =>
    zoneRecords(name, { number: 1, members: [member(1, addr, { domain: served })] });

  test("nameservers with an address, or whose name lies elsewhere", () => {
    expect(delegates(name, told("10.1.0.1:14000", "x.counter.example"))).toBe(true);
    expect(delegates(name, told("ns.other.example:14000", "x.counter.example"))).toBe(true);
  });

  test("else the master: there are none, or nobody finds them", () => {
    expect(delegates(name, told("10.1.0.1:14000", ""))).toBe(false);
    expect(delegates(name, told("ns.x.counter.example:14000", "x.counter.example"))).toBe(false);
  });
});
