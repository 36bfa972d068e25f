/** How answers are chosen and put together: delegation, several zones, names below a prepared one, hostile input. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answer, truncated } from "../../src/shared/dns/answer.ts";
import { nameOf, textOf } from "../../src/shared/dns/name.ts";
import { decodePacket } from "../../src/shared/dns/packet.ts";
import type { DnsRecord } from "../../src/shared/dns/record.ts";
import { zoneRecords } from "../../src/shared/dns/zone.ts";
import { Zone } from "../../src/shared/dns/zone-answers.ts";
import { ask, domain, member, query, read, view, zone } from "./zones.ts";

test("an alias is answered as such, whatever is asked", () => {
  const owner = nameOf("www.counter.example");
  const alias: DnsRecord = { owner, ttl: 30, data: { type: "CNAME", target: domain } };
  const zones = new Zone(domain, [...zoneRecords(domain, view), alias]);
  expect(ask(zones, "www.counter.example").answers).toMatchObject([
    { type: "CNAME", data: "counter.example" },
  ]);
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
