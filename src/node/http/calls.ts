/**
 * Calls that came by HTTP: through a session of this node for each user, or, with a key, each through a session of its
 * own.
 */
import { createHash, createHmac } from "node:crypto";
import { PendingCall } from "../../shared/client/call.ts";
import { ConcoordError } from "../../shared/client/errors.ts";
import { settle } from "../../shared/client/outcome.ts";
import { encodeArguments, joinParts, target } from "../../shared/client/payload.ts";
import type { Session } from "../../shared/client/types.ts";
import { httpUsersMax, keyedCallsMax, sessionTtlMax } from "../../shared/limits.ts";
import { type SessionId, seq } from "../../shared/object/types.ts";
import { encodeCommand } from "../../shared/wire/command-codec.ts";
import type { Identity } from "../../shared/wire/identity.ts";
import type { ServerLink, ServerLinkEvents } from "../../shared/wire/link.ts";
import type { ServerMessage } from "../../shared/wire/messages.ts";
import type { CallRequest } from "./app.ts";
import { Keys } from "./keys.ts";

/** How long a request waits for its answer. */
const callMillisMax = 30_000;

/** Where callers are let in whom this node has identified. */
export interface CallersEntrance {
  accept(link: ServerLink, identity: Identity): ServerLinkEvents;
  openSession(identity: Identity): Session;
}

/** A session with the calls of one user that are under way. */
interface Open {
  readonly session: Session;
  calls: number;
}

export class HttpCalls {
  private readonly entrance: CallersEntrance;
  private readonly secret: string;
  /** By who it is and what they may do; who called last comes last. */
  private readonly sessions = new Map<string, Open>();
  /** By key: two requests with one key share the call. */
  private readonly underWay = new Map<string, Promise<unknown>>();
  private readonly keys = new Keys();

  /**
   * @param secret what only the nodes of the cluster know: who does not cannot guess the sessions of keys
   */
  constructor(entrance: CallersEntrance, secret: string) {
    this.entrance = entrance;
    this.secret = secret;
  }

  /** @throws as the client does, by the promise; or ConcoordError BUSY, HttpError 422 for keys */
  async call(request: CallRequest, identity: Identity): Promise<unknown> {
    if (request.key !== null)
      return this.keyed(request, JSON.stringify([identity.user, request.key]), identity);
    const open = this.sessionOf(identity);
    open.calls++;
    try {
      const { object, method, args } = request;
      return await open.session.call(object, method, args, { timeout: callMillisMax });
    } finally {
      open.calls--;
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.sessions.values()].map(({ session }) => session[Symbol.asyncDispose]()));
  }

  /** @throws ConcoordError BUSY */
  private sessionOf(identity: Identity): Open {
    const who = JSON.stringify([identity.user, identity.rights]);
    const known = this.sessions.get(who);
    this.sessions.delete(who);
    if (known === undefined && this.sessions.size >= httpUsersMax) this.makeRoom();
    const open = known ?? { session: this.entrance.openSession(identity), calls: 0 };
    this.sessions.set(who, open);
    return open;
  }

  /** The session goes that was not used for longest. */
  private makeRoom(): void {
    const idle = [...this.sessions].find(([, { calls }]) => calls === 0);
    if (idle === undefined)
      throw new ConcoordError("BUSY", `more than ${httpUsersMax} users call by HTTP at this node`, "no");
    this.sessions.delete(idle[0]);
    void idle[1].session[Symbol.asyncDispose]();
  }

  /** @throws HttpError 422; ConcoordError BUSY, NOT_SENDABLE, TOO_BIG; nothing is sent then */
  private keyed(request: CallRequest, key: string, identity: Identity): Promise<unknown> {
    const call = new PendingCall(target(request.object, request.method), encodeArguments(request.args));
    const payload = joinParts([call]);
    const digest = createHash("sha256").update(payload).digest("base64");
    this.keys.check(key, digest);
    const known = this.underWay.get(key);
    if (known !== undefined) return known;
    if (this.underWay.size >= keyedCallsMax)
      throw new ConcoordError("BUSY", "too many keyed calls are under way at this node", "no");
    this.keys.add(key, digest, performance.now());
    const secret = createHmac("sha256", this.secret)
      .update(`concoord call key ${key}`)
      .digest()
      .subarray(0, 16);
    const accept = (link: ServerLink) => this.entrance.accept(link, identity);
    const result = keyedCall(accept, call, payload, secret, () => this.keys.delete(key)).finally(() =>
      this.underWay.delete(key),
    );
    this.underWay.set(key, result);
    return result;
  }
}

/**
 * The first and only call of a session whose secret follows from user and key: whichever node is asked and
 * however often, the cluster knows the session and answers from its table. It is forgotten when the session
 * ends, after 24 hours.
 */
function keyedCall(
  accept: (link: ServerLink) => ServerLinkEvents,
  call: PendingCall,
  payload: Uint8Array,
  secret: Buffer,
  forget: () => void,
): Promise<unknown> {
  const secretHash = createHash("sha256").update(secret).digest("hex");
  const receive = (message: ServerMessage) => {
    if (message.type === "openRefused" || message.type === "ended") forget();
    settleBy(message, call, secretHash, send);
  };
  // Not within the call that brought the message: the server is in the middle of its turn.
  const link: ServerLink = {
    send: (message) => queueMicrotask(() => receive(message)),
    flush: () => undefined,
    close: (reason) =>
      call.fail(new ConcoordError(reason?.code ?? "CLOSED", reason?.message ?? "this node stops", "unknown")),
  };
  const events = accept(link);
  const send = (session: SessionId): void => {
    const command = {
      type: "calls",
      session,
      firstSeq: seq(1),
      n: 1,
      ackedSeq: seq(0),
      ackedLate: [],
      payload,
    } as const;
    events.receive([{ type: "command", bytes: encodeCommand(command) }]);
  };
  const late = () =>
    call.fail(new ConcoordError("TIMEOUT", `no answer within ${callMillisMax} ms`, "unknown"));
  const timer = setTimeout(late, callMillisMax);
  events.receive([{ type: "open", secret: secret.toString("hex"), ttl: sessionTtlMax }]);
  return call.promise.finally(() => {
    clearTimeout(timer);
    events.closed();
  });
}

/** What a message of the node means for the one call of the session. */
function settleBy(
  message: ServerMessage,
  call: PendingCall,
  secretHash: string,
  opened: (session: SessionId) => void,
): void {
  switch (message.type) {
    case "opened":
      if (message.secretHash === secretHash) opened(message.session);
      return;
    case "openRefused":
    case "refused":
      return call.fail(new ConcoordError(message.code, message.message, "no"));
    case "ended":
      return call.fail(new ConcoordError("SESSION_EXPIRED", "the key is older than 24 hours", "unknown"));
    case "answer":
      if (!call.settled && message.outcome.type !== "blocked") settle(call, message.outcome);
      return;
    default:
      return; // of no concern to a session that makes one call
  }
}
