/** The limit on answers to one network: what it lets through, and that it is no lever for who forges addresses. */
import { describe, expect, test } from "vitest";
import { answer, truncated } from "../../src/shared/dns/answer.ts";
import { nameOf } from "../../src/shared/dns/name.ts";
import { RateLimit } from "../../src/shared/dns/rate-limit.ts";
import { Zone } from "../../src/shared/dns/zone-answers.ts";
import { query, replicas } from "./zones.ts";

const times = <T>(count: number, make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));

test("a burst, then as many a second as were earned; every second refusal slips", () => {
  const limit = new RateLimit({ perSecond: 2, burst: 3 });
  const at = (now: number) => limit.take("192.0.2.1", now);
  expect(times(7, () => at(0))).toEqual(["answer", "answer", "answer", "nothing", "slip", "nothing", "slip"]);
  expect([at(499), at(500), at(500), at(999), at(1_000)]).toEqual([
    "nothing",
    "answer",
    "nothing",
    "slip",
    "answer",
  ]);
  expect(times(4, () => at(60_000))).toEqual(["answer", "answer", "answer", "nothing"]);
});

test("0 is no limit", () => {
  const limit = new RateLimit({ perSecond: 0 });
  expect(new Set(times(1_000, () => limit.take("192.0.2.1", 0)))).toEqual(new Set(["answer"]));
});

describe("one bucket for each network", () => {
  test.each([
    ["192.0.2.1", "192.0.2.254", true],
    ["192.0.2.1", "192.0.3.1", false],
    ["::ffff:192.0.2.1", "192.0.2.9", true],
    ["2001:db8:0:ff::1", "2001:db8:0:0:1::", true],
    ["2001:db8:0:ff::1", "2001:db8:0:100::1", false],
    ["fe80::1%eth0", "fe80::2%eth1", true],
    ["odd", "odder", false],
  ])("%s and %s: %s", (one, other, same) => {
    const limit = new RateLimit({ perSecond: 1 });
    expect(limit.take(one, 0)).toBe("answer");
    expect(limit.take(other, 0)).toBe(same ? "nothing" : "answer");
  });
});

test("the table is bounded: who is forgotten begins again", () => {
  const limit = new RateLimit({ perSecond: 1 });
  expect([limit.take("10.0.0.1", 0), limit.take("10.0.0.1", 0)]).toEqual(["answer", "nothing"]);
  for (let i = 0; i < 50_000; i++) limit.take(`11.${i >> 8}.${i & 0xff}.1`, 0);
  expect(limit.take("10.0.0.1", 0)).toBe("answer");
});

describe("bytes out for bytes in, over 10,000 queries from one address, the first burst included", () => {
  const short = Zone.of(nameOf("c"), replicas(25));
  const long = Zone.of(nameOf("counter.example"), replicas(25));
  const rows = [1_000, 2_000, 10_000, 1_000_000].flatMap((rate) => [
    { rate, name: "c", type: "SRV", zone: short, edns: true },
    { rate, name: "c", type: "SRV", zone: short, edns: false },
    { rate, name: "c", type: "A", zone: short, edns: true },
    { rate, name: "counter.example", type: "TXT", zone: long, edns: true },
    { rate, name: "_concoord._tcp.counter.example", type: "SRV", zone: long, edns: true },
    { rate, name: "x.counter.example", type: "A", zone: long, edns: false },
  ]);

  test.each(rows)("$rate/s, $type $name, EDNS $edns", ({ rate, name, type, zone, edns }) => {
    const limit = new RateLimit();
    const bytes = query(name, { type, ...(edns && { edns: { udpSize: 4096 } }) });
    const whole = answer(bytes, zone, "udp")?.length ?? 0;
    let [sent, answered] = [0, 0];
    for (let i = 0; i < 10_000; i++) {
      const taken = limit.take("192.0.2.1", (i * 1_000) / rate);
      if (taken === "answer") answered++;
      sent += taken === "answer" ? whole : taken === "slip" ? (truncated(bytes)?.length ?? 0) : 0;
    }
    expect(answered).toBeGreaterThanOrEqual(50);
    expect(sent / (10_000 * bytes.length)).toBeLessThan(3);
  });
});
