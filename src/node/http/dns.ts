/** DNS over HTTPS on a node's port: /dns-query. What is answered is decided in shared/dns/doh.ts. */
import type { Context, Env, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type DohResponse, doh, dohError } from "../../shared/dns/doh.ts";
import { dohQueryBytesMax } from "../../shared/name-limits.ts";
import type { Names } from "../dns/names.ts";

const path = "/dns-query";
const nothing = new Uint8Array(0);

/** Everybody may ask, under any name of this node: call it before what refuses some. */
export function dnsRoutes<E extends Env>(app: Hono<E>, names: Pick<Names, "zones">): void {
  const onError = (c: Context) => respond(c, dohError(413, `over ${dohQueryBytesMax} bytes`));
  app.post(path, bodyLimit({ maxSize: dohQueryBytesMax, onError }));
  app.all(path, async (c) => {
    const { method, url } = c.req;
    const at = url.indexOf("?");
    const request = {
      method,
      query: at < 0 ? "" : url.slice(at + 1),
      accept: c.req.header("accept") ?? null,
      contentType: c.req.header("content-type") ?? null,
      body: method === "POST" ? new Uint8Array(await c.req.arrayBuffer()) : nothing,
    };
    return respond(c, doh(request, names.zones));
  });
}

function respond(c: Context, { status, headers, body }: DohResponse): Response {
  const known = status as ContentfulStatusCode;
  return body.length === 0 ? c.body(null, known, headers) : c.body(new Uint8Array(body), known, headers);
}
