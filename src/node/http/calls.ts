/**
 * Calls that came by HTTP: through one session of this node, or, with a key, each through a session of its
 * own.
 */
import { createHash } from "node:crypto";
import { PendingCall } from "../../shared/client/call.ts";
import { ConcoordError } from "../../shared/client/errors.ts";
import { settle } from "../../shared/client/outcome.ts";
import { encodeArguments, joinParts, target } from "../../shared/client/payload.ts";
import type { Session } from "../../shared/client/types.ts";
import { keyedCallsMax, sessionTtlMax } from "../../shared/limits.ts";
import { type SessionId, seq } from "../../shared/object/types.ts";
import { encodeCommand } from "../../shared/wire/command-codec.ts";
import type { ServerLink, ServerLinkEvents } from "../../shared/wire/link.ts";
import type { ServerMessage } from "../../shared/wire/messages.ts";
import { openSession } from "../index.ts";
import type { CallRequest } from "./app.ts";
import { Keys } from "./keys.ts";

/** How long a request waits for its answer. */
const callMillisMax = 30_000;

type Accept = (link: ServerLink) => ServerLinkEvents;

export class HttpCalls {
  private readonly accept: Accept;
  private readonly addr: string;
  private readonly token: string | null;
  private session: Session | null = null;
  /** By key: two requests with one key share the call. */
  private readonly underWay = new Map<string, Promise<unknown>>();
  private readonly keys = new Keys();

  /** @param accept the server's, for connections within this process */
  constructor(accept: Accept, addr: string, token: string | null) {
    this.accept = accept;
    this.addr = addr;
    this.token = token;
  }

  call(request: CallRequest): Promise<unknown> {
    if (request.key !== null) return this.keyed(request, request.key);
    this.session ??= openSession(this.addr, this.token === null ? {} : { token: this.token });
    return this.session.call(request.object, request.method, request.args, { timeout: callMillisMax });
  }

  async close(): Promise<void> {
    await this.session?.[Symbol.asyncDispose]();
  }

  /** @throws HttpError 422; ConcoordError BUSY, NOT_SENDABLE, TOO_BIG; nothing is sent then */
  private keyed(request: CallRequest, key: string): Promise<unknown> {
    const call = new PendingCall(target(request.object, request.method), encodeArguments(request.args));
    const payload = joinParts([call]);
    const digest = createHash("sha256").update(payload).digest("base64");
    this.keys.check(key, digest);
    const known = this.underWay.get(key);
    if (known !== undefined) return known;
    if (this.underWay.size >= keyedCallsMax)
      throw new ConcoordError("BUSY", "too many keyed calls are under way at this node", "no");
    this.keys.add(key, digest, performance.now());
    const result = keyedCall(this.accept, call, payload, key, this.keys).finally(() =>
      this.underWay.delete(key),
    );
    this.underWay.set(key, result);
    return result;
  }
}

/**
 * The first and only call of a session whose secret follows from the key: whichever node is asked and
 * however often, the cluster knows the session and answers from its table. It is forgotten when the session
 * ends, after 24 hours.
 */
function keyedCall(
  accept: Accept,
  call: PendingCall,
  payload: Uint8Array,
  key: string,
  keys: Keys,
): Promise<unknown> {
  const secret = createHash("sha256").update(`concoord call key ${key}`).digest().subarray(0, 16);
  const secretHash = createHash("sha256").update(secret).digest("hex");
  const receive = (message: ServerMessage) => {
    if (message.type === "openRefused" || message.type === "ended") keys.delete(key);
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
