/**
 * One session: opened in the log with the hash of a secret, proved with the secret on every link, and opened anew
 * when the cluster has ended it. Every call leaves with its own number and is answered once, whatever links do.
 */
import type { Code, Outcome, Seq, SessionId } from "../object/types.ts";
import type { ServerMessage } from "../wire/messages.ts";
import { whenAborted } from "./abort.ts";
import { Alarm } from "./alarm.ts";
import type { Bootstraps } from "./bootstrap.ts";
import { PendingCall } from "./call.ts";
import { Calls } from "./calls.ts";
import { Connection, type LinkSettings, type LinkUser } from "./connection.ts";
import { Emitter } from "./emitter.ts";
import { ConcoordError, errorOf } from "./errors.ts";
import type { FeedUser } from "./feed-user.ts";
import { Handshake } from "./handshake.ts";
import type { NodeLink } from "./node-link.ts";
import { settle } from "./outcome.ts";
import { type Lateness, type Limits, Patience } from "./patience.ts";
import { encodeArguments, type Target } from "./payload.ts";
import type { ClientRuntime } from "./runtime.ts";
import { type Mode, type Route, Sender } from "./sender.ts";
import { farewellMillis } from "./times.ts";
import type { ConnectionState } from "./types.ts";

export interface SessionSettings extends LinkSettings {
  readonly signal: AbortSignal | null;
  /** Milliseconds. */
  readonly ttl: number;
  readonly mode: Mode;
}

type Message<T> = Extract<ServerMessage, { readonly type: T }>;

export class ClientSession implements LinkUser {
  readonly events: Emitter;
  readonly patience: Patience;
  readonly ttl: number;
  feeds: FeedUser | null = null;
  readonly #connection: Connection;
  readonly sender: Sender;
  readonly #handshake: Handshake;
  readonly #farewellOver: Alarm;
  #connectionState: ConnectionState = "connecting";
  /** The calls of the session, while one is open. */
  #calls: Calls | null = null;
  /** Why no call is taken. */
  #over: ConcoordError | null = null;
  #farewell: Promise<void> | null = null;
  #farewellHeard: (() => void) | null = null;

  constructor(runtime: ClientRuntime, bootstraps: Bootstraps, settings: SessionSettings) {
    const { clock } = runtime;
    const route = () => this.route();
    this.ttl = settings.ttl;
    this.events = new Emitter(clock);
    this.#connection = new Connection(runtime, bootstraps, settings, this);
    this.sender = new Sender(clock, settings.mode, route);
    this.patience = new Patience(clock, route, () => this.#lateness(), runtime.tracer?.() ?? null);
    this.#handshake = new Handshake(runtime, settings.ttl, this);
    this.#farewellOver = new Alarm(clock, () => this.#farewellHeard?.());
    this.#handshake.begin();
    this.#connection.start();
    // Not now: the program has no chance to listen before this returns.
    clock.soon(() => this.state === "connecting" && this.#tellState());
    if (settings.signal !== null) this.#endWith(settings.signal);
  }

  get state(): ConnectionState {
    return this.#connectionState;
  }

  /**
   * Makes a call. The arguments are read before this returns.
   * @param began hears of it before it can be answered
   * @throws ConcoordError, or the error that the method threw, by the promise
   */
  call(
    target: Target,
    args: readonly unknown[],
    limits: Limits,
    local = false,
    began?: (call: PendingCall) => void,
  ): Promise<unknown> {
    try {
      const call = new PendingCall(target, encodeArguments(args), local);
      if (this.#over !== null) {
        call.fail(errorOf(this.#over, "no"));
      } else if (this.patience.begin(call, limits)) {
        this.sender.push(call);
        this.#handshake.begin();
        this.#connection.hurry();
      }
      began?.(call);
      return call.promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Sends what is held back. Done when all calls made so far are answered; rejects if one of them failed. */
  async flush(): Promise<void> {
    const promises = [...this.sender].map((call) => call.promise);
    for (const call of this.#calls?.unfinished() ?? []) if (!call.settled) promises.push(call.promise);
    this.sender.release();
    // After the end of a session nothing else asks for the next one: what was held back waits for it.
    if (promises.length > 0 && this.#over === null) this.#handshake.begin();
    for (const result of await Promise.allSettled(promises))
      if (result.status === "rejected") throw result.reason;
  }

  /** Ends the session: unanswered calls fail with CLOSED, the cluster is told, the link closes. Never rejects. */
  close(): Promise<void> {
    return this.#end("CLOSED", "the session is closed");
  }

  #endWith(signal: AbortSignal): void {
    const stop = whenAborted(signal, (why) => void this.#end("ABORTED", "the session was aborted", why));
    this.events.add("connection", ({ state }) => state === "closed" && stop());
  }

  /** Only the first end counts. */
  #end(code: Code, message: string, cause?: unknown): Promise<void> {
    this.#farewell ??= this.#leave(new ConcoordError(code, message, "no", cause));
    return this.#farewell;
  }

  async #leave(error: ConcoordError): Promise<void> {
    if (this.#over !== null) return;
    const route = this.route();
    this.#stop(error);
    if (route !== null) {
      route.link.say({ type: "close", session: route.calls.session });
      await new Promise<void>((resolve) => {
        this.#farewellHeard = resolve;
        this.#farewellOver.set(farewellMillis);
      });
      this.#farewellOver.clear();
    }
    this.#connection.close();
  }

  /** No call is taken or answered any more. */
  #stop(error: ConcoordError): void {
    this.#over = error;
    for (const call of this.sender.take()) this.patience.fail(call, errorOf(error, "no"));
    this.#abandon(this.#calls?.unfinished() ?? [], error);
    this.#setState("closed");
  }

  /** The session is over: what was sent is not answered any more. */
  #abandon(sent: Iterable<PendingCall>, error: ConcoordError): void {
    this.#handshake.forget();
    this.patience.clear();
    this.sender.reset();
    for (const call of sent) this.patience.fail(call, errorOf(error, "unknown"));
  }

  #setState(state: ConnectionState): void {
    if (state === this.#connectionState) return;
    this.#connectionState = state;
    this.#tellState();
  }

  #tellState(): void {
    this.events.emit("connection", { type: "connection", state: this.state });
  }

  #lateness(): Lateness {
    const trouble = this.#handshake.refusal ?? this.#connection.trouble;
    return { code: this.#connection.unreached ? "UNREACHABLE" : "TIMEOUT", trouble };
  }

  get waiting(): boolean {
    if (this.#over !== null || !this.#handshake.wanted) return false;
    if (this.#calls === null || this.#connection.ready === null) return true;
    return this.#calls.awaited + this.sender.queued + this.sender.reads.size > 0;
  }

  /** Where it is connected, with an open session. */
  route(): Route | null {
    const link = this.#connection.ready;
    return link === null || this.#calls === null || this.#over !== null ? null : { link, calls: this.#calls };
  }

  greetAll(): void {
    for (const link of this.#connection.open) if (!link.ready) this.greet(link);
  }

  greet(link: NodeLink): void {
    if (this.#over !== null) return;
    if (this.#handshake.wanted) this.#handshake.greet(link, this.#calls?.session ?? null);
    else this.#setState("open"); // the next call opens a session
  }

  nudge(link: NodeLink): void {
    if (!link.ready) return this.greet(link);
    this.patience.repeat();
    this.sender.resend(true);
  }

  connected(): void {
    if (this.#over !== null) return;
    this.#handshake.succeeded();
    this.#setState("open");
    this.patience.repeat();
    this.sender.relinked();
    this.feeds?.relinked();
  }

  disconnected(): void {
    if (this.#over !== null) this.#farewellHeard?.();
    else if (this.#connectionState === "open") this.#setState("lost");
  }

  failed(error: ConcoordError): void {
    if (this.#over === null) this.#stop(error);
    this.#farewellHeard?.();
    this.#connection.close();
  }

  receive(link: NodeLink, messages: readonly ServerMessage[]): void {
    for (const message of messages) this.#take(link, message);
    if (this.sender.queued > 0) this.sender.schedule();
  }

  #take(link: NodeLink, message: ServerMessage): void {
    switch (message.type) {
      case "answer":
        return this.#answered(message.session, message.seq, message.outcome);
      case "opened":
        return this.#opened(link, message);
      case "openRefused":
        if (this.#calls === null && this.#handshake.isOurs(message.secretHash))
          this.#handshake.refused(message);
        return;
      case "attached":
        if (message.session === this.#calls?.session && !link.ready) this.#connection.setReady(link);
        return;
      case "readAnswer":
        return this.#readAnswered(message);
      case "seen":
        return this.sender.reads.saw(message.slot);
      case "ended":
        if (message.session === this.#calls?.session) this.#lost();
        return;
      case "refused":
        if (message.session === this.#calls?.session) this.sender.refused(this.#calls, message.firstSeq);
        return;
      case "members":
        return this.#connection.members(link, message);
      default: // views are told to those that follow them
        if ("feed" in message) this.feeds?.take(message);
    }
  }

  #answered(session: SessionId, seq: Seq, outcome: Outcome): void {
    if (session !== this.#calls?.session || this.#over !== null) return;
    this.#connection.answered();
    this.sender.answered();
    const call = this.#calls.answer(seq, outcome);
    if (call === null || outcome.type === "blocked") return;
    this.patience.end(call);
    settle(call, outcome);
  }

  #readAnswered({ id, outcome }: Message<"readAnswer">): void {
    const read = this.sender.readAnswered(id, outcome);
    if (read === null) return;
    this.#connection.answered();
    this.patience.end(read.call);
    settle(read.call, read.outcome);
  }

  /** A second link may bring the same news: opening again with a known secret gives the same session. */
  #opened(link: NodeLink, { secretHash, session, classes }: Message<"opened">): void {
    if (!this.#handshake.isOurs(secretHash) || link.ready || this.#over !== null) return;
    this.sender.reads.learn(classes);
    this.#calls ??= new Calls(session);
    this.#connection.setReady(link);
  }

  /** The cluster ended the session: what was sent is not answered any more, what waits goes into the next one. */
  #lost(): void {
    if (this.#over !== null) return this.#farewellHeard?.();
    const unfinished = this.#calls?.unfinished() ?? [];
    const message = "the session ended before this was answered";
    this.#calls = null;
    this.#connection.unready();
    this.#abandon(unfinished, new ConcoordError("SESSION_EXPIRED", message, "unknown"));
    this.events.emit("sessionlost", { type: "sessionlost" });
    const wanted = this.sender.queued > 0 || this.feeds !== null;
    if (wanted && !this.#handshake.wanted) this.#handshake.begin();
    else this.greetAll();
  }
}
