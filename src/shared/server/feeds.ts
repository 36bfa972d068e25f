/**
 * What this node's clients watch (shared/live is their side). Who watches an object is told of its state once, and of
 * each input that this node executed since: at once while little happens, else together, once every 50 ms. A crowd is
 * told less often: who writes waits for no more than a share of this node's time. Clients that read too slowly are
 * passed over; when they have caught up they go on from the tail or, where that has gone, from a snapshot. Of objects
 * that nobody watches only the order of inputs is noted (past-inputs.ts).
 *
 *   watch          -> feedSnapshot, or nothing where the tail reaches `since`; then feedInputs for ever
 *                  -> feedEnd when it cannot be watched (any more)
 *   each second    -> feedInputs without inputs: all up to that slot was told
 */
import type { Clock, Timer } from "../clock.ts";
import { feedShareMax, feedsPerConnectionMax } from "../limits.ts";
import { formatObject, parseObject } from "../object/address.ts";
import type { ClassEntry } from "../object/registry.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { Code } from "../object/types.ts";
import { type Millis, millis } from "../paxos/ids.ts";
import type { Identity, Refuse } from "../wire/identity.ts";
import type { ServerLink, ServerLinkEvents } from "../wire/link.ts";
import type { ClientMessage, WatchMessage } from "../wire/messages.ts";
import { Feed, Unfit } from "./feed.ts";
import { Learner } from "./feed-learner.ts";
import { mayNotWatch } from "./guard.ts";
import type { PastInputs } from "./past-inputs.ts";

const frameMillis = 50;
const beatMillis = 1_000;
/** Connections that are sent something in one turn: a socket takes some microseconds. */
const linksPerTurn = 64;
/** So long inputs are kept after the last one who watched went: most come back. */
const lingerMillis = 10_000;

/** Says why programs must not watch objects of a class; null: they may. */
export type MayWatch = (entry: ClassEntry) => Promise<string | null>;

export class Feeds {
  private readonly machine: StateMachine;
  private readonly past: PastInputs;
  private readonly clock: Clock;
  private readonly mayWatch: MayWatch | null;
  private readonly refuse: Refuse | null;
  private readonly verdicts = new WeakMap<ClassEntry, Promise<string | null>>();
  private readonly links = new Map<ServerLink, Map<number, Learner | null>>();
  private readonly feeds = new Map<Feed, Set<Learner>>();
  private readonly byKey = new Map<string, Feed>();
  /** Since when nobody watches them. */
  private readonly left = new Map<Feed, Millis>();
  private readonly changed = new Set<Feed>();
  /** Those who know more than this node has executed. */
  private readonly early = new Set<Learner>();
  /** Those who are to be sent what came. */
  private readonly due = new Map<ServerLink, Set<Learner>>();
  private readonly served = (): void => this.serve();
  private frameAt: Millis = millis(0);
  /** When the frame that is being told began, and the time that went into it until now. */
  private began: Millis = millis(0);
  private spent = 0;
  private timer: Timer | null = null;
  private beat: Timer | null = null;
  private readonly noted = (feed: Feed): void => void this.changed.add(feed);

  /** @param refuse the operator's rules; null for none */
  constructor(
    machine: StateMachine,
    past: PastInputs,
    clock: Clock,
    mayWatch: MayWatch | null,
    refuse: Refuse | null,
  ) {
    this.machine = machine;
    this.past = past;
    this.clock = clock;
    this.mayWatch = mayWatch;
    this.refuse = refuse;
  }

  /** @param other what takes all other messages of the connection, and hears of its end */
  accept(link: ServerLink, identity: Identity, other: ServerLinkEvents): ServerLinkEvents {
    return {
      receive: (messages) => {
        const mine = messages.filter(isMine);
        if (mine.length === 0) return other.receive(messages);
        const rest = messages.filter((m) => !isMine(m));
        if (rest.length > 0) other.receive(rest);
        for (const message of mine) {
          if (message.type === "watch") this.watch(link, identity, message);
          else this.unwatch(link, message.feed);
        }
      },
      closed: () => {
        this.due.delete(link);
        for (const number of [...(this.links.get(link)?.keys() ?? [])]) this.unwatch(link, number);
        this.links.delete(link);
        other.closed();
      },
    };
  }

  close(): void {
    this.timer?.cancel();
    this.beat?.cancel();
  }

  /** The state came from a snapshot: those who watch get one, too. */
  restored(): void {
    for (const feed of this.feeds.keys()) this.changed.add(feed);
  }

  /** After each turn: what was executed in it is told, now or soon. */
  turned(): void {
    for (const learner of this.early) {
      if (learner.isEarly) continue;
      this.early.delete(learner);
      this.begin(learner);
    }
    if (this.changed.size === 0) return;
    const { now } = this.clock.moment();
    let full = false;
    for (const feed of this.changed) full ||= feed.isFull;
    if (full) return this.tell(now);
    // Who is still to be told of the last frame comes first; then this is looked at again.
    if (this.due.size > 0) return;
    if (now >= this.frameAt) this.tell(now);
    else this.timer ??= this.clock.at(this.frameAt, () => this.tell(this.clock.moment().now));
  }

  private tell(now: Millis): void {
    this.timer?.cancel();
    this.timer = null;
    for (const feed of this.changed) {
      feed.cut(now);
      for (const learner of this.feeds.get(feed) ?? []) {
        const others = this.due.get(learner.link);
        if (others === undefined) this.due.set(learner.link, new Set([learner]));
        else others.add(learner);
      }
    }
    this.changed.clear();
    this.began = now;
    this.spent = 0;
    this.serve();
  }

  /** Not all in one turn: writes would wait for it. */
  private serve(): void {
    const { now } = this.clock.moment();
    let left = linksPerTurn;
    for (const [link, learners] of this.due) {
      if (left-- === 0) break;
      this.due.delete(link);
      let isSent = false;
      for (const learner of learners) isSent = this.send(learner, now) || isSent;
      if (isSent) link.flush();
    }
    this.spent += this.clock.moment().now - now;
    if (this.due.size > 0) return this.clock.soon(this.served);
    const wait = Math.min(Math.max(frameMillis, this.spent / feedShareMax), beatMillis);
    this.frameAt = millis(this.began + wait);
    this.turned();
  }

  private watch(link: ServerLink, identity: Identity, message: WatchMessage): void {
    const mine = this.links.get(link) ?? new Map<number, Learner | null>();
    this.links.set(link, mine);
    this.unwatch(link, message.feed);
    const address = parseObject(message.object);
    const entry = address === null ? undefined : this.machine.code.entry(address.class);
    const refuse = (code: Code, why: string) => end(link, message.feed, code, why);
    if (mine.size >= feedsPerConnectionMax) return refuse("BUSY", "too many watched objects");
    const why = mayNotWatch(identity, message.object, this.refuse);
    if (why !== null) return refuse("DENIED", why);
    if (address === null || entry === undefined) {
      if (this.machine.classes.length === 0) return refuse("BUSY", "this node has executed nothing yet");
      return refuse("UNKNOWN_CLASS", `${message.object} is of no class that is served here`);
    }
    if (!entry.live) return refuse("DENIED", `class ${entry.name} says static live = false`);
    if (this.mayWatch === null) return this.admit(link, message, formatObject(address), address.class);
    // The place is taken while the class is looked at.
    mine.set(message.feed, null);
    const verdict = this.verdicts.get(entry) ?? this.mayWatch(entry);
    this.verdicts.set(entry, verdict);
    const judged = (problem: string | null) => {
      if (this.links.get(link) !== mine || mine.get(message.feed) !== null) return;
      mine.delete(message.feed);
      if (problem === null) this.admit(link, message, formatObject(address), address.class);
      else refuse("DENIED", problem);
    };
    verdict.then(judged, (error: unknown) =>
      judged(`class ${entry.name} cannot be checked: ${String(error)}`),
    );
  }

  private admit(link: ServerLink, message: WatchMessage, key: string, className: string): void {
    const { feed: number } = message;
    const feed = this.feedOf(key, className);
    const learner = new Learner(link, message, feed, this.machine);
    this.links.get(link)?.set(number, learner);
    this.feeds.get(feed)?.add(learner);
    this.beat ??= this.clock.at(millis(this.clock.moment().now + beatMillis), () => this.beats());
    if (learner.isEarly) this.early.add(learner);
    else this.begin(learner);
  }

  private feedOf(key: string, className: string): Feed {
    const known = this.byKey.get(key);
    const feed = known ?? new Feed(key, className, this.machine, this.past, this.noted);
    this.left.delete(feed);
    if (known === undefined) {
      this.byKey.set(key, feed);
      this.feeds.set(feed, new Set());
    }
    return feed;
  }

  private begin(learner: Learner): void {
    const { now } = this.clock.moment();
    learner.begin(now);
    if (this.send(learner, now)) learner.link.flush();
  }

  /** Sends what it has not got. @returns whether anything is to be flushed */
  private send(learner: Learner, now: Millis): boolean {
    try {
      return learner.send(now);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      this.unwatch(learner.link, learner.number);
      end(learner.link, learner.number, error.code, error.message);
      return false;
    }
  }

  /** Each second: who was told nothing is told how far all is known, and who was slow gets what was left out. */
  private beats(): void {
    const { now } = this.clock.moment();
    this.beat = null;
    for (const [feed, learners] of this.feeds) {
      if (learners.size === 0) this.forget(feed, now);
      if (learners.size === 0 || this.changed.has(feed)) continue;
      const hash = feed.hashNow(now);
      for (const learner of learners) {
        const sent = this.send(learner, now);
        if (learner.beat(hash) || sent) learner.link.flush();
      }
    }
    if (this.feeds.size > 0) this.beat = this.clock.at(millis(now + beatMillis), () => this.beats());
  }

  private forget(feed: Feed, now: Millis): void {
    const since = this.left.get(feed) ?? now;
    this.left.set(feed, since);
    if (now - since < lingerMillis) return;
    feed.close();
    this.left.delete(feed);
    this.changed.delete(feed);
    this.feeds.delete(feed);
    this.byKey.delete(feed.key);
  }

  private unwatch(link: ServerLink, number: number): void {
    const mine = this.links.get(link);
    const learner = mine?.get(number) ?? null;
    mine?.delete(number);
    if (learner === null) return;
    this.early.delete(learner);
    this.due.get(link)?.delete(learner);
    this.feeds.get(learner.feed)?.delete(learner);
  }
}

function isMine(m: ClientMessage): m is Extract<ClientMessage, { readonly feed: number }> {
  return m.type === "watch" || m.type === "unwatch";
}

function end(link: ServerLink, feed: number, code: Code, message: string): void {
  link.send({ type: "feedEnd", feed, code, message });
  link.flush();
}
