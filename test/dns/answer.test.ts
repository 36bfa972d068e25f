/** How answers are chosen and put together: delegation, several zones, names below a prepared one, hostile input. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answer, truncated } from "../../src/shared/dns/answer.ts";
import { nameOf, textOf } from "../../src/shared/dns/name.ts";
import { decodePacket } from "../../src/shared/dns/packet.ts";
import type { DnsRecord } from "../../src/shared/dns/record.ts";
import { zoneRecords } from "../../src/shared/dns/zone.ts";
import { Zone } from "../../src/shared/dns/zone-answers.ts";
import type { Subdomain } from "../../src/shared/dns/zone-view.ts";
import { ask, datas, domain, member, query, read, view, zone } from "./zones.ts";

function subdomain(name: string, delegate: boolean, records?: readonly DnsRecord[]): Subdomain {
  const members = [
    member(1, "10.1.0.1:14000", { domain: name }),
    member(2, "10.1.0.2:14000", { domain: name }),
  ];
  const own = records ?? zoneRecords(nameOf(name), { number: 3, members });
  return { name: nameOf(name), number: 3, records: own, delegate };
}

describe("subdomains of a master", () => {
  const away = subdomain("away.counter.example", true);
  const here = subdomain("here.counter.example", false);
  const deep = subdomain("a.b.counter.example", false);
  const master = Zone.of(domain, view, { extra: [away, here, deep] });

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
    const zones = Zone.of(domain, view, { extra: [large] });
    expect(ask(zones, name)).toMatchObject({ tc: true, aa: false, answers: [], authorities: [] });
    expect(ask(zones, name, { transport: "tcp" })).toMatchObject({ tc: false, aa: false });
  });

  test("records that no message can hold are SERVFAIL, and nothing else suffers", () => {
    const owner = nameOf("here.counter.example");
    const strings = Array.from({ length: 250 }, () => new Uint8Array(255));
    const large: DnsRecord = { owner, ttl: 30, data: { type: "TXT", strings } };
    const zones = Zone.of(domain, view, { extra: [{ ...here, records: [...here.records, large, large] }] });
    expect(ask(zones, "here.counter.example", { type: "TXT", transport: "tcp" }).code).toBe(2);
    expect(ask(zones, "here.counter.example").answers).toHaveLength(2);
  });

  test("an alias is answered as such, whatever is asked", () => {
    const owner = nameOf("www.counter.example");
    const alias: DnsRecord = { owner, ttl: 30, data: { type: "CNAME", target: domain } };
    const zones = new Zone(domain, [...zoneRecords(domain, view), alias]);
    expect(ask(zones, "www.counter.example").answers).toMatchObject([
      { type: "CNAME", data: "counter.example" },
    ]);
  });
});

test("of several zones the closest above the name answers", () => {
  const inner = Zone.of(nameOf("inner.counter.example"), { number: 9, members: [member(1, "10.9.0.1:1")] });
  const zones = [zone, inner, Zone.of(nameOf("other"), view)];
  expect(ask(zones, "inner.counter.example").answers).toMatchObject([{ data: "10.9.0.1" }]);
  expect(ask(zones, "x.inner.counter.example").authorities).toMatchObject([{ data: { serial: 9 } }]);
  expect(ask(zones, "other").answers).toHaveLength(2);
  expect(ask(zones, "example").code).toBe(5);
  expect(ask([], "counter.example").code).toBe(5);
});

test("HTTPS records carry the addresses of their targets", () => {
  const secure = Zone.of(domain, { number: 1, members: [member(1, "10.0.0.1:14000", { tls: true })] });
  const bytes = answer(query("_14000._https.counter.example", { type: "HTTPS" }), secure, "udp");
  const got = decodePacket(bytes ?? new Uint8Array(0));
  expect(got.answers.map(({ data }) => data.type)).toEqual(["HTTPS"]);
  expect(got.additional.map(({ owner }) => textOf(owner))).toEqual(["10-0-0-1.ipaddr.counter.example."]);
});

test("an answer leaves the bytes of its query and of other answers alone", () => {
  const bytes = query("counter.example", { edns: {} });
  const before = bytes.slice();
  const first = answer(bytes, zone, "udp") ?? new Uint8Array(0);
  const kept = first.slice();
  first.fill(0xff);
  expect(bytes).toEqual(before);
  expect(answer(bytes, zone, "udp")).toEqual(kept);
});

test("what a limited sender gets is not longer than its query, and has TC", () => {
  for (const edns of [undefined, {}]) {
    const bytes = query("counter.example", { type: "TXT", rd: true, ...(edns && { edns }) });
    const got = read(truncated(bytes) ?? new Uint8Array(0));
    expect(got).toMatchObject({ qr: true, tc: true, rd: true, code: 0, answers: [] });
    expect(got.bytes).toHaveLength(bytes.length);
  }
  expect(truncated(new Uint8Array(12))).toBeNull();
});

describe("anything that arrives", () => {
  const sound = (bytes: Uint8Array) => {
    const got = answer(bytes, zone, "udp");
    if (got === null) return;
    expect(got.length).toBeLessThanOrEqual(1232);
    const packet = decodePacket(got, 65_535);
    expect([packet.response, packet.ra, packet.ad]).toEqual([true, false, false]);
    expect([got[0], got[1]]).toEqual([bytes[0], bytes[1]]);
    read(got);
  };

  test("random bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 0, maxLength: 80 }), sound), { numRuns: 2_000 });
  });

  test("queries with changed bytes", () => {
    const queries = [
      query("counter.example", { edns: { options: [{ code: 10, bytes: new Uint8Array(8) }] } }),
      query("_concoord._tcp.counter.example", { type: "SRV" }),
      query("a.b.c.counter.example", { type: "ANY", edns: {} }),
    ];
    const at = fc.record({ at: fc.nat(70), byte: fc.integer({ min: 0, max: 255 }) });
    const changes = fc.array(at, { maxLength: 4 });
    const mutated = fc.tuple(fc.constantFrom(...queries), changes, fc.nat(80)).map(([bytes, list, cut]) => {
      const copy = bytes.slice(0, Math.max(12, bytes.length - (cut > 70 ? cut - 70 : 0)));
      for (const change of list) if (change.at < copy.length) copy[change.at] = change.byte;
      return copy;
    });
    fc.assert(fc.property(mutated, sound), { numRuns: 5_000 });
  });
});
