/** The nameserver in Route 53, over HTTP, against an endpoint that checks signatures and keeps its rules. */
import { beforeEach, describe, expect, test } from "vitest";
import type { Mishap } from "./endpoint.ts";
import { domain, toldOf, zoneOf } from "./records.ts";
import { endpoint, start, zone } from "./stage.ts";

const a = "10.0.0.1";
const b = "10.0.0.2";
const c = "10.0.0.3";

test("the first view: looks the zone up, looks what is there, makes all in one batch", async () => {
  const started = start();
  started.names.publish(7, zoneOf([a, b]));
  expect(await started.published(7)).toEqual({ published: 7, waiting: null, problem: null });
  expect(zone.told).toEqual(toldOf([a, b]));
  expect(endpoint.requests).toEqual([
    `GET /2013-04-01/hostedzonesbyname?dnsname=${domain}.&maxitems=100`,
    `GET /2013-04-01/hostedzone/Z1/rrset?name=${domain}.`,
    "POST /2013-04-01/hostedzone/Z1/rrset/",
  ]);
  expect(endpoint.refused).toBe(0);
});

const steps = [
  { what: "join", before: [a], after: [a, b], port: 14_000 },
  { what: "leave", before: [a, b], after: [a], port: 14_000 },
  { what: "move", before: [a, b], after: [a, c], port: 14_000 },
  { what: "another port", before: [a, b], after: [a, b], port: 15_000 },
  { what: "all are away", before: [a, b], after: [], port: 14_000 },
];
test.each(steps)("$what: one batch more", async ({ before, after, port }) => {
  const started = start();
  started.names.publish(1, zoneOf(before));
  await started.published(1);
  started.names.publish(2, zoneOf(after, port));
  await started.published(2);
  expect(zone.told).toEqual(after.length === 0 ? {} : toldOf(after, port));
  expect(endpoint.changes).toHaveLength(2);
  expect(endpoint.requests).toHaveLength(4);
});

test("while a call is on its way only the newest view waits", async () => {
  const started = start();
  endpoint.hold();
  started.names.publish(1, zoneOf([a]));
  await expect.poll(() => endpoint.changes.length).toBe(1);
  for (let view = 2; view <= 11; view++) started.names.publish(view, zoneOf([a, `10.0.1.${view}`]));
  expect(started.names.status).toEqual({ published: null, waiting: 11, problem: null });
  endpoint.release();
  await started.published(11);
  expect(zone.told).toEqual(toldOf([a, "10.0.1.11"]));
  expect(endpoint.changes).toHaveLength(2);
  expect(endpoint.together).toBe(1);
});

test("a view that is not newer is ignored", async () => {
  const started = start();
  started.names.publish(5, zoneOf([a]));
  await started.published(5);
  started.names.publish(4, zoneOf([b]));
  started.names.publish(5, zoneOf([c]));
  expect(started.names.status).toEqual({ published: 5, waiting: null, problem: null });
  started.names.publish(6, zoneOf([b]));
  await started.published(6);
  expect(zone.told).toEqual(toldOf([b]));
  expect(endpoint.changes).toHaveLength(2);
});

const mishaps: readonly { readonly mishap: Mishap; readonly problem: RegExp }[] = [
  { mishap: "Throttling", problem: /^Route 53 is busy: Throttling: Rate exceeded$/ },
  { mishap: "PriorRequestNotComplete", problem: /^Route 53 is busy: PriorRequestNotComplete: / },
  { mishap: "unavailable", problem: /^Route 53 fails: HTTP 503: / },
  { mishap: "cut", problem: /^Route 53 does not answer: / },
  { mishap: "cutAfter", problem: /^Route 53 does not answer: / },
  { mishap: "nonsense", problem: /^Route 53 answers what is not understood: / },
];
test.each(mishaps)("$mishap: told, and tried again", async ({ mishap, problem }) => {
  const started = start();
  started.names.publish(1, zoneOf([a, b]));
  await started.published(1);
  endpoint.mishaps.push(mishap);
  started.names.publish(2, zoneOf([b, c]));
  await started.published(2);
  expect(started.seen.map((status) => status.problem)).toContainEqual(expect.stringMatching(problem));
  expect(started.names.status.problem).toBeNull();
  expect(zone.told).toEqual(toldOf([b, c]));
});

describe("what is there already", () => {
  const leftovers = toldOf([b, c]);
  beforeEach(() => {
    for (const [key, values] of Object.entries(leftovers)) {
      const [name = "", type = ""] = key.split(" ");
      zone.put({ name, type, ttl: 600, values });
    }
  });

  test("after a restart what vanished meanwhile is removed", async () => {
    const started = start();
    started.names.publish(3, zoneOf([a, b]));
    await started.published(3);
    expect(zone.told).toEqual(toldOf([a, b]));
    expect(endpoint.changes).toHaveLength(1);
  });

  test("it is read page by page", async () => {
    endpoint.pageSize = 2;
    const started = start();
    started.names.publish(3, zoneOf([a]));
    await started.published(3);
    expect(zone.told).toEqual(toldOf([a]));
    expect(endpoint.requests.filter((request) => request.includes("rrset?"))).toHaveLength(4);
  });

  test("what others made stays: names, types, texts, aliases, sets of a routing policy", async () => {
    const mail = '"v=spf1 -all" "a \\042b & c"';
    const others = [
      { name: `${domain}.`, type: "MX", ttl: 300, values: ["10 mail.example."] },
      {
        name: `${domain}.`,
        type: "TXT",
        ttl: 300,
        values: [mail, '"REPLICA 9.9.9.9:1 id=00000000000000bb"'],
      },
      { name: `www.${domain}.`, type: "A", ttl: 300, values: ["9.9.9.9"] },
      { name: `\\052.${domain}.`, type: "A", ttl: 300, values: ["9.9.9.9"] },
      { name: `x.ipaddr.${domain}.`, type: "A", ttl: 0, values: [], alias: "other.example." },
      { name: `y.ipaddr.${domain}.`, type: "A", ttl: 30, values: ["9.9.9.9"], identifier: "one" },
      { name: `z.ipaddr.${domain}.`, type: "TXT", ttl: 30, values: ['"z"'] },
    ];
    for (const set of others) zone.put(set);
    const started = start();
    started.names.publish(3, zoneOf([a]));
    await started.published(3);
    const kept = others.filter(({ type, name }) => type !== "TXT" || !name.startsWith(domain));
    const wanted = {
      ...Object.fromEntries(kept.map(({ name, type, values }) => [`${name} ${type}`, values])),
      ...toldOf([a]),
    };
    expect(zone.told).toEqual({
      ...wanted,
      [`${domain}. TXT`]: [...(wanted[`${domain}. TXT`] ?? []), mail].sort(),
    });
  });

  test("somebody removed a record: what is there is looked at again", async () => {
    const started = start();
    started.names.publish(3, zoneOf([a, b]));
    await started.published(3);
    zone.remove(`10-0-0-2.ipaddr.${domain}.`, "A");
    started.names.publish(4, zoneOf([a]));
    await started.published(4);
    expect(started.seen.map(({ problem }) => problem)).toContainEqual(
      expect.stringMatching(/^Route 53 refuses a change: InvalidChangeBatch: .*10-0-0-2.*was not found/),
    );
    expect(zone.told).toEqual(toldOf([a]));
  });
});
