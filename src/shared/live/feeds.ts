/** What one session watches: it hands what nodes tell to the live object that asked, and asks again on a new link. */
import type { FeedUser } from "../client/feed-user.ts";
import type { ClientSession } from "../client/session.ts";
import type { ClientMessage, FeedMessage } from "../wire/messages.ts";

export interface Watcher {
  relinked(): void;
  take(message: FeedMessage): void;
}

export class Feeds implements FeedUser {
  readonly #client: ClientSession;
  readonly #watchers = new Map<number, Watcher>();
  #last = 0;

  constructor(client: ClientSession) {
    this.#client = client;
  }

  /** @returns a number that was never used before, so that what is still told of an older one goes nowhere */
  open(watcher: Watcher): number {
    this.#watchers.set(++this.#last, watcher);
    this.#client.feeds = this;
    return this.#last;
  }

  close(feed: number): void {
    if (!this.#watchers.delete(feed)) return;
    this.send({ type: "unwatch", feed });
    if (this.#watchers.size === 0) this.#client.feeds = null;
  }

  send(message: ClientMessage): void {
    this.#client.route()?.link.say(message);
  }

  relinked(): void {
    for (const watcher of [...this.#watchers.values()]) watcher.relinked();
  }

  take(message: FeedMessage): void {
    this.#watchers.get(message.feed)?.take(message);
  }
}
