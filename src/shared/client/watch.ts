/**
 * Notices nodes that are silent, and nodes that are alive but answer nothing. Silence is counted in ticks, not
 * measured: a program that was paused does not blame its node for it, and nothing reads a clock for each message.
 */
import type { Clock } from "../clock.ts";
import { Alarm } from "./alarm.ts";
import type { LinkUser } from "./link-user.ts";
import type { NodeLink } from "./node-link.ts";
import {
  dialTicks,
  dialTicksMax,
  hungTicks,
  idleSilenceMillis,
  idleTickMillisMax,
  leaderlessTicks,
  pingTicks,
  stalledTicks,
  stallsMax,
  tickMillis,
  watchingMillis,
} from "./times.ts";

export interface Watched {
  /** The current one first. */
  readonly links: readonly NodeLink[];
  /** How often no node was reached since the last success. */
  readonly failures: number;
  leave(link: NodeLink): void;
  /** The node is alive, but nothing was answered for long. */
  stalled(link: NodeLink): void;
}

type WatchUser = Pick<LinkUser, "waiting" | "ttl" | "feeds">;

export class Watch {
  readonly #watched: Watched;
  readonly #user: WatchUser;
  readonly #tick: Alarm;
  /** The ticks are short, since something is awaited. */
  #hurried = false;
  /** Links may be dead without a word: asked, and watched closely until they answer. */
  #doubted = false;
  #unanswered = 0;
  #stalls = 0;

  /** @param user whoever awaits something from the nodes */
  constructor(clock: Clock, watched: Watched, user: WatchUser) {
    this.#watched = watched;
    this.#user = user;
    this.#tick = new Alarm(clock, () => this.#look());
  }

  /** Something is awaited from now on: silence is noticed soon. */
  hurry(): void {
    if (this.#hurried) return;
    this.#hurried = true;
    for (const link of this.#watched.links) link.silent = 0;
    this.#tick.set(tickMillis);
  }

  /** Whatever the links were like, they may be dead now: finds out soon, also when nothing is awaited. */
  doubt(): void {
    if (this.#watched.links.length === 0) return;
    this.#doubted = true;
    this.hurry();
    for (const link of this.#watched.links) {
      link.silent = Math.max(1, link.silent);
      this.#ping(link);
    }
  }

  /** The node did what was asked. */
  answered(): void {
    this.#unanswered = 0;
    this.#stalls = 0;
  }

  stop(): void {
    this.#tick.clear();
  }

  #look(): void {
    const { waiting } = this.#user;
    const { links } = this.#watched;
    for (const link of links) this.#listen(link);
    const [current] = links;
    if (waiting && current?.state === "open") this.#countStall(current);
    else this.#unanswered = 0;
    const wasHurried = this.#hurried;
    // Of a link that spoke since the last tick, one tick of silence is counted.
    this.#doubted &&= this.#watched.links.some((l) => l.silent > 1);
    this.#hurried = this.#watched.links.some((l) => waiting || this.#doubted || l.state === "dialing");
    // Short ticks count for nothing among long ones.
    if (wasHurried && !this.#hurried) for (const link of this.#watched.links) link.silent = 0;
    // Without a link there is nothing to watch: the next dial hurries again.
    if (this.#watched.links.length > 0) this.#tick.set(this.#hurried ? tickMillis : this.#idleMillis);
  }

  get #idleMillis(): number {
    return Math.min(this.#user.ttl / 3, this.#user.feeds === null ? idleTickMillisMax : watchingMillis);
  }

  #listen(link: NodeLink): void {
    const { ttl, feeds } = this.#user;
    link.silent++;
    if (link.state === "dialing") {
      if (link.silent > Math.min(dialTicksMax, dialTicks + this.#watched.failures)) this.#watched.leave(link);
    } else if (this.#hurried) {
      if (link.silent >= hungTicks) this.#watched.leave(link);
      else if (link.silent === pingTicks) this.#ping(link);
    } else if (link.silent > 1 + idleSilenceMillis / this.#idleMillis) {
      this.#watched.leave(link);
    } else if (feeds === null || link.silent > 1 || (++link.pinged + 1) * watchingMillis > ttl / 3) {
      // A node that tells of objects need not be asked, but is to hear something before the session ends.
      this.#ping(link);
    }
  }

  #ping(link: NodeLink): void {
    link.pinged = 0;
    link.say({ type: "ping" });
  }

  #countStall(link: NodeLink): void {
    const ticks = link.leader === null ? leaderlessTicks : stalledTicks;
    if (++this.#unanswered < ticks << this.#stalls) return;
    this.#unanswered = 0;
    this.#stalls = Math.min(this.#stalls + 1, stallsMax);
    this.#watched.stalled(link);
  }
}
