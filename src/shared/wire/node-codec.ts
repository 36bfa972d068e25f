/**
 * What nodes say to each other beside Paxos: commands on their way, joining and leaving, snapshots, digests. One tuple
 * each, the tag in front, in the frames of peer-codec.ts.
 */
import {
  batchCommandsMax,
  digestsMax,
  hashesMax,
  nameCharsMax,
  reasonCharsMax,
  snapshotBytesMax,
  snapshotPieceBytesMax,
} from "../limits.ts";
import { unreachable } from "../paxos/ids.ts";
import type { PaxosMessage } from "../paxos/types.ts";
import { bad } from "./bad-frame.ts";
import {
  bytes,
  clip,
  code,
  count,
  hex,
  list,
  node,
  nodeOrNull,
  seqField,
  session,
  slotField,
  text,
  tuple,
  word,
} from "./fields.ts";
import type { PeerMessage } from "./messages.ts";
import * as nouns from "./paxos-fields.ts";
import type { UpgradeMessage } from "./upgrade-messages.ts";

type NodeMessage = Exclude<PeerMessage, PaxosMessage | UpgradeMessage>;

/** Part of the wire format, with the tags of peer-codec.ts: numbers are never given to another message. */
const tags = {
  forward: 11,
  expected: 12,
  askGenesis: 13,
  genesis: 14,
  askJoin: 15,
  joinRefused: 16,
  askChange: 22,
  changed: 23,
  changeRefused: 24,
  askSnapshot: 25,
  snapshotPiece: 26,
  noSnapshot: 27,
  takeSnapshot: 28,
  tookSnapshot: 29,
  askDigests: 30,
  digests: 31,
  askHashes: 32,
  hashes: 33,
  endSession: 35,
  sessionEnded: 36,
} as const satisfies Record<NodeMessage["type"], number>;

/** Part of the wire format. */
const kinds = ["leave", "evict"] as const;

export function nodeFields(m: NodeMessage): readonly unknown[] {
  switch (m.type) {
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
      return [tags.joinRefused, m.id, m.code, clip(m.message, reasonCharsMax)];
    case "askChange":
      return [tags.askChange, kinds.indexOf(m.kind), m.id];
    case "changed":
      return [tags.changed, m.view];
    case "changeRefused":
      return [tags.changeRefused, m.code, clip(m.message, reasonCharsMax)];
    case "endSession":
      return [tags.endSession, m.session];
    case "sessionEnded":
      return [tags.sessionEnded, m.session];
    default:
      return stateFields(m);
  }
}

type StateMessage = Extract<
  NodeMessage,
  {
    type:
      | "askSnapshot"
      | "snapshotPiece"
      | "noSnapshot"
      | "takeSnapshot"
      | "tookSnapshot"
      | "askDigests"
      | "digests"
      | "askHashes"
      | "hashes";
  }
>;

function stateFields(m: StateMessage): readonly unknown[] {
  switch (m.type) {
    case "askSnapshot":
      return [tags.askSnapshot, m.slot, m.hash, m.offset];
    case "snapshotPiece":
      return [tags.snapshotPiece, nouns.headTuple(m.head), m.offset, m.bytes];
    case "noSnapshot":
      return [tags.noSnapshot, m.slot];
    case "takeSnapshot":
      return [tags.takeSnapshot];
    case "tookSnapshot":
      return [tags.tookSnapshot, nouns.headTuple(m.head)];
    case "askDigests":
      return [tags.askDigests, m.from, m.to];
    case "digests":
      return [tags.digests, m.from, m.digests];
    case "askHashes":
      return [tags.askHashes, m.slot];
    case "hashes":
      return [tags.hashes, m.slot, m.hashes.map(({ object, hash }) => [object, hash])];
    default:
      return unreachable(m);
  }
}

/** @throws BadFrame naming the field that is wrong */
export function nodeMessage(tag: unknown, item: readonly unknown[]): PeerMessage {
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
    default:
      return memberMessage(tag, item) ?? stateMessage(tag, item);
  }
}

/** What operators ask for, and what joining needs; null when `tag` is none of these. */
function memberMessage(tag: unknown, item: readonly unknown[]): PeerMessage | null {
  switch (tag) {
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
    case tags.joinRefused:
      return {
        type: "joinRefused",
        id: node(tuple(item, "joinRefused", 4)[1], "joinRefused.id"),
        ...refusal(item.slice(1), "joinRefused"),
      };
    case tags.askChange: {
      const [, kind, id] = tuple(item, "askChange", 3);
      const known = kinds[count(kind, "askChange.kind", kinds.length - 1)];
      return { type: "askChange", kind: known ?? "leave", id: node(id, "askChange.id") };
    }
    case tags.changed:
      return { type: "changed", view: count(tuple(item, "changed", 2)[1], "changed.view") };
    case tags.changeRefused:
      return { type: "changeRefused", ...refusal(item, "changeRefused") };
    case tags.endSession:
      return { type: "endSession", session: session(tuple(item, "endSession", 2)[1], "endSession.session") };
    case tags.sessionEnded: {
      const [, id] = tuple(item, "sessionEnded", 2);
      return { type: "sessionEnded", session: session(id, "sessionEnded.session") };
    }
    default:
      return null;
  }
}

function refusal(item: readonly unknown[], what: string) {
  const [, why, sentence] = tuple(item, what, 3);
  return { code: code(why, `${what}.code`), message: text(sentence, `${what}.message`, reasonCharsMax) };
}

/** Snapshots and digests. */
function stateMessage(tag: unknown, item: readonly unknown[]): PeerMessage {
  switch (tag) {
    case tags.askSnapshot: {
      const [, slot, hash, offset] = tuple(item, "askSnapshot", 4);
      return {
        type: "askSnapshot",
        slot: slotField(slot, "askSnapshot.slot"),
        hash: hash === "" ? "" : hex(hash, "askSnapshot.hash", 64),
        offset: count(offset, "askSnapshot.offset", snapshotBytesMax),
      };
    }
    case tags.snapshotPiece: {
      const [, head, offset, piece] = tuple(item, "snapshotPiece", 4);
      const held = bytes(piece, "snapshotPiece.bytes");
      if (held.length > snapshotPieceBytesMax) bad("snapshotPiece.bytes", "short enough");
      return {
        type: "snapshotPiece",
        head: nouns.head(head),
        offset: count(offset, "snapshotPiece.offset", snapshotBytesMax),
        bytes: held,
      };
    }
    case tags.noSnapshot:
      return { type: "noSnapshot", slot: slotField(tuple(item, "noSnapshot", 2)[1], "noSnapshot.slot") };
    case tags.takeSnapshot:
      tuple(item, "takeSnapshot", 1);
      return { type: "takeSnapshot" };
    case tags.tookSnapshot:
      return { type: "tookSnapshot", head: nouns.head(tuple(item, "tookSnapshot", 2)[1]) };
    default:
      return agreementMessage(tag, item);
  }
}

function agreementMessage(tag: unknown, item: readonly unknown[]): PeerMessage {
  switch (tag) {
    case tags.askDigests: {
      const [, from, to] = tuple(item, "askDigests", 3);
      return {
        type: "askDigests",
        from: slotField(from, "askDigests.from"),
        to: slotField(to, "askDigests.to"),
      };
    }
    case tags.digests: {
      const [, from, digests] = tuple(item, "digests", 3);
      const each = (v: unknown) => word(v, "digests.digests[]");
      return {
        type: "digests",
        from: slotField(from, "digests.from"),
        digests: list(digests, "digests.digests", digestsMax, each),
      };
    }
    case tags.askHashes:
      return { type: "askHashes", slot: slotField(tuple(item, "askHashes", 2)[1], "askHashes.slot") };
    case tags.hashes: {
      const [, slot, hashes] = tuple(item, "hashes", 3);
      return {
        type: "hashes",
        slot: slotField(slot, "hashes.slot"),
        hashes: list(hashes, "hashes.hashes", hashesMax, objectHash),
      };
    }
    default:
      return bad("message", "of a known kind");
  }
}

function objectHash(v: unknown): { readonly object: string; readonly hash: number } {
  const [object, hash] = tuple(v, "hashes[]", 2);
  return {
    object: text(object, "hashes[].object", 2 * nameCharsMax + 1),
    hash: word(hash, "hashes[].hash"),
  };
}
