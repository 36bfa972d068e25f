/** DNS over HTTPS: RFC 8484, and the JSON form. */
import { describe, expect, test } from "vitest";
import { fromBase64url, toBase64url } from "../../src/shared/dns/base64url.ts";
import { type DohRequest, doh, dohError } from "../../src/shared/dns/doh.ts";
import { nameOf } from "../../src/shared/dns/name.ts";
import { Zone } from "../../src/shared/dns/zone-answers.ts";
import { member, query, read, zone } from "./zones.ts";

const D = "counter.example";
const wire = "application/dns-message";
const json = "application/dns-json";

function send(rest: Partial<DohRequest>, zones: Zone = zone) {
  const got = doh(
    { method: "GET", query: "", accept: null, contentType: null, body: new Uint8Array(0), ...rest },
    zones,
  );
  return { ...got, text: Buffer.from(got.body).toString() };
}

const get = (bytes: Uint8Array, accept: string | null = wire) =>
  send({ query: `dns=${toBase64url(bytes)}`, accept });
const post = (body: Uint8Array, contentType: string | null = wire) =>
  send({ method: "POST", contentType, accept: wire, body });
const ask = (parameters: string, zones?: Zone) => {
  const got = send({ query: parameters, accept: json }, zones);
  expect([got.status, got.headers["content-type"]]).toEqual([200, json]);
  return JSON.parse(got.text);
};

describe("RFC 8484 4.1, 6: the message as it is", () => {
  test.each([
    ["GET", get],
    ["POST", post],
  ])("%s", (_, by) => {
    const got = by(query(D, { rd: true, id: 0, edns: {} }));
    expect([got.status, got.headers["content-type"]]).toEqual([200, wire]);
    expect(read(got.body)).toMatchObject({ id: 0, aa: true, rd: true, ra: false, code: 0 });
    expect(read(got.body).answers).toHaveLength(2);
  });

  test("HEAD is GET; a content type may have parameters; other parameters are passed over", () => {
    const dns = toBase64url(query(D));
    expect(send({ method: "HEAD", query: `dns=${dns}` }).status).toBe(200);
    expect(post(query(D), "Application/DNS-Message; charset=x").status).toBe(200);
    expect(send({ query: `ct&x=1&dns=${dns}` }).status).toBe(200);
  });

  test("no size of UDP limits it", () => {
    const members = Array.from({ length: 60 }, (_, i) => member(i, `127.0.0.${i + 1}:14000`));
    const large = Zone.of(nameOf(D), { number: 1, members });
    const got = send({ query: `dns=${toBase64url(query(D, { type: "SRV" }))}` }, large);
    expect(read(got.body)).toMatchObject({ tc: false });
    expect(read(got.body).answers).toHaveLength(60);
  });
});

describe("RFC 8484 4.2.1: the status speaks of HTTP only", () => {
  test.each([
    ["NXDOMAIN", query(`no.${D}`), 3],
    ["REFUSED", query("other.example"), 5],
    ["FORMERR", Uint8Array.of(...query(D), 0), 1],
    ["NOTIMP", query(D).map((byte, i) => (i === 2 ? 0x28 : byte)), 4],
  ])("%s is a 200", (_, bytes, rcode) => {
    for (const got of [get(bytes), post(bytes)]) {
      expect(got.status).toBe(200);
      expect(read(got.body).code).toBe(rcode);
    }
  });
});

describe("RFC 8484 5.1: how long an answer stays fresh", () => {
  test.each([
    ["the smallest TTL", D, 30],
    ["of a negative answer, that of the SOA, which is its minimum (RFC 2308 5)", `no.${D}`, 5],
    ["no record, no time", "other.example", 0],
  ])("%s", (_, name, seconds) => {
    expect(get(query(name, { edns: {} })).headers["cache-control"]).toBe(`max-age=${seconds}`);
    expect(post(query(name)).headers["cache-control"]).toBe(`max-age=${seconds}`);
  });

  test("the answer depends on what the client accepts", () => {
    expect(get(query(D)).headers["vary"]).toBe("accept");
  });
});

describe("what is no such request", () => {
  const dns = toBase64url(query(D));
  const rows: readonly (readonly [string, number, Partial<DohRequest>])[] = [
    ["no parameter", 400, {}],
    ["an empty parameter", 400, { query: "dns=" }],
    ["padding (RFC 8484 6)", 400, { query: `dns=${toBase64url(query(`x.${D}`))}%3D` }],
    ["base64 that is not base64url", 400, { query: "dns=AAAB%2BAAA" }],
    ["too short for a header", 400, { query: "dns=AAAB" }],
    ["a response", 400, { query: `dns=${toBase64url(query(D).map((b, i) => (i === 2 ? 0x80 : b)))}` }],
    ["an escape that is none", 400, { query: "dns=%zz" }],
    ["an empty body", 400, { method: "POST", contentType: wire }],
    ["another method", 405, { method: "PUT", query: `dns=${dns}` }],
    ["a client that takes neither form", 406, { query: `dns=${dns}`, accept: "text/html" }],
    ["a client that excludes both", 406, { query: `dns=${dns}`, accept: "*/*;q=0" }],
    ["a long body", 413, { method: "POST", contentType: wire, body: new Uint8Array(4_097) }],
    ["a long URL", 414, { query: `dns=${"A".repeat(8_192)}` }],
    ["a long message", 414, { query: `dns=${"A".repeat(5_500)}` }],
    ["another content type", 415, { method: "POST", contentType: "application/json", body: query(D) }],
    ["no content type", 415, { method: "POST", body: query(D) }],
    ["no name", 400, { query: "type=A" }],
    ["an empty name", 400, { query: "name=" }],
    ["a name that is none", 400, { query: `name=a..${D}` }],
    ["a name that is not ASCII", 400, { query: "name=%C3%BC.example" }],
    ["a type that is none", 400, { query: `name=${D}&type=NOPE` }],
    ["a number that is no type", 400, { query: `name=${D}&type=65536` }],
  ];

  test.each(rows)("%s: %i", (_, status, request) => {
    const got = send(request);
    expect(got.status).toBe(status);
    expect(got.headers).toMatchObject({
      "access-control-allow-origin": "*",
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
    });
    expect(got.text).toMatch(/^[ -~]+\n$/);
    expect(got.headers["allow"]).toBe(status === 405 ? "GET, HEAD, POST, OPTIONS" : undefined);
  });

  test("404 is the adapter's, in the same form", () => {
    expect(dohError(404, "no such path")).toMatchObject({
      status: 404,
      headers: { "access-control-allow-origin": "*" },
    });
  });
});

describe("scripts of any page may ask", () => {
  test("every answer says so, and shows Age", () => {
    for (const got of [get(query(D)), get(query("other.example")), send({ query: `name=${D}` })])
      expect(got.headers).toMatchObject({
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "age",
      });
  });

  test("the question before a POST", () => {
    const got = send({ method: "OPTIONS" });
    expect([got.status, got.body.length]).toEqual([204, 0]);
    expect(got.headers).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, HEAD, POST, OPTIONS",
      "access-control-allow-headers": "content-type, accept",
    });
  });
});

describe("JSON", () => {
  test("its fields", () => {
    expect(ask(`name=${D}&type=A`)).toEqual({
      Status: 0,
      TC: false,
      RD: true,
      RA: false,
      AD: false,
      CD: false,
      Question: [{ name: `${D}.`, type: 1 }],
      Answer: [
        { name: `${D}.`, type: 1, TTL: 30, data: "10.0.0.1" },
        { name: `${D}.`, type: 1, TTL: 30, data: "10.0.0.2" },
      ],
    });
  });

  test.each([
    ["SRV", 33, "0 100 14000 10-0-0-1.ipaddr.counter.example."],
    ["srv", 33, "0 100 14000 10-0-0-1.ipaddr.counter.example."],
    ["33", 33, "0 100 14000 10-0-0-1.ipaddr.counter.example."],
    ["TYPE16", 16, '"REPLICA 10.0.0.1:14000 id=0000000000000001"'],
    ["AAAA", 28, "2001:db8::3"],
    ["NS", 2, "ns1.counter.example."],
    ["ANY", 13, '"RFC8482" ""'],
  ])("type=%s", (type, code, data) => {
    expect(ask(`type=${type}&name=${D}.`).Answer[0]).toMatchObject({ type: code, data });
  });

  test("A is what is asked for when nothing is said; cd comes back", () => {
    expect(ask(`name=${D}&cd=1`)).toMatchObject({ CD: true, Question: [{ type: 1 }] });
    expect(ask(`name=${D}&do=1`).Answer).toHaveLength(2);
  });

  test("what is not there: Status and the SOA", () => {
    expect(ask(`name=no.${D}`)).toMatchObject({
      Status: 3,
      Answer: [],
      Authority: [
        {
          name: `${D}.`,
          type: 6,
          TTL: 5,
          data: "ns1.counter.example. hostmaster.counter.example. 7 300 60 86400 5",
        },
      ],
    });
  });

  test("a dot in a label, quotes and bytes that are no letters are escaped, and read back", () => {
    const got = ask(`name=${encodeURIComponent(`a\\.b"\\000\\255.${D}`)}`);
    expect(got.Question).toEqual([{ name: `a\\.b\\"\\000\\255.${D}.`, type: 1 }]);
    expect(got.Status).toBe(3);
  });

  test("the text of TXT is escaped as dig does, then as JSON does", () => {
    const strings = ['say "hi"', "back\\slash", "\x00\xff"].map((s) =>
      Uint8Array.from(s, (c) => c.charCodeAt(0)),
    );
    const owner = nameOf(D);
    const soa = {
      type: "SOA",
      mname: owner,
      rname: owner,
      serial: 1,
      refresh: 1,
      retry: 1,
      expire: 1,
      minimum: 1,
    };
    const odd = new Zone(owner, [
      { owner, ttl: 30, data: { ...soa, type: "SOA" } },
      { owner, ttl: 7, data: { type: "TXT", strings } },
    ]);
    const [record] = ask(`name=${D}&type=TXT`, odd).Answer;
    expect(record).toEqual({
      name: `${D}.`,
      type: 16,
      TTL: 7,
      data: '"say \\"hi\\"" "back\\\\slash" "\\000\\255"',
    });
  });

  test("who asks one way may be answered the other", () => {
    const asJson = get(query(D), json);
    expect(asJson.headers["content-type"]).toBe(json);
    expect(JSON.parse(asJson.text)).toMatchObject({ RD: false, Answer: [{ data: "10.0.0.1" }, {}] });
    const asWire = send({ query: `name=${D}`, accept: wire });
    expect(asWire.headers["content-type"]).toBe(wire);
    expect(read(asWire.body).answers).toHaveLength(2);
    const plain = send({ query: `name=${D}`, accept: "application/json" });
    expect(plain.headers["content-type"]).toBe("application/json");
  });

  test.each([
    ["a browser's address line", "text/html,application/xhtml+xml,*/*;q=0.8", json],
    ["nothing", null, json],
    ["all of application", "application/*", json],
    ["JSON excluded", "application/dns-json;q=0, application/json;q=0.0, */*", wire],
  ])("accept: %s", (_, accept, type) => {
    expect(send({ query: `name=${D}`, accept }).headers["content-type"]).toBe(type);
  });
});

describe("base64url", () => {
  test("reads and writes what Node does", () => {
    for (let length = 0; length < 70; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 89 + length * 31) & 0xff);
      const text = Buffer.from(bytes).toString("base64url");
      expect(toBase64url(bytes)).toBe(text);
      expect(fromBase64url(text)).toEqual(bytes);
    }
  });

  test.each(["A", "AAAAA", "AB", "AAB", "A+", "A/", "AA==", "A A", "A\n", "é="])("%j is none", (text) => {
    expect(fromBase64url(text)).toBeNull();
  });
});
