/** HTTP on a node's port: health, status, calls, the page. It only translates; the node decides. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { argumentsBytesMax, keyCharsMax } from "../../shared/limits.ts";
import { formatObject, parseObject } from "../../shared/object/address.ts";
import type { StateReport } from "../../shared/server/page-report.ts";
import type { SessionList } from "../../shared/server/session-list.ts";
import type { Status } from "../../shared/server/status.ts";
import type { Names } from "../dns/names.ts";
import { plain } from "../json.ts";
import type { Counts } from "../metrics/counts.ts";
import { type App, type Ctx, checkCaller, checkHost, checkViewer } from "./callers.ts";
import { dnsRoutes } from "./dns.ts";
import { HttpError, problem, statusOf } from "./errors.ts";
import { pageRoutes } from "./page.ts";

/** What the node can be asked. */
export interface HttpNode {
  /** Null until the node knows its cluster. */
  status(): Status | null;
  sessions(): SessionList;
  /** In the view, caught up, and a leader is known. */
  ready(): boolean;
  /** What it counted; null until the node knows its cluster. */
  counts(): Counts | null;
  /** Calls a method; with `key` at most once for all calls with that key. Rejects as the client API does. */
  call(request: CallRequest): Promise<unknown>;
  /** What a page is told for as long as it reads, as text/event-stream. @param object "Class/name", or null */
  watch(object: string | null): ReadableStream<Uint8Array>;
  /** The state of an object now, or after a slot. @throws HttpError */
  state(object: string, slot: number | null): Promise<StateReport>;
}

export interface CallRequest {
  /** "Class/name" */
  readonly object: string;
  readonly method: string;
  readonly args: readonly unknown[];
  readonly key: string | null;
}

export interface AppOptions {
  readonly node: HttpNode;
  /** The clients' token, or null when everybody may call. */
  readonly token: string | null;
  /** The host under which this node is known, beside IP addresses and localhost. */
  readonly host: string;
  /** What it answers as a nameserver; null, or nothing, for a node that is none. */
  readonly names?: Names | null;
}

/** @returns the app; its `fetch` answers requests */
export function httpApp({ node, token, host, names = null }: AppOptions): App {
  const app: App = new Hono();
  app.onError((error, c) => {
    const { status, body } = problem(error);
    return c.json(body, status);
  });
  app.notFound((c) => c.json(problem(new HttpError(404, "BAD_FRAME", "there is no such page")).body, 404));
  if (names !== null) dnsRoutes(app, names);
  app.use(async (c, next) => {
    checkHost(c, host);
    await next();
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
  });
  app.get("/livez", (c) => c.text("ok\n"));
  app.get("/readyz", (c) => (node.ready() ? c.text("ok\n") : c.text("not ready\n", 503)));
  app.get("/status.json", (c) => c.json(statusOf(node), 200, { "cache-control": "no-store" }));
  app.get("/sessions.json", (c) => {
    statusOf(node);
    return c.json(node.sessions(), 200, { "cache-control": "no-store" });
  });
  app.get("/metrics", async (c) => {
    const counts = node.counts();
    if (counts === null) throw new HttpError(503, "NOT_EXECUTED", "the node is starting");
    const { type, text } = await (await import("../metrics/exposition.ts")).exposition(counts);
    return c.body(text, 200, { "content-type": type, "cache-control": "no-store" });
  });
  app.get("/view", (c) => {
    const { cluster, leader, view } = statusOf(node);
    return c.json({ cluster, leader, view }, 200, { "cache-control": "no-store" });
  });
  const tooLong = () => {
    throw new HttpError(413, "TOO_BIG", `the body is longer than ${argumentsBytesMax} bytes`);
  };
  app.post("/call", bodyLimit({ maxSize: argumentsBytesMax, onError: tooLong }), async (c) => {
    checkCaller(c, token);
    const value = await node.call(await readCall(c));
    return c.json({ value: value === undefined ? null : plain(value) });
  });
  app.all("/call", (c) => {
    const body = problem(new HttpError(405, "BAD_FRAME", "calls are made by POST")).body;
    return c.json(body, 405, { allow: "POST" });
  });
  watchRoutes(app, node, token);
  pageRoutes(app);
  return app;
}

/** What objects hold and callers said is behind the token. */
function watchRoutes(app: App, node: HttpNode, token: string | null): void {
  app.get("/watch", (c) => {
    checkViewer(c, token);
    statusOf(node);
    const object = c.req.query("object");
    const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
    return c.body(node.watch(object === undefined ? null : objectOf(object)), 200, headers);
  });
  app.get("/state.json", async (c) => {
    checkViewer(c, token);
    statusOf(node);
    const object = objectOf(c.req.query("object"));
    const slot = c.req.query("slot");
    const state = await node.state(object, slot === undefined ? null : Number(slot));
    return c.json(state, 200, { "cache-control": "no-store" });
  });
}

/** "Class/name" in full. @throws HttpError 400 */
function objectOf(text: unknown): string {
  const address = typeof text === "string" ? parseObject(text) : null;
  if (address === null)
    throw new HttpError(400, "BAD_FRAME", '"object" is not a text such as "Counter/main"');
  return formatObject(address);
}

async function readCall(c: Ctx): Promise<CallRequest> {
  const refuse = (what: string) => new HttpError(400, "BAD_FRAME", what);
  let body: unknown;
  try {
    body = await c.req.json();
  } catch (cause) {
    if (cause instanceof HttpError) throw cause;
    throw refuse("the body is not JSON");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw refuse("the body is not an object");
  const { object, method, args = [], key = null } = body as Record<string, unknown>;
  const target = objectOf(object);
  if (typeof method !== "string" || method === "") throw refuse('"method" is not a text');
  if (!Array.isArray(args)) throw refuse('"args" is not a list');
  if (key !== null && (typeof key !== "string" || key === "" || key.length > keyCharsMax))
    throw refuse(`"key" is not a text of 1 to ${keyCharsMax} characters`);
  return { object: target, method, args, key };
}
