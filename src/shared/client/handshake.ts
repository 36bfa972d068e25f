/**
 * How a session begins: a secret that only we know, its hash in the log, the secret itself as proof on every later
 * link. The secret stays the same over reconnects, so that asking twice opens one session.
 */
import { hexOf } from "../object/hex.ts";
import type { SessionId } from "../object/types.ts";
import type { ServerMessage } from "../wire/messages.ts";
import { Backoff } from "./backoff.ts";
import { ConcoordError, errorOf } from "./errors.ts";
import type { NodeLink } from "./node-link.ts";
import type { ClientRuntime } from "./runtime.ts";
import { reopenMillis } from "./times.ts";

interface Identity {
  /** 32 hex digits. */
  readonly secret: string;
  /** SHA-256 of the secret's 16 bytes, hex. */
  readonly secretHash: string;
}

export interface Greeter {
  /** It is time to greet on every open link. */
  greetAll(): void;
  /** No session will ever be opened. */
  failed(error: ConcoordError): void;
}

export class Handshake {
  readonly #runtime: ClientRuntime;
  readonly #ttl: number;
  readonly #greeter: Greeter;
  readonly #again: Backoff;
  /** A session is open, or is to be opened. */
  wanted = false;
  /** Why the cluster opened no session when asked last. */
  refusal: ConcoordError | null = null;
  /** Known once the hash is computed; kept until the session that was opened with it has ended. */
  #identity: Identity | null = null;

  constructor(runtime: ClientRuntime, ttl: number, greeter: Greeter) {
    this.#runtime = runtime;
    this.#ttl = ttl;
    this.#greeter = greeter;
    this.#again = new Backoff(runtime.clock, reopenMillis, () => greeter.greetAll());
  }

  /** Makes the secret of a new session, 16 bytes, unless it has begun; greets when it is known. */
  begin(): void {
    if (this.wanted) return;
    this.wanted = true;
    const secret = this.#runtime.randomBytes(16);
    this.#runtime.sha256(secret).then(
      (hash) => {
        this.#identity = { secret: hexOf(secret), secretHash: hexOf(hash) };
        this.#greeter.greetAll();
      },
      (cause) =>
        this.#greeter.failed(new ConcoordError("CLOSED", "this runtime has no SHA-256", "no", cause)),
    );
  }

  /** Opens a session, or attaches the link to the one that is open. */
  greet(link: NodeLink, session: SessionId | null): void {
    if (this.#identity === null) return;
    const { secret } = this.#identity;
    if (session !== null) link.say({ type: "attach", session, secret });
    else link.say({ type: "open", secret, ttl: this.#ttl });
  }

  isOurs(secretHash: string): boolean {
    return this.#identity?.secretHash === secretHash;
  }

  succeeded(): void {
    this.refusal = null;
    this.#again.reset();
  }

  /** Asks again later, unless asking is of no use. */
  refused(why: Extract<ServerMessage, { readonly type: "openRefused" }>): void {
    this.refusal = errorOf(why, "no");
    if (this.refusal.retryable) this.#again.setNext();
    else this.#greeter.failed(this.refusal);
  }

  /** The session has ended: the next one needs another secret. */
  forget(): void {
    this.wanted = false;
    this.#identity = null;
    this.#again.clear();
  }
}
