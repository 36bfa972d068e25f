/**
 * Messages between nodes as bytes. A frame is a CBOR sequence (RFC 8742) of tuples, the tag in front; the
 * fields follow in the order of the encoder below.
 */
import { elementsMax } from "../limits.ts";
import type { Ballot } from "../paxos/ballot.ts";
import type { PaxosMessage } from "../paxos/types.ts";
import { bad } from "./bad-frame.ts";
import { decodeItems, encodeItem } from "./codec.ts";
import { bool, count, list, slotField, tuple, wallField, word } from "./fields.ts";
import type { PeerMessage } from "./messages.ts";
import { nodeFields, nodeMessage } from "./node-codec.ts";
import * as nouns from "./paxos-fields.ts";
import { isUpgrade, upgradeFields, upgradeMessage } from "./upgrade-codec.ts";

/** Part of the wire format: numbers are never given to another message. */
const tags = {
  p1a: 1,
  p1b: 2,
  p2a: 3,
  p2b: 4,
  behind: 5,
  decided: 6,
  catchup: 7,
  decisions: 8,
  heartbeat: 9,
  view: 10,
  lead: 17,
  confirm: 18,
  confirmed: 19,
  readAsk: 20,
  readAt: 21,
  kept: 34,
} as const satisfies Record<PaxosMessage["type"], number>;

/** @returns bytes that nothing overwrites later; several, joined by `joinFrame`, make a frame */
export function encodePeer(m: PeerMessage): Uint8Array {
  return encodeItem(fieldsOf(m));
}

function pair(b: Ballot): readonly unknown[] {
  return [b.round, b.leader];
}

function fieldsOf(m: PeerMessage): readonly unknown[] {
  switch (m.type) {
    case "p1a":
      return [tags.p1a, pair(m.ballot), m.from, m.view];
    case "p1b": {
      const accepted = m.accepted.map(nouns.pvalueTuple);
      return [tags.p1b, pair(m.asked), pair(m.ballot), m.trimmed, m.decided, m.above, m.upTo, accepted];
    }
    case "p2a":
      return [tags.p2a, nouns.pvalueTuple(m.pvalue), m.view, m.first, m.decided];
    case "p2b":
      return [tags.p2b, pair(m.asked), pair(m.ballot), m.slot];
    case "behind":
      return [tags.behind, pair(m.asked), m.decided];
    case "decided":
      return [tags.decided, pair(m.ballot), m.decided];
    case "lead":
      return [tags.lead, pair(m.ballot), m.decided];
    case "catchup":
      return [tags.catchup, m.from];
    case "decisions":
      return [tags.decisions, m.values.map(nouns.decisionTuple), m.decided, m.trimmed];
    case "heartbeat": {
      const { leading, connected, view, decided, executed, wall, digestAt, digest, ask } = m;
      const standing = [tags.heartbeat, pair(m.ballot), leading, connected, view, decided, executed];
      const state = [wall, digestAt, digest, m.snapshot, m.stateHash];
      return [...standing, ...state, ask, pair(m.follows), m.relays, m.hears, m.kept];
    }
    case "view":
      return [tags.view, nouns.viewTuple(m.view)];
    case "confirm":
      return [tags.confirm, pair(m.ballot), m.round];
    case "confirmed":
      return [tags.confirmed, pair(m.asked), pair(m.ballot), m.round];
    case "readAsk":
      return [tags.readAsk, m.round, pair(m.ballot)];
    case "readAt":
      return [tags.readAt, m.round, m.slot];
    case "kept":
      return [tags.kept, m.decided];
    default:
      return isUpgrade(m) ? upgradeFields(m) : nodeFields(m);
  }
}

/**
 * Decodes a frame from a peer. Bodies and commands are views onto it, and are not looked into.
 * @throws BadFrame naming the field that is wrong; then nothing of the frame counts
 */
export function decodePeerFrame(frame: Uint8Array): PeerMessage[] {
  return decodeItems(frame).map(message);
}

function ballot(v: unknown, what: string): Ballot {
  const [round, leader] = tuple(v, what, 2);
  return nouns.ballot(round, leader, what);
}

function message(item: unknown): PeerMessage {
  if (!Array.isArray(item)) bad("message", "a list");
  const tag: unknown = item[0];
  switch (tag) {
    case tags.p2a: {
      const [, pvalue, view, first, decided] = tuple(item, "p2a", 5);
      return {
        type: "p2a",
        pvalue: nouns.pvalue(pvalue),
        view: count(view, "p2a.view"),
        first: slotField(first, "p2a.first"),
        decided: slotField(decided, "p2a.decided"),
      };
    }
    case tags.p2b: {
      const [, asked, promised, s] = tuple(item, "p2b", 4);
      return {
        type: "p2b",
        asked: ballot(asked, "p2b.asked"),
        ballot: ballot(promised, "p2b.ballot"),
        slot: slotField(s, "p2b.slot"),
      };
    }
    case tags.decided: {
      const [, b, mark] = tuple(item, "decided", 3);
      return {
        type: "decided",
        ballot: ballot(b, "decided.ballot"),
        decided: slotField(mark, "decided.decided"),
      };
    }
    case tags.heartbeat:
      return heartbeat(tuple(item, "heartbeat", 17));
    default:
      return otherMessage(tag, item);
  }
}

function otherMessage(tag: unknown, item: readonly unknown[]): PeerMessage {
  const message = electionMessage(tag, item) ?? readMessage(tag, item) ?? upgradeMessage(tag, item);
  return message ?? nodeMessage(tag, item);
}

function heartbeat(t: readonly unknown[]): PeerMessage {
  return {
    type: "heartbeat",
    ballot: ballot(t[1], "heartbeat.ballot"),
    leading: bool(t[2], "heartbeat.leading"),
    connected: bool(t[3], "heartbeat.connected"),
    view: count(t[4], "heartbeat.view"),
    decided: slotField(t[5], "heartbeat.decided"),
    executed: slotField(t[6], "heartbeat.executed"),
    wall: wallField(t[7], "heartbeat.wall"),
    digestAt: slotField(t[8], "heartbeat.digestAt"),
    digest: word(t[9], "heartbeat.digest"),
    snapshot: slotField(t[10], "heartbeat.snapshot"),
    stateHash: word(t[11], "heartbeat.stateHash"),
    ask: bool(t[12], "heartbeat.ask"),
    follows: ballot(t[13], "heartbeat.follows"),
    relays: bool(t[14], "heartbeat.relays"),
    hears: bool(t[15], "heartbeat.hears"),
    kept: slotField(t[16], "heartbeat.kept"),
  };
}

/** What elections and catching up need; null when `tag` is none of these. */
function electionMessage(tag: unknown, item: readonly unknown[]): PeerMessage | null {
  switch (tag) {
    case tags.p1a: {
      const [, b, from, view] = tuple(item, "p1a", 4);
      return {
        type: "p1a",
        ballot: ballot(b, "p1a.ballot"),
        from: slotField(from, "p1a.from"),
        view: count(view, "p1a.view"),
      };
    }
    case tags.p1b:
      return p1b(tuple(item, "p1b", 8));
    case tags.behind: {
      const [, asked, mark] = tuple(item, "behind", 3);
      return {
        type: "behind",
        asked: ballot(asked, "behind.asked"),
        decided: slotField(mark, "behind.decided"),
      };
    }
    case tags.lead: {
      const [, b, mark] = tuple(item, "lead", 3);
      return { type: "lead", ballot: ballot(b, "lead.ballot"), decided: slotField(mark, "lead.decided") };
    }
    case tags.catchup:
      return { type: "catchup", from: slotField(tuple(item, "catchup", 2)[1], "catchup.from") };
    case tags.decisions: {
      const [, values, mark, trimmed] = tuple(item, "decisions", 4);
      return {
        type: "decisions",
        values: list(values, "decisions.values", elementsMax, nouns.decision),
        decided: slotField(mark, "decisions.decided"),
        trimmed: slotField(trimmed, "decisions.trimmed"),
      };
    }
    case tags.view:
      return { type: "view", view: nouns.view(tuple(item, "view", 2)[1]) };
    default:
      return null;
  }
}

function p1b(t: readonly unknown[]): PeerMessage {
  return {
    type: "p1b",
    asked: ballot(t[1], "p1b.asked"),
    ballot: ballot(t[2], "p1b.ballot"),
    trimmed: slotField(t[3], "p1b.trimmed"),
    decided: slotField(t[4], "p1b.decided"),
    above: slotField(t[5], "p1b.above"),
    upTo: t[6] === null ? null : slotField(t[6], "p1b.upTo"),
    accepted: list(t[7], "p1b.accepted", elementsMax, nouns.pvalue),
  };
}

/** What reads need; null when `tag` is none of these. */
function readMessage(tag: unknown, item: readonly unknown[]): PeerMessage | null {
  switch (tag) {
    case tags.confirm: {
      const [, b, round] = tuple(item, "confirm", 3);
      return { type: "confirm", ballot: ballot(b, "confirm.ballot"), round: count(round, "confirm.round") };
    }
    case tags.confirmed: {
      const [, asked, promised, round] = tuple(item, "confirmed", 4);
      return {
        type: "confirmed",
        asked: ballot(asked, "confirmed.asked"),
        ballot: ballot(promised, "confirmed.ballot"),
        round: count(round, "confirmed.round"),
      };
    }
    case tags.readAsk: {
      const [, round, b] = tuple(item, "readAsk", 3);
      return { type: "readAsk", round: count(round, "readAsk.round"), ballot: ballot(b, "readAsk.ballot") };
    }
    case tags.kept:
      return { type: "kept", decided: slotField(tuple(item, "kept", 2)[1], "kept.decided") };
    case tags.readAt: {
      const [, round, s] = tuple(item, "readAt", 3);
      return { type: "readAt", round: count(round, "readAt.round"), slot: slotField(s, "readAt.slot") };
    }
    default:
      return null;
  }
}
