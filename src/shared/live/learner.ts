/**
 * Follows one object as nodes tell of it (server/feeds.ts): a snapshot, then inputs, each executed once and in order.
 * What it has is named when it asks another node, so that nothing is missed or repeated where that node can go on from
 * there; else a snapshot comes, and a gap is told. Where its state is not the replica's (a hash says so) it takes a
 * snapshot; after three in a row, or when the replica's class has another `static version`, it executes nothing and is
 * sent snapshots only.
 */
import { Alarm } from "../client/alarm.ts";
import { asError, ConcoordError } from "../client/errors.ts";
import type { Clock } from "../clock.ts";
import { objectOf } from "../object/state-table.ts";
import { nowhere, type SlotContext } from "../object/surround.ts";
import type { SessionId } from "../object/types.ts";
import { unreachable } from "../paxos/ids.ts";
import { decodeFeedInputs, decodeFeedState, type FeedState, type PlacedInput } from "../wire/feed-codec.ts";
import { type FeedMessage, type Position, wholeSlot } from "../wire/messages.ts";
import type { LiveClass } from "./classes.ts";
import { Copy } from "./copy.ts";
import type { Feeds, Watcher } from "./feeds.ts";

/** Until a node that cannot tell now is asked again. */
const againMillis = 1_000;
/** Differences in a row after which it executes nothing any more. */
const strikesMost = 3;

export interface LearnerEvents {
  /** The state is another one; `next`: it contains all calls of this program's session below. */
  restored(next: number, gap: boolean): void;
  confirmed(context: SlotContext, input: PlacedInput): void;
  /** All is known up to `slot`. @param isNew whether the state may have changed */
  reached(isNew: boolean): void;
  diverged(slot: number): void;
  ended(error: ConcoordError): void;
}

type Message<T> = Extract<FeedMessage, { readonly type: T }>;

export class Learner implements Watcher {
  /** The confirmed state. */
  copy: Copy;
  /** Of the last slot with an input, or of the snapshot. */
  context = nowhere;
  /** Whether it executes inputs by the code that the replicas have. */
  executes = true;
  readonly #feeds: Feeds;
  readonly #object: string;
  readonly #type: LiveClass;
  readonly #events: LearnerEvents;
  readonly #session: () => SessionId | null;
  readonly #again: Alarm;
  #feed: number;
  /** All inputs up to here were executed; null before the first snapshot. */
  #position: Position | null = null;
  /** Differences in a row. */
  #strikes = 0;

  constructor(
    feeds: Feeds,
    clock: Clock,
    object: string,
    type: LiveClass,
    session: () => SessionId | null,
    events: LearnerEvents,
  ) {
    this.#feeds = feeds;
    this.#object = object;
    this.#type = type;
    this.#session = session;
    this.#events = events;
    this.copy = new Copy(type);
    this.#again = new Alarm(clock, () => this.relinked());
    this.#feed = feeds.open(this);
    this.relinked();
  }

  get slot(): number {
    return this.#position?.slot ?? 0;
  }

  close(): void {
    this.#again.clear();
    this.#feeds.close(this.#feed);
  }

  /** Asks for what it has not: at first, on each link, and again when a node could not tell. */
  relinked(): void {
    this.#again.clear();
    const version = this.executes ? this.#type.version : null;
    const what = { feed: this.#feed, object: this.#object, since: this.#position, version };
    this.#feeds.send({ type: "watch", ...what, session: this.#session() });
  }

  /** Asks for the state as it is now, whatever came before. */
  #restart(): void {
    this.close();
    this.#feed = this.#feeds.open(this);
    this.executes = false;
    this.relinked();
  }

  take(message: FeedMessage): void {
    switch (message.type) {
      case "feedSnapshot":
        return this.#snapshot(message);
      case "feedInputs":
        return this.#inputs(message);
      case "feedEnd":
        return this.#end(message);
      default:
        return unreachable(message);
    }
  }

  #snapshot({ body, next }: Message<"feedSnapshot">): void {
    const state = decodeFeedState(body);
    // Nobody goes back: nodes send none that is older than what was named.
    if (state.slot < this.slot) return;
    const { executes } = this;
    const isOurs = state.version === this.#type.version && this.#strikes < strikesMost;
    const isGap = this.#position !== null && state.slot > this.#position.slot;
    try {
      this.copy = this.#copyOf(state, isOurs);
    } catch (error) {
      const why = `the state of ${this.#object} cannot be made: ${asError(error).message}`;
      return this.#fail(new ConcoordError("UNKNOWN_CLASS", why, "no", error));
    }
    this.executes = isOurs;
    this.#position = { slot: state.slot, at: wholeSlot };
    this.context = { ...this.context, slot: state.slot };
    this.#events.restored(next, isGap);
    this.#events.reached(true);
    // From here on inputs are enough again.
    if (isOurs && !executes) this.relinked();
  }

  /** @param strict whether all classes must be known. @throws Error when the state cannot be made */
  #copyOf({ table, hasDClass, waiting }: FeedState, strict: boolean): Copy {
    const type = this.#type;
    const object = table && objectOf(table, (name) => type.named(name, strict), type.empty);
    return new Copy(type, object, hasDClass, waiting);
  }

  #inputs({ body, slot }: Message<"feedInputs">): void {
    const position = this.#position;
    // It cannot be gone on from what is not known: the snapshot that was asked for comes.
    if (!this.executes || position === null) return;
    const { hash, slots } = decodeFeedInputs(body);
    let at = position;
    this.copy.apply(slots, (input, context) => {
      const isNew = context.slot > at.slot || (context.slot === at.slot && input.at > at.at);
      if (isNew) {
        at = { slot: context.slot as Position["slot"], at: input.at };
        this.context = context;
        // It is executed now, and nobody looks at the state before the whole frame is.
        this.#events.confirmed(context, input);
      }
      return isNew;
    });
    if (slot >= at.slot) at = { slot, at: wholeSlot };
    this.#position = at;
    if (hash !== null) this.#compare(hash);
    this.#events.reached(slots.length > 0);
  }

  #compare(hash: number): void {
    const same = this.copy.hash() === hash;
    this.#strikes = same ? 0 : this.#strikes + 1;
    if (same) return;
    this.#events.diverged(this.slot);
    this.#restart();
  }

  #end({ code, message }: Message<"feedEnd">): void {
    if (code === "BUSY") return this.#again.set(againMillis);
    this.#fail(new ConcoordError(code, message, "no"));
  }

  #fail(error: ConcoordError): void {
    this.close();
    this.#events.ended(error);
  }
}
