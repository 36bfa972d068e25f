/**
 * Messages between clients and nodes as bytes. A frame is a CBOR sequence (RFC 8742) of tuples, the tag in
 * front; the fields follow in the order of the encoders below. A client's `command` is opaque here.
 */
import { callsPerCommandMax, frameBytesMax, reasonCharsMax, sessionTtlMax } from "../limits.ts";
import { unreachable } from "../paxos/ids.ts";
import { bad } from "./bad-frame.ts";
import { decodeItems, encodeItem, room } from "./codec.ts";
import { classTuple, seqList } from "./command-codec.ts";
import { watch, watchTuple } from "./feed-fields.ts";
import { bytes, clip, count, hex, seqField, session, slotField, tuple } from "./fields.ts";
import type { ClientMessage, ServerMessage } from "./messages.ts";
import { answerTuple, outcome } from "./outcome-codec.ts";
import { view, viewTuple } from "./paxos-fields.ts";
import { quickCommandMessage } from "./quick-read.ts";
import { writeCommandMessage } from "./quick-write.ts";
import { array, messages } from "./record.ts";
import { serverReaders, type Telling } from "./server-fields.ts";

/** Part of the wire format: numbers are never given to another message. */
const clientTags = {
  open: 1,
  attach: 2,
  command: 3,
  cancel: 4,
  close: 5,
  ping: 6,
  read: 7,
  follow: 8,
  watch: 9,
  unwatch: 10,
} as const satisfies Record<ClientMessage["type"], number>;

const serverTags = {
  opened: 1,
  openRefused: 2,
  attached: 3,
  ended: 4,
  answer: 5,
  refused: 6,
  members: 7,
  pong: 8,
  readAnswer: 9,
  seen: 10,
  view: 11,
  feedSnapshot: 12,
  feedInputs: 13,
  feedEnd: 14,
} as const satisfies Record<ServerMessage["type"], number>;

/** @returns bytes that nothing overwrites later; several, joined by `joinFrame`, make a frame */
export function encodeClient(m: ClientMessage): Uint8Array {
  const tag = clientTags[m.type];
  switch (m.type) {
    case "open":
      return encodeItem([tag, m.secret, m.ttl]);
    case "attach":
      return encodeItem([tag, m.session, m.secret]);
    case "command":
      return writeCommandMessage(m.bytes, room);
    case "read":
      return encodeItem([tag, m.session, m.id, m.n, m.after, m.local, m.payload]);
    case "cancel":
      return encodeItem([tag, m.session, m.seqs]);
    case "close":
      return encodeItem([tag, m.session]);
    case "follow":
    case "ping":
      return encodeItem([tag]);
    case "watch":
      return encodeItem(watchTuple(tag, m));
    case "unwatch":
      return encodeItem([tag, m.feed]);
    default:
      return unreachable(m);
  }
}

/**
 * Decodes a frame from a client. Commands are views onto it.
 * @throws BadFrame naming the field that is wrong; then nothing of the frame counts
 */
export function decodeClientFrame(frame: Uint8Array): ClientMessage[] {
  const messages: ClientMessage[] = [];
  let at = 0;
  while (at < frame.length && frame.length <= frameBytesMax) {
    const bytes = quickCommandMessage(frame, at);
    if (bytes === null) break;
    messages.push({ type: "command", bytes });
    at = bytes.byteOffset + bytes.length - frame.byteOffset;
  }
  if (at === frame.length && at > 0) return messages;
  for (const item of decodeItems(frame.subarray(at))) messages.push(clientMessage(item));
  return messages;
}

function clientMessage(item: unknown): ClientMessage {
  if (!Array.isArray(item)) bad("message", "a list");
  switch (item[0] as unknown) {
    case clientTags.command:
      return { type: "command", bytes: bytes(tuple(item, "command", 2)[1], "command.bytes") };
    case clientTags.read:
      return read(tuple(item, "read", 7));
    case clientTags.open: {
      const [, hash, ttl] = tuple(item, "open", 3);
      return {
        type: "open",
        secret: hex(hash, "open.secret", 32),
        ttl: count(ttl, "open.ttl", sessionTtlMax),
      };
    }
    case clientTags.attach: {
      const [, id, secret] = tuple(item, "attach", 3);
      return {
        type: "attach",
        session: session(id, "attach.session"),
        secret: hex(secret, "attach.secret", 32),
      };
    }
    case clientTags.cancel: {
      const [, id, seqs] = tuple(item, "cancel", 3);
      return { type: "cancel", session: session(id, "cancel.session"), seqs: seqList(seqs, "cancel.seqs") };
    }
    case clientTags.close:
      return { type: "close", session: session(tuple(item, "close", 2)[1], "close.session") };
    case clientTags.follow:
      tuple(item, "follow", 1);
      return { type: "follow" };
    case clientTags.ping:
      tuple(item, "ping", 1);
      return { type: "ping" };
    case clientTags.watch:
      return watch(tuple(item, "watch", 6));
    case clientTags.unwatch:
      return { type: "unwatch", feed: count(tuple(item, "unwatch", 2)[1], "unwatch.feed") };
    default:
      return bad("message", "of a known kind");
  }
}

function read(t: readonly unknown[]): ClientMessage {
  const n = count(t[3], "read.n", callsPerCommandMax);
  if (n === 0) bad("read.n", "at least 1");
  return {
    type: "read",
    session: session(t[1], "read.session"),
    id: count(t[2], "read.id"),
    n,
    after: seqField(t[4], "read.after"),
    local: t[5] === null ? null : slotField(t[5], "read.local"),
    payload: bytes(t[6], "read.payload"),
  };
}

/** @returns bytes that nothing overwrites later; several, joined by `joinFrame`, make a frame */
export function encodeServer(m: ServerMessage): Uint8Array {
  switch (m.type) {
    case "answer":
      return encodeItem(answerTuple(serverTags.answer, m.session, m.seq, m.outcome));
    case "readAnswer":
      return encodeItem(answerTuple(serverTags.readAnswer, m.session, m.id, m.outcome));
    case "seen":
      return encodeItem([serverTags.seen, m.slot]);
    case "opened":
      return encodeItem([serverTags.opened, m.secretHash, m.session, m.classes.map(classTuple)]);
    case "openRefused":
      return encodeItem([serverTags.openRefused, m.secretHash, m.code, clip(m.message, reasonCharsMax)]);
    case "attached":
      return encodeItem([serverTags.attached, m.session, m.next]);
    case "ended":
      return encodeItem([serverTags.ended, m.session]);
    case "refused": {
      const why = clip(m.message, reasonCharsMax);
      return encodeItem([serverTags.refused, m.session, m.firstSeq, m.code, why]);
    }
    case "members": {
      const members = m.members.map((one) => [one.id, one.role, one.addr]);
      return encodeItem([serverTags.members, m.id, m.leader, m.view, members]);
    }
    case "view":
      return encodeItem([serverTags.view, viewTuple(m.view)]);
    case "pong":
      return encodeItem([serverTags.pong]);
    case "feedSnapshot":
      return encodeItem([serverTags.feedSnapshot, m.feed, m.next, m.body]);
    case "feedInputs":
      return encodeInputs(m);
    case "feedEnd":
      return encodeItem([serverTags.feedEnd, m.feed, m.code, clip(m.message, reasonCharsMax)]);
    default:
      return unreachable(m);
  }
}

type FeedInputs = Extract<ServerMessage, { readonly type: "feedInputs" }>;
let lastInputs: { readonly of: FeedInputs; readonly bytes: Uint8Array } | null = null;

/** The same is often said to a thousand clients, one after the other. */
function encodeInputs(m: FeedInputs): Uint8Array {
  const of = lastInputs?.of;
  if (lastInputs !== null && of?.body === m.body && of.feed === m.feed && of.slot === m.slot)
    return lastInputs.bytes;
  const bytes = encodeItem([serverTags.feedInputs, m.feed, m.slot, m.body]);
  lastInputs = { of: m, bytes };
  return bytes;
}

/**
 * Decodes a frame from a node. Values and errors are views onto it.
 * @throws BadFrame naming the field that is wrong; then nothing of the frame counts
 */
export function decodeServerFrame(frame: Uint8Array): ServerMessage[] {
  return decodeItems(frame).map((item) =>
    isView(item) ? { type: "view", view: view(item[1]) } : told(item),
  );
}

function isView(item: unknown): item is readonly [number, unknown] {
  return Array.isArray(item) && item[0] === serverTags.view && item.length === 2;
}

/** The same for who does not follow views. @throws BadFrame */
export function decodeSessionFrame(frame: Uint8Array): ServerMessage[] {
  return decodeItems(frame).map(told);
}

const telling = messages<Telling>(serverTags, serverReaders);

function told(message: unknown): ServerMessage {
  const item = array(message, "message");
  const isRead = item[0] === serverTags.readAnswer;
  if (isRead || item[0] === serverTags.answer) {
    const who = session(item[1], "answer.session");
    const what = outcome(item);
    const seq = seqField(item[2], "answer.seq");
    if (isRead) return { type: "readAnswer", session: who, id: seq, outcome: what };
    return { type: "answer", session: who, seq, outcome: what };
  }
  const read = telling.get(item[0]) ?? bad("message", "of a known kind");
  return read(item);
}
