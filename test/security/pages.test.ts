/** Which pages may speak with a node, and what a browser may do with what a node answers. */
import { request } from "node:http";
import { type Node, replica } from "concoord/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { freePorts } from "../process/processes.ts";

let node: Node;
beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  const objects = ["./test/fixtures/objects/desk.ts"];
  node = await replica({ objects, memory: true, port, allowOrigins: ["https://app.example"] });
});
afterAll(() => node[Symbol.asyncDispose]());

interface Answered {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** As a browser asks that was told another name for this address. */
function ask(path: string, headers: Record<string, string> = {}, body?: string): Promise<Answered> {
  const [host, port] = node.addr.split(":");
  const method = body === undefined ? "GET" : "POST";
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

/** "open", or the status of the refusal. */
function handshake(headers: Record<string, string>): Promise<string | number> {
  return new Promise((resolve, reject) => {
    const ws = new WebSocket(`ws://${node.addr}/concoord`, { headers });
    ws.on("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
    ws.on("error", reject);
    ws.on("open", () => {
      ws.terminate();
      resolve("open");
    });
  });
}

test("a WebSocket is for pages of this node and of the operator's list", async () => {
  const own = node.addr;
  for (const [headers, expected] of [
    [{}, "open"],
    [{ origin: `http://${own}` }, "open"],
    [{ origin: "https://app.example" }, "open"],
    [{ origin: "https://app.example", host: "app.example" }, "open"],
    [{ origin: "http://app.example" }, 403],
    [{ origin: "https://evil.example" }, 403],
    [{ origin: "null" }, 403],
    // DNS rebinding: the page's own name leads here.
    [{ origin: "http://evil.example:14000", host: "evil.example:14000" }, 403],
  ] as const)
    expect([headers, await handshake(headers)]).toEqual([headers, expected]);
});

test("calls and looks are for pages of this node, too", async () => {
  const json = { "content-type": "application/json" };
  const call = '{"object":"Desk","method":"note","args":["x"]}';
  for (const [headers, expected] of [
    [{}, 200],
    [{ origin: `http://${node.addr}` }, 200],
    [{ origin: "https://evil.example" }, 403],
    [{ origin: "null" }, 403],
    [{ origin: "http://evil.example", host: "evil.example" }, 403],
    [{ host: "evil.example" }, 403],
    [{ host: "app.example" }, 200],
  ] as const) {
    expect([headers, (await ask("/call", { ...json, ...headers }, call)).status]).toEqual([
      headers,
      expected,
    ]);
    const state = await ask("/state.json?object=Desk", headers);
    expect([headers, state.status]).toEqual([headers, expected]);
  }
  // Forms of other sites can say no other type.
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
    expect((await ask("/call", { "content-type": type }, call)).status).toBe(415);
});

const script = "<script>alert(1)</script>";
const quoted = encodeURIComponent(script);

test("no answer runs anything, is framed, sets a cookie, or is markup that somebody else wrote", async () => {
  const json = { "content-type": "application/json" };
  const bodies = [
    { object: script, method: "note" },
    { object: "Desk", method: script },
    { object: `Desk/${script}`, method: script },
    { object: "Desk", method: "note", key: { [script]: 1 } },
  ];
  const answers = await Promise.all([
    ...["/", "/livez", "/readyz", "/status.json", "/sessions.json", "/view", "/metrics", "/page.js"].map(
      (p) => ask(p),
    ),
    ...[`/${quoted}`, `/state.json?object=${quoted}`, `/state.json?object=Desk&slot=${quoted}`].map((p) =>
      ask(p),
    ),
    ask("/livez", { host: script }),
    ask("/status.json", { host: `${script}.example` }),
    ask("/call", { ...json, origin: `https://${script}` }, "{}"),
    ask("/call", json, script),
    ask("/call", { "content-type": script }, "{}"),
    ...bodies.map((body) => ask("/call", json, JSON.stringify(body))),
  ]);
  for (const { status, headers, text } of answers) {
    // What is no HTTP is not answered in words.
    if (text === "") continue;
    const shown = `${status} ${text.slice(0, 200)}`;
    expect(headers["x-content-type-options"], shown).toBe("nosniff");
    const policy = String(headers["content-security-policy"]);
    expect(policy, shown).toMatch(/^default-src 'none'/);
    expect(policy, shown).toContain("frame-ancestors 'none'");
    expect(policy, shown).not.toMatch(/unsafe|\*/);
    expect(headers["set-cookie"], shown).toBeUndefined();
    expect(text.includes(script), shown).toBe(false);
  }
  expect(answers.filter(({ status }) => status >= 400).length).toBeGreaterThan(10);
});
