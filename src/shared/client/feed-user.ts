/** What a session tells of watched objects (shared/live); sessions without any do without it. */
import { never } from "../clock.ts";
import type { FeedMessage } from "../wire/messages.ts";
import { watchingMillis } from "./times.ts";

export interface FeedUser {
  /** The session is open on another link than before. */
  relinked(): void;
  take(message: FeedMessage): void;
}

/** How often a connection shows that it is alive, ms. */
export function keepAliveMillis(ttl: number, feeds: FeedUser | null): number {
  return Math.min(ttl / 3, feeds === null ? never : watchingMillis);
}
