/**
 * What a node and the child process that makes its snapshot say to each other, over one pipe: frames of a length
 * (u32, big-endian), a kind (u8) and content.
 *
 *   node to child:  order, base* (pieces of the previous snapshot), decisions* (CBOR sequences), end
 *   child to node:  head, hashes*, piece*; or failed (a sentence), at any time
 */
import { addrCharsMax, classesMax, codeKeptMax, frameBytesMax, nameCharsMax } from "../../shared/limits.ts";
import type { Slot } from "../../shared/paxos/slot.ts";
import type { Decision, SnapshotHead } from "../../shared/paxos/types.ts";
import type { Genesis } from "../../shared/paxos/view.ts";
import { bad } from "../../shared/wire/bad-frame.ts";
import { decodeItem, decodeItems, encodeItem, joinFrame } from "../../shared/wire/codec.ts";
import { count, hex, list, slotField, text, tuple, word } from "../../shared/wire/fields.ts";
import {
  decision,
  decisionTuple,
  genesis,
  genesisTuple,
  head,
  headTuple,
} from "../../shared/wire/paxos-fields.ts";

/** The file descriptor of the pipe in the child: a class that writes to standard output must not disturb. */
export const pipeFd = 3;
export const frameHeaderBytes = 5;

const kinds = ["order", "base", "decisions", "end", "head", "hashes", "piece", "failed"] as const;
export type Kind = (typeof kinds)[number];

/** The bytes before a frame's content. */
export function frameHeader(kind: Kind, length: number): Buffer {
  const header = Buffer.allocUnsafe(frameHeaderBytes);
  header.writeUInt32BE(length, 0);
  header.writeUInt8(kinds.indexOf(kind), 4);
  return header;
}

/** @throws BadFrame */
export function readFrameHeader(header: Buffer): { readonly kind: Kind; readonly length: number } {
  const length = header.readUInt32BE(0);
  const kind = kinds[header.readUInt8(4)];
  if (kind === undefined || length > frameBytesMax) bad("frame", "a known kind and not too long");
  return { kind, length };
}

/** What the child is to do, and with which code. */
export interface Order {
  readonly genesis: Genesis;
  readonly slot: Slot;
  /** Bytes and SHA-256 of the snapshot to begin with; null: from the founding. */
  readonly base: { readonly size: number; readonly hash: string } | null;
  /** As for `loadObjects`, but of a class there may be several versions. */
  readonly objects: readonly string[];
  readonly cwd: string;
  /** The classes of the node: the child must not execute other code (P10). */
  readonly code: readonly Code[];
}

interface Code {
  readonly name: string;
  readonly fingerprint: string;
}

export interface ObjectHash {
  readonly object: string;
  readonly hash: number;
}

export interface Head extends SnapshotHead {
  readonly digest: number;
  /** How many object hashes follow. */
  readonly objects: number;
}

/** Object hashes of one frame: few enough that reading them takes a node no time that matters. */
export const hashesPerFrame = 1_000;
const specsMax = codeKeptMax * classesMax;
const pathCharsMax = 32_768;

export function encodeOrder({ genesis: g, slot, base, objects, cwd, code }: Order): Uint8Array {
  const classes = code.map(({ name, fingerprint }) => [name, fingerprint]);
  return encodeItem([genesisTuple(g), slot, base && [base.size, base.hash], objects, cwd, classes]);
}

/** @throws BadFrame */
export function decodeOrder(content: Uint8Array): Order {
  const [g, slot, base, objects, cwd, code] = tuple(decodeItem(content), "order", 6);
  return {
    genesis: genesis(g),
    slot: slotField(slot, "order.slot"),
    base: base === null ? null : baseField(base),
    objects: list(objects, "order.objects", specsMax, (v) => text(v, "order.objects[]", pathCharsMax)),
    cwd: text(cwd, "order.cwd", pathCharsMax),
    code: list(code, "order.code", codeKeptMax * classesMax, codeField),
  };
}

function baseField(v: unknown): Order["base"] {
  const [size, hash] = tuple(v, "order.base", 2);
  return { size: count(size, "order.base.size"), hash: hex(hash, "order.base.hash", 64) };
}

function codeField(v: unknown): Code {
  const [name, fingerprint] = tuple(v, "order.code[]", 2);
  return {
    name: text(name, "code.name", nameCharsMax),
    fingerprint: text(fingerprint, "code.fingerprint", 64),
  };
}

export function encodeDecisions(decisions: readonly Decision[]): Uint8Array {
  return joinFrame(decisions.map((d) => encodeItem(decisionTuple(d))));
}

/** @throws BadFrame */
export function decodeDecisions(content: Uint8Array): readonly Decision[] {
  return decodeItems(content).map(decision);
}

export function encodeHead({ slot, views, logTime, hash, size, digest, objects }: Head): Uint8Array {
  return encodeItem([headTuple({ slot, views, logTime, hash, size }), digest, objects]);
}

/** @throws BadFrame */
export function decodeHead(content: Uint8Array): Head {
  const [named, digest, objects] = tuple(decodeItem(content), "head", 3);
  return { ...head(named), digest: word(digest, "head.digest"), objects: count(objects, "head.objects") };
}

export function encodeHashes(hashes: readonly ObjectHash[]): Uint8Array {
  return encodeItem(hashes.map(({ object, hash }) => [object, hash]));
}

/** @throws BadFrame */
export function decodeHashes(content: Uint8Array): readonly ObjectHash[] {
  return list(decodeItem(content), "hashes", hashesPerFrame, (v) => {
    const [object, hash] = tuple(v, "hashes[]", 2);
    return { object: text(object, "hashes[].object", addrCharsMax), hash: word(hash, "hashes[].hash") };
  });
}
