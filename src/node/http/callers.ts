/** Who may ask what by HTTP: checks of the name, the origin and the token. */
import type { IncomingMessage } from "node:http";
import type { Context, Hono } from "hono";
import { mayNotWatch } from "../../shared/server/guard.ts";
import { client, everybody, type Identity, reader } from "../../shared/wire/identity.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import { isOwnHost, isOwnPage, type OwnNames } from "../auth/origins.ts";
import { isPrivateSocket } from "../auth/private-socket.ts";
import type { Tokens } from "../net/hello.ts";
import { sameText } from "../net/same-text.ts";
import { HttpError } from "./errors.ts";

interface Env {
  Bindings: { incoming: IncomingMessage };
}
export type App = Hono<Env>;
export type Ctx = Context<Env>;

export interface DoorOptions {
  readonly tokens: Tokens;
  /** Who has a token, where the tokens of clients do not say it; null where they do. */
  readonly authenticator: Authenticator | null;
  /** Under which names the node is asked, and of which origins its pages are. */
  names(): OwnNames;
}

export class Door {
  private readonly options: DoorOptions;

  constructor(options: DoorOptions) {
    this.options = options;
  }

  /** The name in the request must be one of ours. @throws HttpError 403 */
  checkHost(c: Ctx): void {
    if (isOwnHost(c.req.header("host") ?? "", this.options.names())) return;
    throw new HttpError(403, "DENIED", "this node does not go by that name");
  }

  /** Who makes a call. Pages of other origins may not. @throws HttpError 401, 403, 415, 503 */
  async caller(c: Ctx): Promise<Identity> {
    if (!this.isOwnPage(c))
      throw new HttpError(403, "DENIED", "calls from pages of other origins are refused");
    if (!/^application\/json\b/i.test(c.req.header("content-type") ?? ""))
      throw new HttpError(415, "BAD_FRAME", "the content-type is not application/json");
    return this.identify(c);
  }

  /** Lets in who may see the state of the object, or of all when it is null. @throws HttpError 401, 403, 503 */
  async checkViewer(c: Ctx, object: string | null): Promise<void> {
    const site = c.req.header("sec-fetch-site") ?? "none";
    if (!this.isOwnPage(c) || (site !== "none" && site !== "same-origin"))
      throw new HttpError(403, "DENIED", "pages of other origins may not look");
    const identity = await this.identify(c);
    const why = mayNotWatch(identity, object, this.options.authenticator?.refuse ?? null);
    if (why !== null) throw new HttpError(403, "DENIED", why);
  }

  /** Whether that one may see all that the node holds; who may not is told less, and not refused. */
  async seesAll(c: Ctx): Promise<boolean> {
    try {
      await this.checkViewer(c, null);
      return true;
    } catch (error) {
      if (error instanceof HttpError) return false;
      throw error;
    }
  }

  private isOwnPage(c: Ctx): boolean {
    const { origin, host } = c.req.header();
    const socket = c.env.incoming?.socket;
    const isSecure = socket !== undefined && "encrypted" in socket && socket.encrypted === true;
    const from = { ...(origin === undefined ? {} : { origin }), ...(host === undefined ? {} : { host }) };
    return isOwnPage(from, this.options.names(), isSecure);
  }

  /** By `Authorization: Bearer`. @throws HttpError 401, 403, 503 */
  private async identify(c: Ctx): Promise<Identity> {
    const { tokens, authenticator } = this.options;
    if (authenticator === null && tokens.client === null && (tokens.reader ?? null) === null)
      return everybody;
    if (!isPrivateSocket(c.env.incoming?.socket))
      throw new HttpError(
        403,
        "DENIED",
        "the token may not travel unencrypted: by https, or from this machine",
      );
    const token = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? null;
    if (authenticator !== null) return this.ask(c, authenticator, token);
    const [isClient, isReader] = [isSame(token, tokens.client), isSame(token, tokens.reader ?? null)];
    if (isClient) return client;
    if (isReader) return reader;
    throw new HttpError(401, "DENIED", "the token is missing or wrong");
  }

  private async ask(c: Ctx, authenticator: Authenticator, token: string | null): Promise<Identity> {
    const { headers } = c.req.raw;
    const found = await authenticator.identify({ token, origin: headers.get("origin"), headers });
    if (!("code" in found)) return found;
    throw new HttpError(found.code === "BUSY" ? 503 : 401, found.code, found.message);
  }
}

function isSame(given: string | null, secret: string | null): boolean {
  return given !== null && secret !== null && sameText(given, secret);
}
