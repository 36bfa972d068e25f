/** Clients behind a relay reach no other node than the one it chose: no address of a member is of use to them. */
import type { ServerMessage } from "./messages.ts";

/** Follows the path that clients connect at, where a relay does so for one. */
export const relayedQuery = "?relayed";

/** What a node says to a client behind a relay. */
export function forRelayed(message: ServerMessage): ServerMessage {
  return message.type === "members" ? { ...message, members: [] } : message;
}
