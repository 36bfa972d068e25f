/** What a node tells its pages, over HTTP. */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Node, openSession, replica } from "../../src/node/node.ts";
import { pagesMax } from "../../src/shared/limits.ts";
import type { LogRow } from "../../src/shared/server/log-tail.ts";
import type { PageEvents, PastReport } from "../../src/shared/server/page-report.ts";
import type { Tree } from "../../src/shared/server/state-tree.ts";

const token = "open";
const headers = { authorization: `Bearer ${token}` };
const board = fileURLToPath(new URL("./board.ts", import.meta.url));

let node: Node;
beforeAll(async () => {
  node = await replica({ objects: [board, "concoord.object.lock.Lock"], memory: true, port: 0, token });
});
afterAll(() => node?.[Symbol.asyncDispose]());

/** Reads /watch until the events so far answer. */
async function watch<T>(query: string, found: (told: Partial<PageEvents>) => T | undefined): Promise<T> {
  const response = await fetch(`http://${node.addr}/watch${query}`, { headers });
  if (response.body === null) throw new Error("no stream");
  let text = "";
  const told: Record<string, unknown> = {};
  const decoder = new TextDecoder();
  for await (const bytes of response.body) {
    const events = (text + decoder.decode(bytes, { stream: true })).split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const [, name = "", data = ""] = /^event: (\w+)\ndata: (.*)$/s.exec(event) ?? [];
      told[name] = JSON.parse(data);
    }
    const answer = found(told as Partial<PageEvents>);
    if (answer === undefined) continue;
    return answer;
  }
  throw new Error("the stream ended");
}

function past(object: string, slot: number): Promise<Response> {
  return fetch(`http://${node.addr}/state.json?object=${object}&slot=${slot}`, { headers });
}

test("status, sessions, blocked calls, locks, methods, log and state", async () => {
  await using one = openSession(node.addr, { token });
  await using two = openSession(node.addr, { token });
  await one.call("Board", "add", ["a", "x"]);
  await one.call("Board", "fail", []).catch((error: unknown) => expect(String(error)).toContain("too far"));
  const held = await one.call("Lock/door", "acquire", [true, -1, "me"]);
  const waits = two.call("Lock/door", "acquire", []);
  const { blocked, locks, sessions } = await watch("", ({ standing }) =>
    standing !== undefined && standing.blocked.length > 0 ? standing : undefined,
  );
  expect(blocked).toMatchObject([{ object: "Lock/door", seq: 1, left: null }]);
  expect(locks).toMatchObject([
    { object: "Lock/door", token: held, waiting: 1, holders: [{ name: "me", times: 1 }] },
  ]);
  expect(sessions).toMatchObject({ count: 2, list: [{ blocked: 0 }, { blocked: 1 }] });
  const log = await watch("", ({ log }) => log);
  expect(log.find((row) => row.method === "add")).toMatchObject({
    object: "Board/main",
    args: '"a", "x"',
    seq: 1,
  });
  const methods = await watch("", ({ methods }) => methods?.methods);
  expect(methods.find((m) => m.method === "fail")).toMatchObject({ class: "Board", calls: 1, errors: 1 });
  expect(methods.find((m) => m.method === "add")?.latency.count).toBe(1);
  expect(methods.find((m) => m.method === "acquire")).toMatchObject({
    calls: 2,
    blocked: 1,
    latency: { count: 1 },
  });
  const { state } = await watch("?object=Board", (told) => told.state);
  expect(member(state, "bytes")).toEqual({ t: "bytes", c: "Uint8Array", n: 3, v: "0102fa" });
  expect(member(state, "notes")).toMatchObject({ t: "map", n: 1, e: [["a", { t: "object", n: 2 }]] });
  await one.call("Lock/door", "release", ["me"]);
  await waits;
});

test("an outcome that comes later comes to the row of the call", async () => {
  await using one = openSession(node.addr, { token });
  await using two = openSession(node.addr, { token });
  await one.call("Lock/late", "acquire", []);
  let waits: Promise<unknown> | null = null;
  const seen: string[] = [];
  const outcome = await watch("", ({ log }) => {
    if (log === undefined) return undefined;
    // Only now it is looked at: outcomes of before may have been forgotten.
    waits ??= two.call("Lock/late", "acquire", []);
    const of = (row: LogRow) => row.object === "Lock/late" && row.method === "acquire";
    const row = log.findLast(of);
    if (row === undefined || (seen.length === 0 && row.outcome.type !== "blocked")) return undefined;
    if (row.outcome.type !== seen.at(-1)) seen.push(row.outcome.type);
    if (seen.length === 1) void one.call("Lock/late", "release", []);
    return seen.length > 1 ? row.outcome : undefined;
  });
  expect(seen).toEqual(["blocked", "returned"]);
  expect(outcome.text).toBe(String(await waits));
});

test("an object after a slot of the past, with the outcomes of the calls before", async () => {
  await using session = openSession(node.addr, { token });
  for (const name of ["a", "b", "c"]) await session.call("Board/past", "add", [name, "x"]);
  const slots = await watch("", ({ log }) =>
    log?.filter((row) => row.object === "Board/past").map((row) => row.slot),
  );
  expect(slots).toHaveLength(3);
  const answer = await past("Board/past", slots[1] as number);
  const report = (await answer.json()) as PastReport;
  expect(report).toMatchObject({ object: "Board/past", slot: slots[1], problem: null });
  expect(member(report.state, "count")).toBe(2);
  expect(report.log.at(-1)).toMatchObject({
    slot: slots[1],
    args: '"b", "x"',
    outcome: { type: "returned", text: "2" },
  });
  // The node's own objects are as they were.
  expect(await session.call("Board/past", "total", [])).toBe(3);
  const table: readonly (readonly [number, number])[] = [
    [0, 400],
    [-1, 400],
    [1.5, 400],
    [1e9, 413],
  ];
  for (const [slot, status] of table)
    expect((await past("Board/past", slot)).status, String(slot)).toBe(status);
});

test("one look into the past at a time", async () => {
  const statuses = await Promise.all([1, 2, 3].map(async (slot) => (await past("Board", slot)).status));
  expect(statuses.sort()).toEqual([200, 503, 503]);
});

test("a class that says static live = false keeps its state to itself, now and then", async () => {
  await using session = openSession(node.addr, { token });
  await session.call("Secret", "change", ["more"]);
  const { state, problem } = await watch("?object=Secret", (told) => told.state);
  expect([state, problem]).toEqual([null, "class Secret says static live = false"]);
  expect(await (await past("Secret", node.status().executed)).json()).toMatchObject({ state: null });
});

test("so many pages and no more; who leaves makes room", async () => {
  const open = new AbortController();
  const ask = () => fetch(`http://${node.addr}/watch`, { headers, signal: open.signal });
  const pages = await Promise.all(Array.from({ length: pagesMax }, ask));
  expect(pages.map(({ status }) => status)).toEqual(Array(pagesMax).fill(200));
  expect((await ask()).status).toBe(503);
  open.abort();
  await expect.poll(async () => (await watch("", ({ status }) => status)).role).toBe("replica");
});

function member(state: Tree, name: string): Tree | undefined {
  if (state === null || typeof state !== "object" || state.t !== "object") return undefined;
  return state.e.find(([key]) => key === name)?.[1];
}
