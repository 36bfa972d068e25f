/** Who may ask what by HTTP: checks of the name, the origin and the token. */
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { TLSSocket } from "node:tls";
import type { Context, Hono } from "hono";
import { sameText } from "../net/same-text.ts";
import { HttpError } from "./errors.ts";

interface Env {
  Bindings: { incoming: IncomingMessage };
}
export type App = Hono<Env>;
export type Ctx = Context<Env>;

/**
 * A foreign site can give its own name our address and read our answers (DNS rebinding). So the name in the
 * request must be one of ours: an IP address, localhost, or the host that this node was told to use.
 */
export function checkHost(c: Ctx, own: string): void {
  const header = c.req.header("host") ?? "";
  const name = header.replace(/:[0-9]*$/, "").replace(/^\[|\]$/g, "");
  if (isIP(name) !== 0 || name === "localhost" || name === own) return;
  throw new HttpError(403, "DENIED", "this node does not go by that name");
}

/** Pages of other origins may not call, and where a token is set its holder only. */
export function checkCaller(c: Ctx, token: string | null): void {
  if (!isOwnPage(c)) throw new HttpError(403, "DENIED", "calls from pages of other origins are refused");
  if (!/^application\/json\b/i.test(c.req.header("content-type") ?? ""))
    throw new HttpError(415, "BAD_FRAME", "the content-type is not application/json");
  checkToken(c, token);
}

/** The same for who only looks at what is behind the token. */
export function checkViewer(c: Ctx, token: string | null): void {
  const site = c.req.header("sec-fetch-site") ?? "none";
  if (!isOwnPage(c) || (site !== "none" && site !== "same-origin"))
    throw new HttpError(403, "DENIED", "pages of other origins may not look");
  checkToken(c, token);
}

/** Browsers name the origin of the page; programs name none. */
function isOwnPage(c: Ctx): boolean {
  const origin = c.req.header("origin");
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === c.req.header("host"));
}

function checkToken(c: Ctx, token: string | null): void {
  if (token === null) return;
  const socket = c.env.incoming?.socket;
  if (!(socket instanceof TLSSocket) && !isLocal(socket?.remoteAddress))
    throw new HttpError(403, "DENIED", "the token may not travel unencrypted: ask from this machine");
  const given = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (given === undefined || !sameText(given, token))
    throw new HttpError(401, "DENIED", "the token is missing or wrong");
}

function isLocal(address: string | undefined): boolean {
  return address !== undefined && /^(::ffff:)?127\.|^::1$/.test(address);
}
