/**
 * The operator's own rules: code of theirs says who has which token and, if it wants, what each of them may do. It runs
 * in the node that was reached; whatever goes wrong in it lets nobody in. Nothing that it throws reaches those who ask,
 * and no token reaches the log.
 */
import { authenticateMillisMax, authenticationsMax } from "../../shared/limits.ts";
import { isName } from "../../shared/object/address.ts";
import type { Rejection } from "../../shared/wire/handshake.ts";
import { type Action, type Identity, type Right, rights } from "../../shared/wire/identity.ts";

/** What is known of who asks. */
export interface Asking {
  /** Null when none was given. */
  readonly token: string | null;
  /** Of the page that asks; null for programs. */
  readonly origin: string | null;
  /** Of the request, as a proxy may have written them. */
  readonly headers: Headers;
}

/** What the module of `--auth` exports. */
export interface Auth {
  /**
   * Who that is, and what they may do on this connection; null for nobody. Asked once for each connection, and for each
   * request by HTTP, within authenticateMillisMax.
   */
  authenticate(asking: Asking): Identity | null | Promise<Identity | null>;
  /**
   * Whether they may do that, beside what their rights say. At once: calls have an order, so that nothing may wait.
   * Whatever is not `true` refuses.
   */
  authorize?(action: Action): boolean;
}

const unclear = "who has this token could not be found out: the log of the node says why";

export class Authenticator {
  private readonly auth: Auth;
  private readonly log: (line: string) => void;
  private underWay = 0;

  /** @param log one line */
  constructor(auth: Auth, log: (line: string) => void) {
    this.auth = auth;
    this.log = log;
  }

  /** Never rejects. Codes: DENIED, BUSY (too many at once, or too slow). */
  async identify(asking: Asking): Promise<Identity | Rejection> {
    if (this.underWay >= authenticationsMax)
      return { code: "BUSY", message: "too many tokens are being looked up at this node: try again" };
    this.underWay++;
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), authenticateMillisMax);
    try {
      const found: unknown = await Promise.race([this.auth.authenticate(asking), late.promise]);
      if (found === "late") return this.late();
      if (found === null) {
        const message = asking.token === null ? "a token is needed" : "the token is wrong";
        return { code: "DENIED", message };
      }
      return identityOf(found);
    } catch (error) {
      this.log(`--auth: authenticate failed: ${withoutToken(error, asking.token)}`);
      return { code: "DENIED", message: unclear };
    } finally {
      clearTimeout(timer);
      this.underWay--;
    }
  }

  /** Why the action is refused, in words for who wants it; null when it is allowed. */
  readonly refuse = (action: Action): string | null => {
    if (this.auth.authorize === undefined) return null;
    try {
      const verdict: unknown = this.auth.authorize(action);
      if (verdict === true) return null;
      if (verdict === false) return `${action.user ?? "who has no name"} may not ${wordsOf(action)}`;
      // Nobody waits for it, and nobody hears of it when it fails.
      if (verdict instanceof Promise) verdict.catch(() => this.log("--auth: what authorize promised failed"));
      this.log("--auth: authorize returned neither true nor false");
    } catch (error) {
      this.log(`--auth: authorize failed: ${withoutToken(error, null)}`);
    }
    return "whether this is allowed could not be found out: the log of the node says why";
  };

  private late(): Rejection {
    this.log(`--auth: authenticate took longer than ${authenticateMillisMax} ms`);
    return { code: "BUSY", message: "looking up the token took too long: try again" };
  }
}

function wordsOf({ kind, object, method }: Action): string {
  if (kind === "admin") return method ?? "administrate";
  return kind === "state" ? `see the state of ${object ?? "all objects"}` : `call ${object}.${method}`;
}

/** What the operator's code returned, checked. @throws TypeError naming what is wrong */
export function identityOf(found: unknown): Identity {
  if (typeof found !== "object" || found === null || !("rights" in found) || !("user" in found))
    throw new TypeError("it returned neither null nor { user, rights }");
  const { user, rights: given } = found;
  if (user !== null && !(typeof user === "string" && isName(user) && user.isWellFormed()))
    throw new TypeError("user is neither null nor a text of 1 to 128 characters");
  if (!Array.isArray(given) || !given.every(isRight))
    throw new TypeError(`rights is not a list of ${rights.join(", ")}`);
  return { user, rights: [...new Set(given)] };
}

function isRight(v: unknown): v is Right {
  return rights.some((right) => right === v);
}

/** What was thrown, in one line; whoever wrote it may have put the token in. */
function withoutToken(error: unknown, token: string | null): string {
  const text = (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).replace(
    /\s+/g,
    " ",
  );
  return (token === null ? text : text.replaceAll(token, "(the token)")).slice(0, 500);
}
