/**
 * A nameserver of a cluster as a Cloudflare Worker: DNS over HTTPS at /dns-query, near whoever asks. It only
 * translates: shared/dns/doh.ts says what is answered, nameserver.ts keeps the view, wrangler.toml configures it.
 */
import type { Context } from "hono";
import { Hono } from "hono/tiny";
import { type DohResponse, doh, dohError } from "../shared/dns/doh.ts";
import { dohQueryBytesMax } from "../shared/name-limits.ts";
import { Copy } from "./copy.ts";
import type { Known, Nameserver } from "./nameserver.ts";
import { BadSettings, settingsOf, type Vars } from "./settings.ts";
import { statusOf } from "./status.ts";

export { Nameserver } from "./nameserver.ts";

export interface Env extends Vars {
  readonly NAMESERVER: DurableObjectNamespace<Nameserver>;
}

type Ctx = Context<{ Bindings: Env }>;

const path = "/dns-query";
/** One for all requests that this isolate serves. */
let copy: Copy | null = null;

/** @throws BadSettings */
function copyOf(env: Env): Copy {
  copy ??= new Copy(settingsOf(env));
  return copy;
}

/** @throws BadSettings */
function ask({ env }: Ctx): Promise<Known> {
  return env.NAMESERVER.getByName(copyOf(env).settings.domain).look();
}

function respond({ body, ...how }: DohResponse): Response {
  return new Response(body.length === 0 ? null : new Uint8Array(body), how);
}

/** Stops behind the first part that makes it too long, which says so. */
async function bounded(body: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  const parts: number[] = [];
  for await (const part of body ?? []) {
    parts.push(...part.subarray(0, dohQueryBytesMax + 1));
    if (parts.length > dohQueryBytesMax) break;
  }
  return new Uint8Array(parts);
}

const app = new Hono<{ Bindings: Env }>();
app.notFound(() => respond(dohError(404, `there is no such page: DNS over HTTPS is at ${path}`)));
app.onError((error) => {
  console.error(error);
  return respond(dohError(500, error instanceof BadSettings ? error.message : "this Worker failed"));
});
app.get("/", (c) => {
  const { domain } = copyOf(c.env).settings;
  return c.text(`nameserver of ${domain}: DNS over HTTPS at ${path}, what it knows at /status.json\n`);
});
app.get("/livez", (c) => c.text("ok\n"));
app.get("/status.json", async (c) => {
  const { domain } = copyOf(c.env).settings;
  return c.json(statusOf(domain, await ask(c), Date.now()), 200, { "cache-control": "no-store" });
});
app.all(path, async (c) => {
  const { method, url, headers, body } = c.req.raw;
  const request = {
    method,
    query: new URL(url).search.slice(1),
    accept: headers.get("accept"),
    contentType: headers.get("content-type"),
    body: await bounded(method === "POST" ? body : null),
  };
  const zone = await copyOf(c.env).zoneNow(() => ask(c));
  const answer = doh(request, zone ?? []);
  // What is wrong with a request is said all the same.
  const isEarly = zone === null && answer.status === 200;
  return respond(isEarly ? dohError(503, "no view of the cluster is known yet") : answer);
});

export default app;
