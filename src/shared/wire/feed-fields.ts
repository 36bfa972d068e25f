/** What clients say of objects that they watch, within their frames (client-codec.ts). */
import type { Version } from "../object/registry.ts";
import { bad } from "./bad-frame.ts";
import { count, session, slotField, tuple, word } from "./fields.ts";
import type { Position, WatchMessage } from "./messages.ts";
import { objectName, sentence } from "./record.ts";

export function watchTuple(tag: number, m: WatchMessage): readonly unknown[] {
  const since = m.since === null ? null : [m.since.slot, m.since.at];
  return [tag, m.feed, m.object, since, m.version, m.session];
}

/** Reads what `watchTuple` made. @throws BadFrame */
export function watch(t: readonly unknown[]): WatchMessage {
  return {
    type: "watch",
    feed: count(t[1], "watch.feed"),
    object: objectName(t[2], "watch.object"),
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
  return typeof v === "string" ? sentence(v, what) : bad(what, "a number or a text");
}
