/** What the resolvers of Node and of the web make of the answers of a DNS server. */
import type { Answer } from "dns-packet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SystemResolver } from "../../src/node/client/resolver.ts";
import { type DomainResolver, LookUpFailed, type Service } from "../../src/shared/client/domain.ts";
import { DohResolver, dohOf } from "../../src/web/doh-resolver.ts";
import { FakeDns, FakeDoh, FakeZone, publish } from "./fake-dns.ts";

const domain = "counter.example";
const srvAt = `_concoord._tcp.${domain}`;

let zone: FakeZone;
let dns: FakeDns;
let doh: FakeDoh;
beforeEach(async () => {
  zone = new FakeZone();
  dns = await FakeDns.start(zone);
  doh = await FakeDoh.start(zone);
});
afterEach(() => Promise.all([dns.close(), doh.close()]));

function srv(target: string, port: number, priority = 0, weight = 100, ttl = 30): Answer {
  return { type: "SRV", name: srvAt, ttl, data: { target, port, priority, weight } };
}

/** With its addresses as one text, in the order of the ports. */
function shown({ targets }: Service) {
  const sorted = targets.toSorted((a, b) => a.port - b.port);
  return sorted.map(
    (t) => `${t.host}:${t.port} ${t.priority}/${t.weight} ${[...t.addresses].sort().join(" ")}`,
  );
}

async function failure(promise: Promise<unknown>): Promise<LookUpFailed> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LookUpFailed);
  return error as LookUpFailed;
}

describe.each([
  ["SystemResolver", () => new SystemResolver(dns.addr)],
  ["DohResolver", () => new DohResolver(doh.addr)],
] as const)("%s", (_, make: () => DomainResolver) => {
  it("finds targets with their addresses", async () => {
    zone.records = [
      srv("a.counter.example", 14000, 0, 100),
      srv("b.counter.example", 14001, 1, 5),
      srv("elsewhere.example", 14002),
      { type: "A", name: "a.counter.example", ttl: 30, data: "10.0.0.1" },
      { type: "AAAA", name: "a.counter.example", ttl: 30, data: "2001:db8:0:0:0:0:0:1" },
      { type: "A", name: "b.counter.example", ttl: 30, data: "10.0.0.2" },
    ];
    for (const name of [domain, `${domain}.`, "COUNTER.example"]) {
      expect(shown(await make().service(name))).toEqual([
        "a.counter.example:14000 0/100 10.0.0.1 2001:db8::1",
        "b.counter.example:14001 1/5 10.0.0.2",
        "elsewhere.example:14002 0/100 ",
      ]);
    }
  });

  it("follows an alias", async () => {
    zone.records = [
      srv("a.counter.example", 14000),
      { type: "A", name: "host.example", ttl: 9, data: "10.0.0.7" },
    ];
    const { answer } = zone;
    zone.answer = (query) => {
      if (query.questions?.[0]?.name !== "a.counter.example") return answer.call(zone, query);
      const alias: Answer = { type: "CNAME", name: "a.counter.example", ttl: 30, data: "host.example" };
      const behind = zone.records.filter(
        (r) => r.name === "host.example" && r.type === query.questions?.[0]?.type,
      );
      return { type: "response", id: query.id, questions: query.questions, answers: [alias, ...behind] };
    };
    expect(shown(await make().service(domain))).toEqual(["a.counter.example:14000 0/100 10.0.0.7"]);
  });

  it("tells apart: no such name, no such record, no such service, an error", async () => {
    const nothing = await failure(make().service(domain));
    expect(nothing).toMatchObject({
      said: "none",
      message: `${domain}: there is no SRV record at ${srvAt} (NXDOMAIN)`,
    });
    zone.records = [{ type: "TXT", name: srvAt, ttl: 30, data: ["x"] }];
    expect(await failure(make().service(domain))).toMatchObject({
      said: "none",
      message: `${domain}: there is no SRV record at ${srvAt} (NODATA)`,
    });
    zone.records = [srv(".", 1)];
    expect(await failure(make().service(domain))).toMatchObject({ said: "none" });
    zone.mood = "servfail";
    for (const run of [make().service(domain), make().texts(domain)]) {
      const { said, message } = await failure(run);
      expect([said, message]).toEqual(["error", expect.stringMatching(/^counter\.example: .*SERVFAIL$/)]);
    }
  });

  it("says so when nobody answers", async () => {
    const resolver = make();
    await Promise.all([dns.close(), doh.close()]);
    for (const run of [resolver.service(domain), resolver.texts(domain)])
      expect(await failure(run)).toMatchObject({ said: "nothing" });
    [dns, doh] = await Promise.all([FakeDns.start(zone), FakeDoh.start(zone)]);
  });

  it("gives up on a server that is silent", async () => {
    zone.mood = "silence";
    const began = performance.now();
    const { said, message } = await failure(make().service(domain));
    expect([said, message]).toEqual(["nothing", expect.stringContaining("counter.example")]);
    expect(performance.now() - began).toBeLessThan(8_000);
  });

  it("reads TXT, several strings as one text", async () => {
    zone.records = [
      { type: "TXT", name: domain, ttl: 30, data: ["REPLICA 10.0.0.1:14000 ", "id=0123456789abcdef"] },
      { type: "TXT", name: domain, ttl: 30, data: ["v=spf1 -all"] },
    ];
    const texts = await make().texts(domain);
    expect([...texts].sort()).toEqual(["REPLICA 10.0.0.1:14000 id=0123456789abcdef", "v=spf1 -all"]);
    zone.records = [srv("a.example", 1)];
    expect(await make().texts(domain)).toEqual([]);
    zone.records = [];
    expect(await make().texts(domain)).toEqual([]);
  });
});

describe("over UDP and TCP", () => {
  it("asks by TCP what UDP could not carry", async () => {
    dns.cuts = true;
    publish(
      zone,
      domain,
      Array.from({ length: 40 }, (_, i) => `10.0.0.${i + 1}:14000`),
    );
    const { targets, ttlMillis } = await new SystemResolver(dns.addr).service(domain);
    expect(targets).toHaveLength(40);
    expect(targets.every(({ addresses }) => addresses.length === 1)).toBe(true);
    expect(dns.tcpQueries).toBeGreaterThan(0);
    expect(ttlMillis).toBe(0);
  });

  it("takes the name of a server for its address, and says when there is no such host", async () => {
    publish(zone, domain, ["10.0.0.1:14000"]);
    const port = dns.addr.split(":")[1];
    expect((await new SystemResolver(`localhost:${port}`).service(domain)).targets).toHaveLength(1);
    const { message } = await failure(new SystemResolver("no such:53").service(domain));
    expect(message).toContain("CONCOORD_DNS");
  });
});

describe("over HTTPS", () => {
  it("asks as RFC 8484 says, and once where addresses come along", async () => {
    publish(zone, domain, ["10.0.0.1:14000", "10.0.0.2:14000"]);
    zone.additional = zone.records.filter(({ type }) => type === "A");
    const found = await new DohResolver(doh.addr).service(domain);
    expect(shown(found).map((line) => line.split(" ")[2])).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(zone.asked).toEqual([`SRV ${srvAt}`]);
    const [request] = doh.requests;
    expect(request?.accept).toBe("application/dns-message");
    // The same question is the same URL: id 0, RD, one question.
    const query = Buffer.from(
      new URL(request?.url ?? "", doh.addr).searchParams.get("dns") ?? "",
      "base64url",
    );
    expect(query.subarray(0, 12).toString("hex")).toBe("000001000001000000000000");
    expect(request?.url).toMatch(/^\/dns-query\?dns=[\w-]+$/);
  });

  it("subtracts the time in caches from the least TTL", async () => {
    publish(zone, domain, ["10.0.0.1:14000"], 30);
    zone.additional = [{ type: "A", name: "10-0-0-1.ipaddr.counter.example", ttl: 20, data: "10.0.0.1" }];
    const resolver = new DohResolver(doh.addr);
    expect((await resolver.service(domain)).ttlMillis).toBe(20_000);
    doh.age = 12;
    expect((await resolver.service(domain)).ttlMillis).toBe(8_000);
    doh.age = 100;
    expect((await resolver.service(domain)).ttlMillis).toBe(0);
    doh.age = 3;
    zone.additional = [];
    expect((await resolver.service(domain)).ttlMillis).toBe(27_000);
  });

  it("keeps the query of its URL, and knows templates", async () => {
    publish(zone, domain, ["10.0.0.1:14000"]);
    await new DohResolver(`${doh.addr}?key=1`).service(domain);
    await new DohResolver(`${doh.addr}{?dns}`).service(domain);
    expect(doh.requests[0]?.url).toMatch(/^\/dns-query\?key=1&dns=/);
    expect(doh.requests.at(-1)?.url).toMatch(/^\/dns-query\?dns=/);
    expect(dohOf("https://app.example")).toBe("https://app.example/dns-query");
  });

  it("takes nothing for an answer that is none", async () => {
    publish(zone, domain, ["10.0.0.1:14000"]);
    const resolver = new DohResolver(doh.addr);
    const heads = { "content-type": "application/dns-message" };
    const wrong: readonly (readonly [RegExp, typeof doh.instead])[] = [
      [/HTTP 503/, (_, response) => response.writeHead(503).end()],
      [/is no DNS server/, (_, response) => response.end("<html>")],
      [/gives no answer/, (_, response) => response.writeHead(200, heads).end("rubbish")],
      [/gives no answer/, (_, response) => response.writeHead(200, heads).end()],
      [/does not answer/, (_, response) => response.writeHead(200, heads).end(Buffer.alloc(70_000))],
      [/does not answer/, (_, response) => response.destroy()],
      [/gives no answer/, (query, response) => doh.say(response, { ...query, type: "query" })],
      [/gives no answer/, (query, response) => doh.say(response, { ...query, type: "response", id: 7 })],
      [
        /gives no answer/,
        (query, response) => {
          const questions = [{ type: "SRV", name: "_concoord._tcp.other.example" } as const];
          doh.say(response, { ...query, type: "response", questions });
        },
      ],
      [
        /cut its answer off/,
        (query, response) => doh.say(response, { ...query, type: "response", flags: 0x0200, answers: [] }),
      ],
    ];
    for (const [message, instead] of wrong) {
      doh.instead = instead;
      expect((await failure(resolver.service(domain))).message).toMatch(message);
    }
    doh.instead = null;
    expect((await resolver.service(domain)).targets).toHaveLength(1);
  });
});
