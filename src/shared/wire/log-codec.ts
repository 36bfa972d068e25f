/**
 * What lies on disk: the records of the log, one tuple each, and what names a snapshot. The files around them
 * (lengths, checksums) are the storage's.
 */
import { unreachable } from "../paxos/ids.ts";
import type { SnapshotHead, Trimmed, Write } from "../paxos/types.ts";
import { bad } from "./bad-frame.ts";
import { decodeItem, encodeItem } from "./codec.ts";
import { logTimeField, node, slotField, tuple } from "./fields.ts";
import {
  ballot,
  decision,
  decisionTuple,
  genesis,
  genesisTuple,
  head,
  headTuple,
  pvalue,
  pvalueTuple,
  views,
  viewsTuple,
} from "./paxos-fields.ts";

/** Part of the log format: numbers are never given to another record. */
const tags = { founded: 1, promised: 2, accepted: 3, chosen: 4, mark: 5, trimmed: 6 } as const;

/** @returns bytes that nothing overwrites later */
export function encodeWrite(w: Write): Uint8Array {
  switch (w.type) {
    case "founded":
      return encodeItem([tags.founded, w.id, genesisTuple(w.genesis)]);
    case "promised":
      return encodeItem([tags.promised, w.ballot.round, w.ballot.leader]);
    case "accepted":
      return encodeItem([tags.accepted, pvalueTuple(w.pvalue)]);
    case "chosen":
      return encodeItem([tags.chosen, decisionTuple(w.decision)]);
    case "mark":
      return encodeItem([tags.mark, w.decided]);
    case "trimmed":
      return encodeItem(trimmedTuple(w));
    default:
      return unreachable(w);
  }
}

/**
 * Bodies are views onto `bytes`, and are not looked into.
 * @throws BadFrame naming the field that is wrong
 */
export function decodeWrite(bytes: Uint8Array): Write {
  const item = decodeItem(bytes);
  if (!Array.isArray(item)) bad("record", "a list");
  switch (item[0]) {
    case tags.founded: {
      const [, id, origin] = tuple(item, "founded", 3);
      return { type: "founded", id: node(id, "founded.id"), genesis: genesis(origin) };
    }
    case tags.promised: {
      const [, round, leader] = tuple(item, "promised", 3);
      return { type: "promised", ballot: ballot(round, leader, "promised.ballot") };
    }
    case tags.accepted:
      return { type: "accepted", pvalue: pvalue(tuple(item, "accepted", 2)[1]) };
    case tags.chosen:
      return { type: "chosen", decision: decision(tuple(item, "chosen", 2)[1]) };
    case tags.mark:
      return { type: "mark", decided: slotField(tuple(item, "mark", 2)[1], "mark.decided") };
    case tags.trimmed:
      return trimmed(item);
    default:
      return bad("record", "of a known kind");
  }
}

function trimmedTuple(w: Trimmed): readonly unknown[] {
  const { round, leader } = w.promised;
  const marks = [w.slot, w.decided, viewsTuple(w.views), w.logTime];
  return [tags.trimmed, w.id, genesisTuple(w.genesis), round, leader, ...marks];
}

function trimmed(v: unknown): Trimmed {
  const [, id, origin, round, leader, s, decided, all, time] = tuple(v, "trimmed", 9);
  return {
    type: "trimmed",
    id: node(id, "trimmed.id"),
    genesis: genesis(origin),
    promised: ballot(round, leader, "trimmed.promised"),
    slot: slotField(s, "trimmed.slot"),
    decided: slotField(decided, "trimmed.decided"),
    views: views(all),
    logTime: logTimeField(time, "trimmed.logTime"),
  };
}

/** What names a snapshot, as its file keeps it. @returns bytes that nothing overwrites later */
export function encodeHead(h: SnapshotHead): Uint8Array {
  return encodeItem(headTuple(h));
}

/** @throws BadFrame naming the field that is wrong */
export function decodeHead(bytes: Uint8Array): SnapshotHead {
  return head(decodeItem(bytes));
}

/** All that a storage must encode. */
export const logCodec = {
  encode: encodeWrite,
  decode: decodeWrite,
  encodeHead,
  decodeHead,
} as const;
