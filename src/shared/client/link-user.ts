/** What a connection tells the session that uses it, and asks it. */
import type { ServerMessage } from "../wire/messages.ts";
import type { ConcoordError } from "./errors.ts";
import type { FeedUser } from "./feed-user.ts";
import type { NodeLink } from "./node-link.ts";

export interface LinkUser {
  /** Whether something is awaited from the node. */
  readonly waiting: boolean;
  /** Milliseconds that nodes wait for a sign of life. */
  readonly ttl: number;
  /** Objects that are watched; null for none. */
  readonly feeds: FeedUser | null;
  /** The hello is done: open or attach the session, and call `ready` when that is answered. */
  greet(link: NodeLink): void;
  receive(link: NodeLink, messages: readonly ServerMessage[]): void;
  /** The node is alive, but nothing was answered for long: ask again. */
  nudge(link: NodeLink): void;
  connected(): void;
  disconnected(): void;
  /** No node will ever serve this client. */
  failed(error: ConcoordError): void;
}
