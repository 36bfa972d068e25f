import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { type CallRequest, httpApp } from "../../src/node/http/app.ts";
import { Door } from "../../src/node/http/callers.ts";
import { Keys } from "../../src/node/http/keys.ts";
import { ConcoordError } from "../../src/shared/client/errors.ts";
import { httpKeysMax, keyCharsMax, sessionTtlMax } from "../../src/shared/limits.ts";
import type { Status } from "../../src/shared/server/status.ts";

const statusOf = { cluster: "c", leader: null, view: { number: 1 } } as unknown as Status;

/** An app before a node that answers each call with what `answer` says. */
function app(answer: (request: CallRequest) => unknown, token: string | null = null, from = "127.0.0.1") {
  const node = {
    status: () => statusOf,
    sessions: () => ({ count: 0, list: [] }),
    ready: () => false,
    counts: () => null,
    call: async (request: CallRequest) => answer(request),
    watch: () => new Blob(["event: status\ndata: {}\n\n"]).stream(),
    state: async (object: string, slot: number | null) => ({
      object,
      slot: slot ?? 0,
      state: null,
      problem: null,
    }),
  };
  const tokens = { client: token, peer: null };
  const names = () => ({ members: ["10.1.2.3:14000"], allowed: [] });
  const built = httpApp({ node, door: new Door({ tokens, authenticator: null, names }) });
  const incoming = { socket: { remoteAddress: from } } as unknown as IncomingMessage;
  return async (path: string, init: RequestInit = {}) => {
    const headers = { host: "127.0.0.1:14000", ...init.headers };
    const response = await built.request(path, { ...init, headers }, { incoming });
    return { status: response.status, body: (await response.text()).trim(), headers: response.headers };
  };
}

function post(body: unknown, headers: Record<string, string> = {}): RequestInit {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return { method: "POST", body: text, headers: { "content-type": "application/json", ...headers } };
}

const call = { object: "Counter", method: "add" };

test("translates a call and its value", async () => {
  const seen: CallRequest[] = [];
  const ask = app((request) => {
    seen.push(request);
    return new Map([["big", 12n]]);
  });
  const { status, body } = await ask("/call", post({ ...call, args: [1], key: "k" }));
  expect([status, body]).toEqual([200, '{"value":[["big","12"]]}']);
  expect(seen).toEqual([{ object: "Counter/main", method: "add", args: [1], key: "k" }]);
});

test.each([
  ["no JSON", "{", 400],
  ["a list", "[]", 400],
  ["no object", { method: "add" }, 400],
  ["no address of an object", { ...call, object: "/main" }, 400],
  ["no method", { object: "Counter" }, 400],
  ["args that are no list", { ...call, args: {} }, 400],
  ["a key that is no text", { ...call, key: 7 }, 400],
  ["a key that is too long", { ...call, key: "k".repeat(keyCharsMax + 1) }, 400],
  ["too long", { ...call, args: ["x".repeat(2 ** 20 + 1)] }, 413],
])("refuses %s", async (_what, body, status) => {
  const answer = await app(() => null)("/call", post(body));
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toMatchObject({ error: { name: "ConcoordError" } });
});

test.each([
  [new ConcoordError("UNKNOWN_METHOD", "m", "no"), 404, "UNKNOWN_METHOD"],
  [new ConcoordError("BUSY", "m", "no"), 503, "BUSY"],
  [new ConcoordError("TIMEOUT", "m", "unknown"), 504, "TIMEOUT"],
  [new ConcoordError("ABORTED", "m", "unknown"), 504, "ABORTED"],
  [new ConcoordError("SESSION_EXPIRED", "m", "unknown"), 503, "SESSION_EXPIRED"],
  [new ConcoordError("VERSION", "m", "no"), 500, "VERSION"],
  [new RangeError("m"), 422, null],
  [Object.assign(new Error("m"), { name: "ConcoordError", code: "BUSY" }), 422, "BUSY"],
])("a failed call has a status and a code: %s", async (error, status, code) => {
  const answer = await app(() => {
    throw error;
  })("/call", post(call));
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toEqual({ error: { code, name: error.name, message: "m" } });
});

test("a node remembers a limited number of keys, each until its session has ended", () => {
  const keys = new Keys();
  for (let i = 0; i < httpKeysMax; i++) keys.add(`key ${i}`, "d", i);
  expect(() => keys.add("another", "d", httpKeysMax)).toThrow("too many keys");
  keys.add("key 0", "d", httpKeysMax);
  keys.delete("key 1");
  keys.add("another", "d", httpKeysMax);
  expect(() => keys.add("one more", "d", sessionTtlMax + 1)).toThrow("too many keys");
  keys.add("one more", "d", sessionTtlMax + 2);
  keys.check("one more", "d");
  expect(() => keys.check("one more", "e")).toThrow("used for another call");
});

test("the token is needed, and from this machine only", async () => {
  const ask = app(() => 1, "secret");
  expect((await ask("/call", post(call))).status).toBe(401);
  expect((await ask("/call", post(call, { authorization: "Bearer guess" }))).status).toBe(401);
  expect((await ask("/call", post(call, { authorization: "Bearer secret" }))).status).toBe(200);
  const far = app(() => 1, "secret", "10.9.9.9");
  expect((await far("/call", post(call, { authorization: "Bearer secret" }))).status).toBe(403);
});

test("foreign pages cannot call, and foreign names are not ours", async () => {
  const ask = app(() => 1);
  expect((await ask("/call", post(call, { origin: "http://evil.example" }))).status).toBe(403);
  expect((await ask("/call", post(call, { origin: "http://127.0.0.1:14000" }))).status).toBe(200);
  expect((await ask("/call", post(call, { "content-type": "text/plain" }))).status).toBe(415);
  for (const [host, status] of [
    ["evil.example:14000", 403],
    ["localhost:14000", 200],
    ["[::1]:14000", 200],
    ["10.1.2.3:14000", 200],
  ] as const)
    expect((await ask("/livez", { headers: { host } })).status).toBe(status);
});

test("tells health, status and view", async () => {
  const ask = app(() => 1);
  expect((await ask("/livez")).status).toBe(200);
  expect((await ask("/readyz")).status).toBe(503);
  expect(JSON.parse((await ask("/status.json")).body)).toEqual(statusOf);
  expect(JSON.parse((await ask("/sessions.json")).body)).toEqual({ count: 0, list: [] });
  expect(JSON.parse((await ask("/view")).body)).toEqual({ cluster: "c", leader: null, view: { number: 1 } });
  const read = await ask("/call");
  expect([read.status, read.headers.get("allow")]).toEqual([405, "POST"]);
  expect(JSON.parse((await ask("/nothing")).body)).toMatchObject({ error: { code: "BAD_FRAME" } });
});

test("what objects hold is behind the token, and for pages of this origin", async () => {
  const bearer = { authorization: "Bearer t" };
  const table: readonly (readonly [Record<string, string>, string, number])[] = [
    [{}, "127.0.0.1", 401],
    [{ authorization: "Bearer u" }, "127.0.0.1", 401],
    [bearer, "127.0.0.1", 200],
    [bearer, "10.0.0.9", 403],
    [{ ...bearer, origin: "http://127.0.0.1:14000" }, "127.0.0.1", 200],
    [{ ...bearer, origin: "http://evil.example" }, "127.0.0.1", 403],
    [{ ...bearer, "sec-fetch-site": "cross-site" }, "127.0.0.1", 403],
    [{ ...bearer, "sec-fetch-site": "same-origin" }, "127.0.0.1", 200],
    [{ ...bearer, host: "evil.example" }, "127.0.0.1", 403],
  ];
  for (const [headers, from, status] of table)
    for (const path of [
      "/watch",
      "/watch?object=Counter",
      "/state.json?object=Counter/a",
      "/state.json?object=C&slot=3",
    ])
      expect([path, headers, (await app(() => null, "t", from)(path, { headers })).status]).toEqual([
        path,
        headers,
        status,
      ]);
  const open = app(() => null);
  expect((await open("/watch")).headers.get("content-type")).toBe("text/event-stream");
  expect(JSON.parse((await open("/state.json?object=Counter&slot=3")).body)).toMatchObject({
    object: "Counter/main",
    slot: 3,
  });
  for (const path of ["/state.json", "/state.json?object=", "/watch?object=/x"])
    expect((await open(path)).status, path).toBe(400);
});
