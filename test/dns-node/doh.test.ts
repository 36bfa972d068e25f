/** DNS over HTTPS on a node's real port, as fetch and raw HTTP see it. */
import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Names } from "../../src/node/dns/names.ts";
import { httpApp } from "../../src/node/http/app.ts";
import { Door } from "../../src/node/http/callers.ts";
import { Listener } from "../../src/node/net/listener.ts";
import { dohQueryBytesMax } from "../../src/shared/name-limits.ts";
import { query, read } from "../dns/zones.ts";
import { domain, namesOf, viewOf } from "./rig.ts";

const message = "application/dns-message";
let names: Names;
let listener: Listener;
let base: string;
beforeAll(async () => {
  names = namesOf(viewOf(3));
  listener = await Listener.bind("127.0.0.1", 0);
  const node = {
    status: () => null,
    sessions: () => ({ count: 0, list: [] }),
    ready: () => false,
    counts: () => null,
    call: () => Promise.reject(new Error("no calls")),
    watch: () => new ReadableStream<Uint8Array>(),
    state: () => Promise.reject(new Error("no objects")),
  };
  const tokens = { client: "secret", peer: null };
  const door = new Door({ tokens, authenticator: null, names: () => ({ members: [], allowed: [] }) });
  const app = httpApp({ node, door, names });
  listener.serveHttp((asked, env) => app.fetch(asked, env));
  base = `http://127.0.0.1:${listener.port}/dns-query`;
});
afterAll(() => listener.close());

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("base64url");
}

const srv = query(`_concoord._tcp.${domain}`, { type: "SRV", id: 0 });

test("GET and POST answer the same bytes", async () => {
  const get = await fetch(`${base}?dns=${base64url(srv)}`, { headers: { accept: message } });
  expect(get.status).toBe(200);
  expect(Object.fromEntries(get.headers)).toMatchObject({
    "content-type": message,
    "cache-control": "max-age=30",
    "access-control-allow-origin": "*",
  });
  const bytes = Buffer.from(await get.arrayBuffer());
  expect(get.headers.get("content-length")).toBe(String(bytes.length));
  expect(read(bytes)).toMatchObject({ code: 0, aa: true });
  expect(read(bytes).answers).toHaveLength(3);
  const post = await fetch(base, { method: "POST", body: srv, headers: { "content-type": message } });
  expect(Buffer.from(await post.arrayBuffer())).toEqual(bytes);
});

test("the JSON form", async () => {
  const found = await fetch(`${base}?name=${domain}&type=A`, { headers: { accept: "application/dns-json" } });
  expect(found.headers.get("content-type")).toBe("application/dns-json");
  const answer = (data: string) => ({ name: `${domain}.`, type: 1, TTL: 30, data });
  expect(await found.json()).toMatchObject({
    Status: 0,
    Question: [{ name: `${domain}.`, type: 1 }],
    Answer: ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(answer),
  });
});

test.each([
  ["GET", "", {}, "", 400],
  ["GET", "?dns=!", {}, "", 400],
  ["GET", "?dns=AAAA", {}, "", 400],
  ["POST", "", { "content-type": "text/plain" }, "x", 415],
  ["POST", "", { "content-type": message }, "x", 400],
  ["POST", "", { "content-type": message }, "x".repeat(dohQueryBytesMax + 1), 413],
  ["PUT", "", { "content-type": message }, "x", 405],
  ["OPTIONS", "", { origin: "https://page.example", "access-control-request-method": "POST" }, "", 204],
  ["HEAD", `?dns=${base64url(srv)}`, {}, "", 200],
] as const)("%s %s %j is answered %s %s, with CORS", async (method, rest, headers, body, status) => {
  const found = await fetch(`${base}${rest}`, { method, headers, ...(body === "" ? {} : { body }) });
  expect(found.status).toBe(status);
  expect(found.headers.get("access-control-allow-origin")).toBe("*");
  const bytes = await found.arrayBuffer();
  if (method === "HEAD") expect(bytes.byteLength).toBe(0);
  if (status === 405) expect(found.headers.get("allow")).toBe("GET, HEAD, POST, OPTIONS");
  if (method === "OPTIONS") expect(found.headers.get("access-control-allow-methods")).toContain("POST");
});

test("a body without a length is read only as far as it may go", async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const asking = request(base, { method: "POST", headers: { "content-type": message } }, (response) => {
      resolve(response.statusCode);
      response.resume();
      asking.destroy();
    });
    asking.on("error", reject);
    const more = (): void => {
      if (!asking.destroyed) asking.write(Buffer.alloc(1_024), () => setImmediate(more));
    };
    more();
  });
  expect(status).toBe(413);
});

test("any name of the nameserver will do for names, and for nothing else", async () => {
  const ask = (path: string) =>
    new Promise<number | undefined>((resolve, reject) =>
      request(`http://127.0.0.1:${listener.port}${path}`, { headers: { host: domain } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on("error", reject)
        .end(),
    );
  expect(await ask(`/dns-query?name=${domain}&type=SRV`)).toBe(200);
  expect(await ask("/livez")).toBe(403);
});

test("the next view counts", async () => {
  const count = async () => {
    const found = await fetch(`${base}?name=${domain}&type=A`);
    return ((await found.json()) as { Answer: unknown[] }).Answer.length;
  };
  expect(await count()).toBe(3);
  names.onView(viewOf(5, 2));
  expect(await count()).toBe(5);
});
