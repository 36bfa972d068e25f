/** One live object: what the cluster confirmed of it, this program's own calls on top, and who is told of changes. */
/// <reference lib="esnext.disposable" preserve="true" />

import type { PendingCall } from "../client/call.ts";
import { tell } from "../client/emitter.ts";
import type { ConcoordError } from "../client/errors.ts";
import { makeProxy, type Remoted } from "../client/proxy.ts";
import { type Session, session } from "../client/types.ts";
import type { Clock } from "../clock.ts";
import { initMethod } from "../object/surface.ts";
import type { SlotContext } from "../object/surround.ts";
import type { SessionId } from "../object/types.ts";
import type { PlacedInput } from "../wire/feed-codec.ts";
import { Changes } from "./changes.ts";
import type { LiveClass } from "./classes.ts";
import type { Copy } from "./copy.ts";
import type { Feeds } from "./feeds.ts";
import { Learner, type LearnerEvents } from "./learner.ts";
import { Pending } from "./pending.ts";
import { readOnly } from "./view.ts";

export class LiveObject implements LearnerEvents {
  readonly calls: object;
  readonly ready: Promise<void>;
  readonly #remote: Remoted;
  readonly #type: LiveClass;
  readonly #clock: Clock;
  readonly #learner: Learner;
  readonly #pending = new Pending();
  readonly #news = new Changes();
  readonly #listeners = new Set<() => void>();
  readonly #dispose: () => Promise<void>;
  #resolve!: () => void;
  #reject!: (error: ConcoordError) => void;
  /** The confirmed state with the pending calls; null when it is to be made. */
  #ahead: Copy | null = null;
  #view: unknown;
  #isStale = true;
  #isTelling = false;

  /** @param dispose is called when it is followed no more */
  constructor(remote: Remoted, type: LiveClass, feeds: Feeds, dispose: () => Promise<void>) {
    const { client, object } = remote;
    this.#remote = remote;
    this.#type = type;
    this.#clock = client.patience.clock;
    this.#dispose = dispose;
    this.ready = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.ready.catch(ignore);
    this.calls = makeProxy({ ...remote, began: (call) => this.#began(call) });
    this.#learner = new Learner(feeds, this.#clock, object, type, () => this.#sessionId ?? null, this);
  }

  get [session](): Session {
    return this.#remote.session;
  }

  get slot(): number {
    return this.#learner.slot;
  }

  get state(): unknown {
    if (!this.#isStale) return this.#view;
    this.#isStale = false;
    const object = this.#shown.object ?? this.#type.fresh;
    this.#view = readOnly(object, this.#view);
    return this.#view;
  }

  readonly snapshot = (): unknown => this.state;

  readonly subscribe = (changed: () => void): (() => void) => {
    // The same function may be added twice.
    const listener = () => changed();
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  changes({ signal }: { readonly signal?: AbortSignal | undefined } = {}) {
    return this.#news.iterate(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#learner.close();
    this.#listeners.clear();
    this.#news.end(null);
    await this.#dispose();
  }

  get #sessionId(): SessionId | undefined {
    return this.#remote.client.route()?.calls.session;
  }

  /** The confirmed state with the pending calls. */
  get #shown(): Copy {
    const { copy, executes } = this.#learner;
    if (this.#pending.size === 0 || !executes) return copy;
    this.#ahead ??= this.#lookAhead();
    return this.#ahead ?? copy;
  }

  /** null when the state cannot be copied. */
  #lookAhead(): Copy | null {
    const { copy: confirmed, context } = this.#learner;
    try {
      const copy = confirmed.clone();
      this.#pending.run(copy, context, this.#sessionId);
      return copy;
    } catch {
      // What the program does not know shows when it is confirmed.
      return null;
    }
  }

  /** A call that changes the object shows at once. */
  #began(call: PendingCall): void {
    const type = this.#type;
    const { method } = call.target;
    const runs = type.method(method) !== null || method === initMethod;
    if (!runs || type.reads.includes(method) || call.local || call.settled) return;
    const { sender } = this.#remote.client;
    this.#pending.add(
      call,
      this.#clock.moment(),
      () => sender.reads.seen,
      () => this.reached(),
    );
    if (this.#ahead !== null) this.#pending.run(this.#ahead, this.#learner.context, this.#sessionId, -1);
    this.#changed();
  }

  restored(next: number, isGap: boolean): void {
    this.#pending.confirmedBelow(next);
    this.#ahead = null;
    if (isGap) this.#news.gap(this.slot);
    this.#resolve();
  }

  confirmed(context: SlotContext, input: PlacedInput): void {
    this.#ahead = null;
    // What else names one of our calls comes after it; what names none concerns none.
    if (input.seq > 0 && input.session === this.#sessionId) this.#pending.confirmed(input.seq);
    this.#news.push(context, input);
  }

  reached(isNew = false): void {
    const fewer = this.#pending.confirmedBy(this.slot);
    if (fewer) this.#ahead = null;
    if (fewer || isNew) this.#changed();
  }

  #changed(): void {
    this.#isStale = true;
    if (this.#isTelling || this.#listeners.size === 0) return;
    this.#isTelling = true;
    this.#clock.soon(() => this.#tell());
  }

  #tell(): void {
    this.#isTelling = false;
    for (const listener of [...this.#listeners]) tell(this.#clock, listener, undefined);
  }

  diverged(slot: number): void {
    const { client, object } = this.#remote;
    client.events.emit("diverged", { type: "diverged", object, slot });
  }

  ended(error: ConcoordError): void {
    this.#reject(error);
    this.#news.end(error);
  }
}

function ignore(): void {
  // Who waits for `ready` hears why.
}
