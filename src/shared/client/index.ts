/** Everything of the client that is the same in every runtime. */

export type { Code } from "../object/types.ts";
export { ConcoordError, type Executed } from "./errors.ts";
export { type Held, type Holdable, hold } from "./hold.ts";
export { invoke, type ProxiedClass } from "./proxied.ts";
export { within } from "./proxy.ts";
export {
  type Answer,
  type Blocked,
  type Bootstrap,
  type Caller,
  type CallOptions,
  type Calls,
  type Connect,
  type ConnectionEvent,
  type ConnectionState,
  type DivergedEvent,
  flush,
  type ListenerOptions,
  type Listening,
  local,
  type Methods,
  type OpenSession,
  type Options,
  type ProxyMembers,
  type Reads,
  type Remote,
  type RemoteOf,
  type Session,
  type SessionEvents,
  type SessionLostEvent,
  type SessionOptions,
  session,
} from "./types.ts";
export { type Waitable, type WaitOptions, waitFor } from "./wait-for.ts";
