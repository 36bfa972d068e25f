/** HTTP on a node's port: health, status, calls, the page. It only translates; the node decides. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { argumentsBytesMax, keyCharsMax } from "../../shared/limits.ts";
import { formatObject, parseObject } from "../../shared/object/address.ts";
import type { StateReport } from "../../shared/server/page-report.ts";
import type { SessionList } from "../../shared/server/session-list.ts";
import type { Status } from "../../shared/server/status.ts";
import type { Identity } from "../../shared/wire/identity.ts";
import type { Names } from "../dns/names.ts";
import { plain } from "../json.ts";
import type { Counts } from "../metrics/counts.ts";
import { bodyRoom } from "./bodies.ts";
import type { App, Ctx, Door } from "./callers.ts";
import { dnsRoutes } from "./dns.ts";
import { HttpError, harmless, problem, statusOf } from "./errors.ts";
import { pageRoutes } from "./page.ts";

const policyHeader = "content-security-policy";
/** Of all that is no page: a browser that shows it must not run anything in it, nor in a frame of another site. */
const answerPolicy = "default-src 'none'; frame-ancestors 'none'";

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
  call(request: CallRequest, identity: Identity): Promise<unknown>;
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
  /** Says who may come in. */
  readonly door: Door;
  /** What it answers as a nameserver; null, or nothing, for a node that is none. */
  readonly names?: Names | null;
}

/** @returns the app; its `fetch` answers requests */
export function httpApp({ node, door, names = null }: AppOptions): App {
  const app: App = new Hono();
  app.onError((error, c) => {
    const { status, body } = problem(error);
    return json(c, body, status);
  });
  app.notFound((c) => json(c, problem(new HttpError(404, "BAD_FRAME", "there is no such page")).body, 404));
  guard(app, door, names);
  app.get("/livez", (c) => c.text("ok\n"));
  app.get("/readyz", (c) => (node.ready() ? c.text("ok\n") : c.text("not ready\n", 503)));
  app.get("/status.json", (c) => json(c, statusOf(node)));
  app.get("/sessions.json", async (c) => {
    statusOf(node);
    const { count, list } = node.sessions();
    const shown = (await door.seesAll(c)) ? list : list.map((session) => ({ ...session, user: null }));
    return json(c, { count, list: shown });
  });
  app.get("/metrics", async (c) => {
    const counts = node.counts();
    if (counts === null) throw new HttpError(503, "NOT_EXECUTED", "the node is starting");
    const { type, text } = await (await import("../metrics/exposition.ts")).exposition(counts);
    return c.body(text, 200, { "content-type": type, "cache-control": "no-store" });
  });
  app.get("/view", (c) => {
    const { cluster, leader, view } = statusOf(node);
    return json(c, { cluster, leader, view });
  });
  const tooLong = () => {
    throw new HttpError(413, "TOO_BIG", `the body is longer than ${argumentsBytesMax} bytes`);
  };
  app.post("/call", bodyRoom(), bodyLimit({ maxSize: argumentsBytesMax, onError: tooLong }), async (c) => {
    const identity = await door.caller(c);
    const value = await node.call(await readCall(c), identity);
    return json(c, { value: value === undefined ? null : plain(value) });
  });
  app.all("/call", (c) => {
    const body = problem(new HttpError(405, "BAD_FRAME", "calls are made by POST")).body;
    c.header("allow", "POST");
    return json(c, body, 405);
  });
  watchRoutes(app, node, door);
  pageRoutes(app);
  return app;
}

/** What goes before all routes: how browsers treat answers, and under which names the node is asked. */
function guard(app: App, door: Door, names: Names | null): void {
  app.use(async (c, next) => {
    await next();
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
    if (!c.res.headers.has(policyHeader)) c.header(policyHeader, answerPolicy);
  });
  if (names !== null) dnsRoutes(app, names);
  app.use(async (c, next) => {
    door.checkHost(c);
    await next();
  });
}

/** What a node says holds for the moment in which it says it. */
function json(c: Ctx, value: unknown, status: ContentfulStatusCode = 200): Response {
  const headers = { "content-type": "application/json", "cache-control": "no-store" };
  return c.body(harmless(value), status, headers);
}

/** What objects hold and callers said is behind the token. */
function watchRoutes(app: App, node: HttpNode, door: Door): void {
  app.get("/watch", async (c) => {
    // It tells of the calls of all objects.
    await door.checkViewer(c, null);
    statusOf(node);
    const object = c.req.query("object");
    const headers = { "content-type": "text/event-stream", "cache-control": "no-store" };
    return c.body(node.watch(object === undefined ? null : objectOf(object)), 200, headers);
  });
  app.get("/state.json", async (c) => {
    const asked = parseObject(c.req.query("object") ?? "");
    await door.checkViewer(c, asked === null ? null : formatObject(asked));
    statusOf(node);
    const object = objectOf(c.req.query("object"));
    const slot = c.req.query("slot");
    const state = await node.state(object, slot === undefined ? null : Number(slot));
    return json(c, state);
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
