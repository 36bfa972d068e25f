/**
 * The child process that makes one snapshot: it is told the previous snapshot and what was decided since, executes
 * that with the same classes and answers with the next one. It works from one step to the next and waits in its
 * reads and writes, which is all the backpressure that is needed; it ends when its node does, as the pipe does then.
 */
import { createHash } from "node:crypto";
import { readSync, writeSync } from "node:fs";
import { snapshotBytesMax, snapshotPieceBytesMax } from "../../shared/limits.ts";
import { HeldCode } from "../../shared/object/held-code.ts";
import { makeRegistry } from "../../shared/object/registry.ts";
import { StateMachine } from "../../shared/object/state-machine.ts";
import { BadFrame, bad } from "../../shared/wire/bad-frame.ts";
import { objectCodec } from "../../shared/wire/values.ts";
import { loadClasses } from "../load/load.ts";
import {
  decodeDecisions,
  decodeOrder,
  encodeHashes,
  encodeHead,
  frameHeader,
  frameHeaderBytes,
  hashesPerFrame,
  type Kind,
  type Order,
  pipeFd,
  readFrameHeader,
} from "./protocol.ts";

/** The snapshot cannot be made, and the message says to a user why. */
class Unmakeable extends Error {}

/** Fills `into`; a node that is gone needs no snapshot. */
function fill(into: Buffer): Buffer {
  for (let at = 0; at < into.length; ) {
    const read = readSync(pipeFd, into, at, into.length - at, null);
    if (read === 0) process.exit(0);
    at += read;
  }
  return into;
}

function receive(): { readonly kind: Kind; readonly content: Buffer } {
  const { kind, length } = readFrameHeader(fill(Buffer.allocUnsafe(frameHeaderBytes)));
  return { kind, content: fill(Buffer.allocUnsafeSlow(length)) };
}

function send(kind: Kind, content: Uint8Array): void {
  for (const part of [frameHeader(kind, content.length), content])
    for (let at = 0; at < part.length; ) at += writeSync(pipeFd, part, at);
}

/** P10: the files of the classes may have changed since the node loaded them. */
async function loadCode(order: Order): Promise<HeldCode> {
  const held = new HeldCode(makeRegistry([]));
  held.add((await loadClasses(order.objects, order.cwd)).map(({ entry }) => entry));
  for (const { name } of held.missing(order.code))
    throw new Unmakeable(`the file of class ${name} changed since the node started: restart the node`);
  return held;
}

/** The previous snapshot; null when there is none. */
function receiveBase(order: Order): Uint8Array | null {
  if (order.base === null) return null;
  const { size, hash } = order.base;
  if (size > snapshotBytesMax) bad("base", `a snapshot of at most ${snapshotBytesMax} bytes`);
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let at = 0; at < size; ) {
    const { kind, content } = receive();
    if (kind !== "base" || content.length > size - at) bad("base", "a piece of the snapshot");
    bytes.set(content, at);
    at += content.length;
  }
  if (createHash("sha256").update(bytes).digest("hex") !== hash)
    throw new Unmakeable("the previous snapshot is damaged");
  return bytes;
}

async function replay(order: Order): Promise<StateMachine> {
  const held = await loadCode(order);
  const registry = makeRegistry([]);
  const machine = new StateMachine({ genesis: order.genesis, registry, codec: objectCodec });
  machine.hold(held);
  const base = receiveBase(order);
  if (base !== null) machine.restore(base);
  for (;;) {
    const { kind, content } = receive();
    if (kind === "end") break;
    if (kind !== "decisions") bad("frame", "decisions");
    for (const { slot, proposal } of decodeDecisions(content)) machine.apply(slot, proposal);
  }
  if (machine.executed !== order.slot) bad("decisions", `all up to slot ${order.slot}`);
  return machine;
}

/** Joins what the state machine hands out in parts of any length to pieces of one length. */
class Pieces {
  readonly list: Buffer[] = [];
  size = 0;
  private readonly hash = createHash("sha256");
  private room = Buffer.alloc(0);

  add(part: Uint8Array): void {
    this.hash.update(part);
    this.size += part.length;
    for (let at = 0; at < part.length; ) {
      if (this.room.length === 0) {
        this.room = Buffer.allocUnsafeSlow(snapshotPieceBytesMax);
        this.list.push(this.room);
      }
      const some = part.subarray(at, at + this.room.length);
      this.room.set(some);
      this.room = this.room.subarray(some.length);
      at += some.length;
    }
  }

  /** The hash of all, in hex; nothing may be added afterwards. */
  end(): string {
    const last = this.list.pop();
    if (last !== undefined) this.list.push(last.subarray(0, last.length - this.room.length));
    return this.hash.digest("hex");
  }
}

function answer(machine: StateMachine): void {
  const { slot, views, logTime, pieces: parts, problems, hashes } = machine.capture();
  const pieces = new Pieces();
  for (const part of parts) pieces.add(part);
  if (problems.length > 0) throw new Unmakeable(problems.join("; "));
  const hash = pieces.end();
  const { size } = pieces;
  const { digest } = machine;
  send("head", encodeHead({ slot, views, logTime, hash, size, digest, objects: hashes.length }));
  for (let at = 0; at < hashes.length; at += hashesPerFrame)
    send("hashes", encodeHashes(hashes.slice(at, at + hashesPerFrame)));
  for (const piece of pieces.list) send("piece", piece);
}

function describe(error: unknown): string {
  if (error instanceof Unmakeable || error instanceof BadFrame) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

try {
  const { kind, content } = receive();
  if (kind !== "order") bad("frame", "an order");
  answer(await replay(decodeOrder(content)));
} catch (error) {
  send("failed", Buffer.from(describe(error).slice(0, 4_000)));
  // To close with unread bytes would take the answer from the node.
  for (;;) receive();
}
process.exit(0);
