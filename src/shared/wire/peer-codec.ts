/**
 * Messages between nodes as bytes. A frame is a CBOR sequence (RFC 8742) of tuples, the tag in front; the
 * fields follow in the order of the encoder below.
 */
import { batchCommandsMax, elementsMax, reasonCharsMax } from "../limits.ts";
import type { Ballot } from "../paxos/ballot.ts";
import { unreachable } from "../paxos/ids.ts";
import { bad } from "./bad-frame.ts";
import { decodeItems, encodeItem } from "./codec.ts";
import {
  bool,
  bytes,
  clip,
  code,
  count,
  list,
  nodeOrNull,
  seqField,
  session,
  slotField,
  text,
  tuple,
  wallField,
  word,
} from "./fields.ts";
import type { PeerMessage } from "./messages.ts";
import * as nouns from "./paxos-fields.ts";

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
  forward: 11,
  expected: 12,
  askGenesis: 13,
  genesis: 14,
  askJoin: 15,
  joinRefused: 16,
  lead: 17,
} as const satisfies Record<PeerMessage["type"], number>;

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
      const { leading, connected, view, decided, executed, wall, digest } = m;
      return [tags.heartbeat, pair(m.ballot), leading, connected, view, decided, executed, wall, digest];
    }
    case "view":
      return [tags.view, nouns.viewTuple(m.view)];
    case "forward":
      return [tags.forward, m.commands];
    case "expected":
      return [tags.expected, m.session, m.seq];
    case "askGenesis":
      return [tags.askGenesis];
    case "genesis":
      return [tags.genesis, nouns.genesisTuple(m.genesis), nouns.viewTuple(m.newest), m.leader];
    case "askJoin":
      return [tags.askJoin, nouns.memberTuple(m.member)];
    case "joinRefused":
      return [tags.joinRefused, m.code, clip(m.message, reasonCharsMax)];
    default:
      return unreachable(m);
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
      return heartbeat(tuple(item, "heartbeat", 9));
    default:
      return electionMessage(tag, item) ?? nodeMessage(tag, item);
  }
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
    digest: word(t[8], "heartbeat.digest"),
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

/** What nodes say to each other beside Paxos. */
function nodeMessage(tag: unknown, item: readonly unknown[]): PeerMessage {
  switch (tag) {
    case tags.forward: {
      const [, commands] = tuple(item, "forward", 2);
      const each = (v: unknown) => bytes(v, "forward.commands[]");
      return { type: "forward", commands: list(commands, "forward.commands", batchCommandsMax, each) };
    }
    case tags.expected: {
      const [, id, seq] = tuple(item, "expected", 3);
      return {
        type: "expected",
        session: session(id, "expected.session"),
        seq: seqField(seq, "expected.seq"),
      };
    }
    case tags.askGenesis:
      tuple(item, "askGenesis", 1);
      return { type: "askGenesis" };
    case tags.genesis: {
      const [, origin, newest, leader] = tuple(item, "genesis", 4);
      return {
        type: "genesis",
        genesis: nouns.genesis(origin),
        newest: nouns.view(newest),
        leader: nodeOrNull(leader, "genesis.leader"),
      };
    }
    case tags.askJoin:
      return { type: "askJoin", member: nouns.member(tuple(item, "askJoin", 2)[1]) };
    case tags.joinRefused: {
      const [, why, sentence] = tuple(item, "joinRefused", 3);
      return {
        type: "joinRefused",
        code: code(why, "joinRefused.code"),
        message: text(sentence, "joinRefused.message", reasonCharsMax),
      };
    }
    default:
      return bad("message", "of a known kind");
  }
}
