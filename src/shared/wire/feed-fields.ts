/** The messages about watched objects within the frames of clients and nodes (client-codec.ts). */
import { nameCharsMax, reasonCharsMax } from "../limits.ts";
import type { Version } from "../object/registry.ts";
import { unreachable } from "../paxos/ids.ts";
import { bad } from "./bad-frame.ts";
import { bytes, code, count, seqField, session, slotField, text, tuple, word } from "./fields.ts";
import type { FeedMessage, Position, WatchMessage } from "./messages.ts";

/** In the order of their tags. */
export const feedTypes: readonly FeedMessage["type"][] = ["feedSnapshot", "feedInputs", "feedEnd"];

export function watchTuple(tag: number, m: WatchMessage): readonly unknown[] {
  const since = m.since === null ? null : [m.since.slot, m.since.at];
  return [tag, m.feed, m.object, since, m.version, m.session];
}

/** Reads what `watchTuple` made. @throws BadFrame */
export function watch(t: readonly unknown[]): WatchMessage {
  return {
    type: "watch",
    feed: count(t[1], "watch.feed"),
    object: text(t[2], "watch.object", 2 * nameCharsMax + 1),
    since: t[3] === null ? null : position(t[3]),
    version: t[4] === null ? null : version(t[4], "watch.version"),
    session: t[5] === null ? null : session(t[5], "watch.session"),
  };
}

function position(v: unknown): Position {
  const [slot, at] = tuple(v, "watch.since", 2);
  return { slot: slotField(slot, "watch.since.slot"), at: word(at, "watch.since.at") };
}

/** A number or a text, as `static version` is. */
export function version(v: unknown, what: string): Version {
  if (typeof v === "number") return v;
  return typeof v === "string" ? text(v, what, reasonCharsMax) : bad(what, "a number or a text");
}

export function feedMessage(t: readonly unknown[], type: FeedMessage["type"] | undefined): FeedMessage {
  const feed = count(t[1], "feed");
  switch (type) {
    case "feedSnapshot":
      return { type, feed, next: seqField(t[2], "feed"), body: bytes(t[3], "feed") };
    case "feedInputs":
      return { type, feed, slot: slotField(t[2], "feed"), body: bytes(t[3], "feed") };
    case "feedEnd":
      return {
        type,
        feed,
        code: code(t[2], "feed"),
        message: text(t[3], "feed", reasonCharsMax),
      };
    case undefined:
      return bad("feed", "of a known kind");
    default:
      return unreachable(type);
  }
}
