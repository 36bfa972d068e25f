/**
 * Live objects: a program follows an object of the cluster, executing the inputs that replicas executed with the same
 * code, so that what moves is the calls and not the state.
 *
 *   replica                                          program
 *   server/feeds.ts: who watches what                feeds.ts: what one session watches
 *   server/feed.ts: snapshot and tail, encoded once  learner.ts: asks, executes in order, compares hashes
 *                                                    copy.ts: the object, as object/runs.ts runs it
 *                                                    pending.ts: own calls, at once, on a copy of it
 *                                                    view.ts: what the program sees
 *
 *   watch { object, since, version } ->              <- feedSnapshot: state, and which tickets live
 *                                                    <- feedInputs: what was executed since, up to a slot
 *
 * Only programs that follow objects load this folder, and with it the code that executes them.
 */

import { remoteOf } from "../client/proxy.ts";
import type { ClientSession } from "../client/session.ts";
import type { Bootstrap, OpenSession, Session, SessionOptions } from "../client/types.ts";
import { LiveClass } from "./classes.ts";
import { Feeds } from "./feeds.ts";
import { LiveObject } from "./object.ts";
import type { Live, LiveClasses, LiveFunction, LiveSession } from "./types.ts";

export type {
  Change,
  Frozen,
  Gap,
  Live,
  LiveClasses,
  LiveFunction,
  LiveOptions,
  LiveSession,
} from "./types.ts";

/** One for each session, as its objects share the connection. */
const feedsOf = new WeakMap<ClientSession, Feeds>();

/**
 * `live`, for a runtime.
 * @example export const live = createLive(openSession);
 */
export function createLive(openSession: OpenSession): LiveFunction {
  return (type, bootstrap, { name, classes, ...options } = {}) => {
    const session = openSession(bootstrap, options);
    return follow(session, type, name, classes, () => session[Symbol.asyncDispose]());
  };
}

/**
 * `openSession`, for a runtime, with sessions that follow objects.
 * @example export const openSession = withLive(createClient(runtime).openSession);
 */
export function withLive(
  openSession: OpenSession,
): (bootstrap?: Bootstrap, options?: SessionOptions) => LiveSession {
  return (bootstrap, options) => {
    const session = openSession(bootstrap, options);
    const live: LiveSession["live"] = (type, name, { classes } = {}) =>
      follow(session, type, name, classes, () => Promise.resolve());
    return Object.assign(session, { live });
  };
}

function follow<C extends new () => object>(
  session: Session,
  type: C,
  name: string | undefined,
  classes: LiveClasses["classes"],
  dispose: () => Promise<void>,
): Live<InstanceType<C>> {
  const remote = remoteOf(session.object(type, name), "live");
  const { client } = remote;
  const feeds = feedsOf.get(client) ?? new Feeds(client);
  feedsOf.set(client, feeds);
  const of = new LiveClass(type, classes ?? []);
  return asLive(new LiveObject(remote, of, feeds, dispose));
}

/** The state is of the class that it was made with; only the types know which. */
function asLive<T>(object: LiveObject): Live<T> {
  return object as unknown as Live<T>;
}
