/** What a session tells of watched objects (shared/live); sessions without any do without it. */
import type { FeedMessage } from "../wire/messages.ts";

export interface FeedUser {
  /** The session is open on another link than before. */
  relinked(): void;
  take(message: FeedMessage): void;
}
