/** The operator's own rules in running nodes: clients, HTTP, live objects, operators' programs, by real sockets. */
import { randomBytes } from "node:crypto";
import { ConcoordError, live, openSession } from "concoord";
import { type Action, type Asking, type Auth, type Node, replica } from "concoord/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Questions, WsPeerProbe } from "../../src/node/net/probe.ts";
import { nodeId } from "../../src/shared/paxos/ids.ts";
import { Refused } from "../../src/shared/server/transport.ts";
import { Desk } from "../fixtures/objects/desk.ts";
import { freePorts } from "../process/processes.ts";

const millisMax = 20_000;
const users = new Map([
  ["ann's", { user: "ann", rights: ["read", "call", "state"] }],
  ["bob's", { user: "bob", rights: ["read", "call"] }],
  ["eve's", { user: "eve", rights: ["read"] }],
  ["root's", { user: "root", rights: ["admin"] }],
] as const);
const asked: Asking[] = [];
const actions: Action[] = [];
const rules: Auth = {
  authenticate: async (asking) => {
    asked.push(asking);
    const found = users.get((asking.token ?? "") as "ann's");
    if (found !== undefined) return found;
    if (asking.token === "bad") throw new Error("the database is down: bad");
    return asking.headers.get("x-proxy-user") === "guest" ? { user: null, rights: ["read"] } : null;
  },
  authorize: (action) => {
    actions.push(action);
    const { user, kind, object, method, args } = action;
    if (kind === "admin") return method !== "evict";
    if (user === "bob" && object === "Desk/main" && method === "note") return args[0] !== "secret";
    return object !== "Desk/closed" || user === "ann";
  },
};

let node: Node;
let second: Node;
beforeAll(async () => {
  const [port = 0, other = 0] = await freePorts(2);
  const options = {
    objects: ["./test/fixtures/objects/desk.ts"],
    memory: true,
    auth: rules,
    peerToken: "peers",
  };
  node = await replica({ ...options, port });
  second = await replica({ ...options, port: other, boot: node.addr });
});
afterAll(async () => {
  await second[Symbol.asyncDispose]();
  await node[Symbol.asyncDispose]();
});

async function failure(promise: Promise<unknown>): Promise<ConcoordError> {
  const error: unknown = await promise.then(
    (value) => new Error(`it returned ${String(value)}`),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConcoordError);
  return error as ConcoordError;
}

test("methods see the user that the rules name, whichever node is asked", async () => {
  for (const addr of [node.addr, second.addr])
    for (const [token, { user }] of [...users].slice(0, 2)) {
      await using session = openSession(addr, { token, timeout: millisMax });
      expect(await session.call("Desk", "note", ["hello"])).toBe(user);
      expect(await session.call("Desk", "user")).toBe(user);
    }
});

test("who is nobody, or cannot be told, is refused with DENIED", async () => {
  for (const [options, message] of [
    [{}, /a token is needed/],
    [{ token: "guess" }, /the token is wrong/],
    [{ token: "peers" }, /the token is wrong/],
    [{ token: "bad" }, /could not be found out/],
  ] as const) {
    await using session = openSession(node.addr, { ...options, timeout: millisMax });
    const error = await failure(session.call("Desk", "user"));
    expect([error.code, error.executed]).toEqual(["DENIED", "no"]);
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain("database");
  }
});

test("rights come first, then the rules; what is refused changes nothing, and the session goes on", async () => {
  await using bob = openSession(second.addr, { token: "bob's", timeout: millisMax });
  await using eve = openSession(node.addr, { token: "eve's", timeout: millisMax });
  const before = actions.length;
  const lacks = await failure(eve.call("Desk/eve", "note", ["x"]));
  expect(lacks).toMatchObject({ code: "DENIED", executed: "no", message: 'this needs the right "call"' });
  expect(actions.slice(before)).toEqual([]);
  expect(await eve.call("Desk/eve", "user")).toBe("eve");

  const calls = [
    bob.call("Desk", "note", ["a"]),
    bob.call("Desk", "note", ["secret"]),
    bob.call("Desk", "note", ["b"]),
  ];
  const [first, denied, last] = await Promise.allSettled(calls);
  expect([first, last]).toEqual([
    { status: "fulfilled", value: "bob" },
    { status: "fulfilled", value: "bob" },
  ]);
  const error = await failure(Promise.reject(denied?.status === "rejected" ? denied.reason : denied));
  expect(error).toMatchObject({ code: "DENIED", executed: "no", message: "bob may not call Desk/main.note" });
  expect(await failure(bob.call("Desk/closed", "user"))).toMatchObject({ code: "DENIED" });
  // Under its other name, too.
  const shown = actions.filter(({ user }) => user === "bob").map(({ object }) => object);
  expect(new Set(shown)).toEqual(new Set(["Desk/main", "Desk/closed"]));
});

test("state is seen by who has the right to it", async () => {
  await using ann = live(Desk, node.addr, { token: "ann's", name: "closed" });
  await ann.ready;
  await using bob = live(Desk, node.addr, { token: "bob's", name: "closed" });
  await expect(bob.ready).rejects.toMatchObject({ code: "DENIED" });
});

interface Answered {
  readonly status: number;
  readonly text: string;
}

async function http(path: string, headers: Record<string, string>, body?: unknown): Promise<Answered> {
  const made = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
  const type = body === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(`http://${node.addr}${path}`, { ...made, headers: { ...type, ...headers } });
  return { status: response.status, text: await response.text() };
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

test("HTTP asks the same rules, and a session serves one user alone", async () => {
  const note = (text: string) => ({ object: "Desk", method: "note", args: [text] });
  const said = await Promise.all(
    ["ann's", "bob's", "ann's"].map((token) => http("/call", bearer(token), note("x"))),
  );
  expect(said.map(({ status, text }) => [status, JSON.parse(text).value])).toEqual([
    [200, "ann"],
    [200, "bob"],
    [200, "ann"],
  ]);
  const table: readonly (readonly [Promise<Answered>, number, RegExp])[] = [
    [http("/call", {}, note("x")), 401, /a token is needed/],
    [http("/call", bearer("guess"), note("x")), 401, /the token is wrong/],
    [http("/call", bearer("bad"), note("x")), 401, /could not be found out/],
    [http("/call", bearer("eve's"), note("x")), 403, /needs the right \\"call\\"/],
    [http("/call", bearer("bob's"), note("secret")), 403, /bob may not call Desk\/main\.note/],
    [http("/call", { "x-proxy-user": "guest" }, { object: "Desk", method: "user" }), 200, /"value":null/],
    [http("/state.json?object=Desk", bearer("ann's")), 200, /"object":"Desk\/main"/],
    [http("/state.json?object=Desk", bearer("bob's")), 403, /needs the right \\"state\\"/],
    [http("/watch", bearer("eve's")), 403, /needs the right \\"state\\"/],
  ];
  for (const [answer, status, text] of table) {
    const found = await answer;
    expect(found.text).toMatch(text);
    expect(found.status).toBe(status);
    expect(found.text).not.toContain("database");
  }
  const shown = asked.filter(({ headers }) => headers.get("authorization") === "Bearer ann's");
  expect(shown.map(({ token, origin }) => [token, origin])).toContainEqual(["ann's", null]);
});

test("a key of HTTP is its user's: nobody sees what another's call with it returned", async () => {
  const call = { object: "Desk", method: "note", args: ["keyed"], key: "order 17" };
  const first = await http("/call", bearer("ann's"), call);
  expect(JSON.parse(first.text)).toEqual({ value: "ann" });
  expect(await http("/call", bearer("ann's"), call)).toEqual(first);
  expect(JSON.parse((await http("/call", bearer("bob's"), call)).text)).toEqual({ value: "bob" });
  const denied = { ...call, args: ["secret"], key: "order 18" };
  expect(await http("/call", bearer("bob's"), denied)).toMatchObject({ status: 403 });
});

test("who has a session is told to those alone who may see all", async () => {
  await using session = openSession(node.addr, { token: "ann's", timeout: millisMax });
  await session.call("Desk", "user");
  const named = (text: string) => JSON.parse(text).list.map(({ user }: { user: string | null }) => user);
  expect(named((await http("/sessions.json", bearer("ann's"))).text)).toContain("ann");
  for (const headers of [{}, bearer("eve's")]) {
    const users = named((await http("/sessions.json", headers)).text);
    expect(users.length).toBeGreaterThan(0);
    expect(new Set(users)).toEqual(new Set([null]));
  }
});

function probe(token: string | null, role: "peer" | "operator"): Promise<Questions> {
  const id = nodeId(randomBytes(8).toString("hex"));
  return new WsPeerProbe({ id, addr: "", token, role, cluster: null }).open(node.addr, millisMax);
}

test("operators' programs need the right admin, and ask no more than verbs do", async () => {
  for (const token of [null, "ann's", "guess", "peers"]) {
    const refused = await probe(token, "operator").catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Refused);
    expect(refused).toMatchObject({ code: "DENIED" });
  }
  const root = await probe("root's", "operator");
  expect(await root.ask({ type: "askGenesis" }, millisMax)).toMatchObject({ type: "genesis" });
  const evict = { type: "askChange", kind: "evict", id: nodeId(second.id) } as const;
  await expect(root.ask(evict, millisMax)).rejects.toThrow("root may not evict");
  expect(actions.at(-1)).toEqual({
    user: "root",
    kind: "admin",
    object: null,
    method: "evict",
    args: [second.id],
  });
  // What makes a member is for nodes, whoever asks.
  const forged = await probe("root's", "operator");
  const forward = { type: "forward", commands: [] } as const;
  await expect(forged.ask(forward, millisMax)).rejects.toThrow(/"forward" is for nodes alone/);
  expect(node.status().view.members).toHaveLength(2);
});

test("tokens of clients do not speak as nodes, and the key of nodes is proved, not sent", async () => {
  for (const token of [null, "ann's", "root's"]) {
    const refused = await probe(token, "peer").catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: "DENIED" });
  }
  const peer = await probe("peers", "peer");
  expect(await peer.ask({ type: "askGenesis" }, millisMax)).toMatchObject({ type: "genesis" });
  peer.close();
  expect(asked.some(({ token }) => token === "peers")).toBe(true); // those who showed it as a client's, above
});
