/**
 * Commands as bytes: what clients send, peers forward and the log decides. One tuple each, its tag in front.
 */
import {
  callsInFlightMax,
  callsPerCommandMax,
  classesMax,
  methodsMax,
  nameCharsMax,
  sessionsMax,
  sessionTtlMax,
} from "../limits.ts";
import type { Calls, ClassInfo, Command, Seq } from "../object/types.ts";
import { unreachable } from "../paxos/ids.ts";
import { bad } from "./bad-frame.ts";
import { decodeItem, encodeItem } from "./codec.ts";
import { bytes, count, hex, list, seqField, session, text, tuple } from "./fields.ts";
import { quickCalls } from "./quick-read.ts";
import { writeCalls } from "./quick-write.ts";
import { listOf, name, record } from "./record.ts";

const callsTag = 1;
/** Part of the wire and log format: numbers are never given to another command. */
const tags = {
  calls: callsTag,
  found: 2,
  open: 3,
  close: 4,
  keepAlive: 5,
  cancel: 6,
  snapshot: 7,
  upgrade: 8,
} as const;

/** The one command that clients make. @returns bytes that nothing overwrites later */
export function encodeCallsCommand(c: Calls): Uint8Array {
  const { session: id, firstSeq, n, ackedSeq, ackedLate, payload } = c;
  return writeCalls(c) ?? encodeItem([callsTag, id, firstSeq, n, ackedSeq, ackedLate, payload]);
}

/** @returns bytes that nothing overwrites later */
export function encodeCommand(c: Command): Uint8Array {
  switch (c.type) {
    case "calls":
      return encodeCallsCommand(c);
    case "found":
      return encodeItem([tags.found, c.classes.map(classTuple)]);
    case "open":
      return encodeItem([tags.open, c.secretHash, c.ttl, c.user]);
    case "close":
      return encodeItem([tags.close, c.session]);
    case "keepAlive":
      return encodeItem([tags.keepAlive, c.sessions]);
    case "cancel":
      return encodeItem([tags.cancel, c.session, c.seqs]);
    case "snapshot":
      return encodeItem([tags.snapshot]);
    case "upgrade":
      return encodeItem([tags.upgrade, c.view, c.upgrades, c.classes.map(classTuple)]);
    default:
      return unreachable(c);
  }
}

/**
 * The payload of `calls` is a view onto `input`, and is not looked into.
 * @throws BadFrame naming the field that is wrong
 */
export function decodeCommand(input: Uint8Array): Command {
  const quick = quickCalls(input);
  if (quick !== null) return quick;
  const item = decodeItem(input);
  if (!Array.isArray(item)) bad("command", "a list");
  switch (item[0]) {
    case tags.calls:
      return calls(tuple(item, "calls", 7));
    case tags.found: {
      const [, classes] = tuple(item, "found", 2);
      return { type: "found", classes: list(classes, "found.classes", classesMax, classInfo) };
    }
    case tags.open: {
      const [, secretHash, ttl, user] = tuple(item, "open", 4);
      return {
        type: "open",
        secretHash: hex(secretHash, "open.secretHash", 64),
        ttl: count(ttl, "open.ttl", sessionTtlMax),
        user: user === null ? null : text(user, "open.user", nameCharsMax),
      };
    }
    case tags.close:
      return { type: "close", session: session(tuple(item, "close", 2)[1], "close.session") };
    case tags.keepAlive: {
      const [, sessions] = tuple(item, "keepAlive", 2);
      const each = (v: unknown) => session(v, "keepAlive.sessions[]");
      return { type: "keepAlive", sessions: list(sessions, "keepAlive.sessions", sessionsMax, each) };
    }
    case tags.cancel: {
      const [, id, seqs] = tuple(item, "cancel", 3);
      return { type: "cancel", session: session(id, "cancel.session"), seqs: seqList(seqs, "cancel.seqs") };
    }
    case tags.snapshot:
      tuple(item, "snapshot", 1);
      return { type: "snapshot" };
    case tags.upgrade:
      return upgrade(tuple(item, "upgrade", 4));
    default:
      return bad("command", "of a known kind");
  }
}

function calls(t: readonly unknown[]): Command {
  const n = count(t[3], "calls.n", callsPerCommandMax);
  const firstSeq = seqField(t[2], "calls.firstSeq");
  if (n === 0 || firstSeq === 0) bad("calls", "numbered from 1");
  return {
    type: "calls",
    session: session(t[1], "calls.session"),
    firstSeq,
    n,
    ackedSeq: seqField(t[4], "calls.ackedSeq"),
    ackedLate: seqList(t[5], "calls.ackedLate"),
    payload: bytes(t[6], "calls.payload"),
  };
}

function upgrade(t: readonly unknown[]): Command {
  return {
    type: "upgrade",
    view: count(t[1], "upgrade.view"),
    upgrades: count(t[2], "upgrade.upgrades"),
    classes: list(t[3], "upgrade.classes", classesMax, classInfo),
  };
}

export function seqList(v: unknown, what: string): readonly Seq[] {
  return list(v, what, callsInFlightMax, (item) => seqField(item, what));
}

export function classTuple(c: ClassInfo): readonly unknown[] {
  return [c.name, c.fingerprint, c.methods, c.reads];
}

const methods = /* @__PURE__ */ listOf(methodsMax, name);

export const classInfo = /* @__PURE__ */ record<ClassInfo>("class", {
  name,
  fingerprint: name,
  methods,
  reads: methods,
});
