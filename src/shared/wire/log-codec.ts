/**
 * The records of the log on disk, one tuple each. The file around them (lengths, checksums) is the
 * storage's.
 */
import { unreachable } from "../paxos/ids.ts";
import type { Write } from "../paxos/types.ts";
import { bad } from "./bad-frame.ts";
import { decodeItem, encodeItem } from "./codec.ts";
import { node, slotField, tuple } from "./fields.ts";
import {
  ballot,
  decision,
  decisionTuple,
  genesis,
  genesisTuple,
  pvalue,
  pvalueTuple,
} from "./paxos-fields.ts";

/** Part of the log format: numbers are never given to another record. */
const tags = { founded: 1, promised: 2, accepted: 3, chosen: 4, mark: 5 } as const;

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
    default:
      return bad("record", "of a known kind");
  }
}
