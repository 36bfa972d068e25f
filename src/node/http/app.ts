/** HTTP on a node's port: health, status, calls, the page. It only translates; the node decides. */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { argumentsBytesMax, keyCharsMax } from "../../shared/limits.ts";
import { formatObject, parseObject } from "../../shared/object/address.ts";
import type { SessionList } from "../../shared/server/session-list.ts";
import type { Status } from "../../shared/server/status.ts";
import type { Names } from "../dns/names.ts";
import { plain } from "../json.ts";
import { sameText } from "../net/same-text.ts";
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
  /** Calls a method; with `key` at most once for all calls with that key. Rejects as the client API does. */
  call(request: CallRequest): Promise<unknown>;
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

type App = Hono<{ Bindings: { incoming: IncomingMessage } }>;
type Ctx = Context<{ Bindings: { incoming: IncomingMessage } }>;

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
  pageRoutes(app);
  return app;
}

/**
 * A foreign site can give its own name our address and read our answers (DNS rebinding). So the name in the
 * request must be one of ours: an IP address, localhost, or the host that this node was told to use.
 */
function checkHost(c: Ctx, own: string): void {
  const header = c.req.header("host") ?? "";
  const name = header.replace(/:[0-9]*$/, "").replace(/^\[|\]$/g, "");
  if (isIP(name) !== 0 || name === "localhost" || name === own) return;
  throw new HttpError(403, "DENIED", "this node does not go by that name");
}

/** Pages of other origins may not call, and where a token is set its holder only. */
function checkCaller(c: Ctx, token: string | null): void {
  const origin = c.req.header("origin");
  if (origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== c.req.header("host")))
    throw new HttpError(403, "DENIED", "calls from pages of other origins are refused");
  if (!/^application\/json\b/i.test(c.req.header("content-type") ?? ""))
    throw new HttpError(415, "BAD_FRAME", "the content-type is not application/json");
  if (token === null) return;
  if (!isLocal(c.env.incoming?.socket.remoteAddress))
    throw new HttpError(403, "DENIED", "the token may not travel unencrypted: call from this machine");
  const given = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (given === undefined || !sameText(given, token))
    throw new HttpError(401, "DENIED", "the token is missing or wrong");
}

function isLocal(address: string | undefined): boolean {
  return address !== undefined && /^(::ffff:)?127\.|^::1$/.test(address);
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
  const address = typeof object === "string" ? parseObject(object) : null;
  if (address === null) throw refuse('"object" is not a text such as "Counter/main"');
  if (typeof method !== "string" || method === "") throw refuse('"method" is not a text');
  if (!Array.isArray(args)) throw refuse('"args" is not a list');
  if (key !== null && (typeof key !== "string" || key === "" || key.length > keyCharsMax))
    throw refuse(`"key" is not a text of 1 to ${keyCharsMax} characters`);
  return { object: formatObject(address), method, args, key };
}
