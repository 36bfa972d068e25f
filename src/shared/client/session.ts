/**
 * One session: opened in the log with the hash of a secret, proved with the secret on every link, and opened anew
 * when the cluster has ended it. Every call leaves with its own number and is answered once, whatever links do.
 */
import type { Outcome, Seq, SessionId } from "../object/types.ts";
import { unreachable } from "../paxos/ids.ts";
import type { ServerMessage } from "../wire/messages.ts";
import { asSignal } from "./abort.ts";
import { Alarm } from "./alarm.ts";
import { Backoff } from "./backoff.ts";
import type { Bootstraps } from "./bootstrap.ts";
import { PendingCall } from "./call.ts";
import { Calls } from "./calls.ts";
import { Connection, type LinkUser } from "./connection.ts";
import { Emitter } from "./emitter.ts";
import { ConcoordError } from "./errors.ts";
import { type Identity, newIdentity } from "./identity.ts";
import type { NodeLink } from "./node-link.ts";
import { settle } from "./outcome.ts";
import { type Lateness, type Limits, Patience } from "./patience.ts";
import { encodeArguments, type Target } from "./payload.ts";
import type { ClientRuntime } from "./runtime.ts";
import { type Mode, type Route, Sender } from "./sender.ts";
import type { ConnectionState } from "./types.ts";

/** How long the cluster's farewell is waited for. */
const farewellMillis = 200;
const reopenMillis = 50;
const reopenMillisMax = 2_000;

export interface SessionSettings {
  readonly token: string | null;
  readonly signal: AbortSignal | null;
  /** Milliseconds. */
  readonly ttl: number;
  readonly mode: Mode;
}

export class ClientSession implements LinkUser {
  readonly events: Emitter;
  readonly patience: Patience;
  private readonly runtime: ClientRuntime;
  private readonly settings: SessionSettings;
  private readonly connection: Connection;
  private readonly sender: Sender;
  private readonly reopenBackoff: Backoff;
  private readonly reopen: Alarm;
  private connectionState: ConnectionState = "connecting";
  /** A session is open, or is to be opened. */
  private wanted = false;
  /** Known once the hash is computed; kept until the session that was opened with it has ended. */
  private identity: Identity | null = null;
  /** The calls of the session, while one is open. */
  private calls: Calls | null = null;
  /** Why no call is taken any more. */
  private over: ConcoordError | null = null;
  private farewell: Promise<void> | null = null;
  private farewellHeard: (() => void) | null = null;
  /** Why the cluster opened no session when asked last. */
  private refusal: ConcoordError | null = null;

  constructor(runtime: ClientRuntime, bootstraps: Bootstraps, settings: SessionSettings) {
    const { clock } = runtime;
    const route = () => this.route();
    this.runtime = runtime;
    this.settings = settings;
    this.events = new Emitter(clock);
    this.connection = new Connection(runtime, bootstraps, settings.token, this);
    this.sender = new Sender(clock, settings.mode, route);
    this.patience = new Patience(clock, route, () => this.lateness());
    this.reopenBackoff = new Backoff(clock, reopenMillis, reopenMillisMax);
    this.reopen = new Alarm(clock, () => this.greetAll());
    this.begin();
    this.connection.start();
    // Not now: the program has no chance to listen before this returns.
    clock.soon(() => {
      if (this.state === "connecting") this.events.emit("connection", { type: "connection", state: "connecting" });
    });
    if (settings.signal !== null) this.endWith(asSignal(settings.signal));
  }

  get state(): ConnectionState {
    return this.connectionState;
  }

  /**
   * Makes a call. The arguments are read before this returns.
   * @throws ConcoordError, or the error that the method threw, by the promise
   */
  call(target: Target, args: readonly unknown[], limits: Limits): Promise<unknown> {
    let encoded: Uint8Array;
    try {
      encoded = encodeArguments(args);
    } catch (error) {
      return Promise.reject(error);
    }
    const call = new PendingCall(target, encoded);
    if (this.over !== null) {
      const { code, message, cause } = this.over;
      call.fail(new ConcoordError(code, message, "no", cause));
    } else if (this.patience.begin(call, limits)) {
      this.sender.push(call);
      if (!this.wanted) this.begin();
      this.connection.hurry();
    }
    return call.promise;
  }

  /** Sends what is held back. Done when all calls made so far are answered; rejects if one of them failed. */
  async flush(): Promise<void> {
    const promises = [...this.sender].map((call) => call.promise);
    for (const call of this.calls?.unfinished() ?? []) if (!call.settled) promises.push(call.promise);
    this.sender.release();
    for (const result of await Promise.allSettled(promises)) if (result.status === "rejected") throw result.reason;
  }

  /** Ends the session: unanswered calls fail with CLOSED, the cluster is told, the link closes. Never rejects. */
  close(): Promise<void> {
    this.farewell ??= this.end(new ConcoordError("CLOSED", "the session is closed", "no"));
    return this.farewell;
  }

  private endWith(signal: ReturnType<typeof asSignal>): void {
    const aborted = () => {
      this.farewell ??= this.end(new ConcoordError("ABORTED", "the session was aborted", "no", signal.reason));
    };
    if (signal.aborted) return aborted();
    signal.addEventListener("abort", aborted);
    this.events.addEventListener("connection", ({ state }) => {
      if (state === "closed") signal.removeEventListener("abort", aborted);
    });
  }

  private async end(error: ConcoordError): Promise<void> {
    if (this.over !== null) return;
    const route = this.route();
    this.stop(error);
    if (route !== null) {
      route.link.send({ type: "close", session: route.calls.session });
      route.link.flush();
      await new Promise<void>((resolve) => {
        this.farewellHeard = resolve;
        this.reopen.set(farewellMillis);
      });
      this.reopen.clear();
    }
    this.connection.close();
  }

  /** No call is taken or answered any more. */
  private stop(error: ConcoordError): void {
    this.over = error;
    const { code, message, cause } = error;
    const fail = (call: PendingCall, executed: "no" | "unknown") =>
      this.patience.fail(call, new ConcoordError(code, message, executed, cause));
    for (const call of this.sender.take()) fail(call, "no");
    for (const call of this.calls?.unfinished() ?? []) fail(call, "unknown");
    this.patience.clear();
    this.reopen.clear();
    this.sender.reset();
    this.setState("closed");
  }

  private setState(state: ConnectionState): void {
    if (state === this.connectionState) return;
    this.connectionState = state;
    this.events.emit("connection", { type: "connection", state });
  }

  private lateness(): Lateness {
    const trouble = this.refusal ?? this.connection.trouble;
    return { code: this.connection.everOpen ? "TIMEOUT" : "UNREACHABLE", trouble };
  }

  get waiting(): boolean {
    if (this.over !== null || !this.wanted) return false;
    if (this.calls === null || this.connection.ready === null) return true;
    return this.calls.awaited > 0 || this.sender.queued > 0;
  }

  get keepAliveMillis(): number {
    return this.settings.ttl / 3;
  }

  private route(): Route | null {
    const link = this.connection.ready;
    return link === null || this.calls === null || this.over !== null ? null : { link, calls: this.calls };
  }

  /** A session is wanted: makes its secret and opens it. */
  private begin(): void {
    this.wanted = true;
    newIdentity(this.runtime).then(
      (identity) => {
        this.identity = identity;
        this.greetAll();
      },
      (cause) => this.failed(new ConcoordError("CLOSED", "this runtime has no SHA-256", "no", cause)),
    );
  }

  private greetAll(): void {
    if (this.over !== null) return this.farewellHeard?.();
    for (const link of this.connection.open) if (!link.ready) this.greet(link);
  }

  greet(link: NodeLink): void {
    if (this.identity === null || this.over !== null) return;
    const { secret, secretHash } = this.identity;
    if (this.calls !== null) link.send({ type: "attach", session: this.calls.session, secret });
    else link.send({ type: "open", secretHash, ttl: this.settings.ttl });
    link.flush();
  }

  nudge(link: NodeLink): void {
    if (!link.ready) return this.greet(link);
    this.patience.repeat();
    this.sender.resend(true);
  }

  connected(): void {
    if (this.over !== null) return;
    this.refusal = null;
    this.reopenBackoff.reset();
    this.setState("open");
    this.patience.repeat();
    this.sender.resend(true);
  }

  disconnected(): void {
    if (this.over !== null) this.farewellHeard?.();
    else if (this.connectionState === "open") this.setState("lost");
  }

  failed(error: ConcoordError): void {
    if (this.over === null) this.stop(error);
    this.farewellHeard?.();
    this.connection.close();
  }

  receive(link: NodeLink, messages: readonly ServerMessage[]): void {
    for (const message of messages) this.take(link, message);
    if (this.sender.queued > 0) this.sender.schedule();
  }

  private take(link: NodeLink, message: ServerMessage): void {
    switch (message.type) {
      case "answer":
        return this.answered(message.session, message.seq, message.outcome);
      case "opened":
        return this.opened(link, message.secretHash, message.session);
      case "openRefused":
        return this.openRefused(message);
      case "attached":
        if (message.session === this.calls?.session && !link.ready) this.connection.setReady(link);
        return;
      case "ended":
        if (message.session === this.calls?.session) this.lost();
        return;
      case "refused":
        if (message.session === this.calls?.session) this.sender.refused(this.calls, message.firstSeq);
        return;
      case "members":
        return this.connection.members(link, message);
      case "pong":
        return;
      default:
        unreachable(message);
    }
  }

  private answered(session: SessionId, seq: Seq, outcome: Outcome): void {
    if (session !== this.calls?.session || this.over !== null) return;
    this.connection.answered();
    this.sender.answered();
    const call = this.calls.answer(seq, outcome);
    if (call === null || outcome.type === "blocked") return;
    this.patience.end(call);
    if (!call.settled) settle(call, outcome);
  }

  /** A second link may bring the same news: opening again with a known secret gives the same session. */
  private opened(link: NodeLink, secretHash: string, session: SessionId): void {
    if (this.identity?.secretHash !== secretHash || link.ready || this.over !== null) return;
    this.calls ??= new Calls(session);
    this.connection.setReady(link);
  }

  private openRefused({ secretHash, code, message }: Extract<ServerMessage, { type: "openRefused" }>): void {
    if (this.identity?.secretHash !== secretHash || this.calls !== null || this.over !== null) return;
    this.refusal = new ConcoordError(code, message, "no");
    if (this.refusal.retryable) this.reopen.set(this.reopenBackoff.next());
    else this.failed(this.refusal);
  }

  /** The cluster ended the session: what was sent is not answered any more, what waits goes into the next one. */
  private lost(): void {
    if (this.over !== null) return this.farewellHeard?.();
    const unfinished = this.calls?.unfinished() ?? [];
    this.calls = null;
    this.identity = null;
    this.wanted = false;
    this.connection.unready();
    this.patience.clear();
    this.sender.reset();
    const message = "the session ended on the server before this was answered";
    for (const call of unfinished) this.patience.fail(call, new ConcoordError("SESSION_EXPIRED", message, "unknown"));
    this.events.emit("sessionlost", { type: "sessionlost" });
    if (this.sender.queued > 0 && !this.wanted) this.begin();
  }
}
