/** A node that fetches a snapshot in virtual time: the network only remembers, and the disk obeys the case. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { MemoryStorage } from "../../src/node/memory-storage.ts";
import { logTime, type NodeId } from "../../src/shared/paxos/ids.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { SnapshotHead } from "../../src/shared/paxos/types.ts";
import { SnapshotFetch } from "../../src/shared/server/snapshot-fetch.ts";
import type { SnapshotSink } from "../../src/shared/server/storage.ts";
import type { Transport } from "../../src/shared/server/transport.ts";
import type { PeerMessage } from "../../src/shared/wire/messages.ts";
import { VirtualClock } from "../client/virtual-clock.ts";
import { id, view } from "../paxos/case.ts";
import { World } from "../paxos/world.ts";

/** A case that waits for promises. */
export interface LaterCase {
  readonly name: string;
  run(): Promise<void>;
}

/** A snapshot of 30 bytes, in pieces of 10. */
export const bytes = Uint8Array.from({ length: 30 }, (_, i) => i);
const pieceBytes = 10;

export function headOf(at: number, of: Uint8Array = bytes): SnapshotHead {
  const hash = createHash("sha256").update(of).digest("hex");
  return { slot: slot(at), views: [view("abcd")], logTime: logTime(0), hash, size: of.length };
}

/** Remembers what was asked of whom, as "b 0+0": the slot and the offset. */
class Asking implements Transport {
  asked: string[] = [];
  send(to: readonly NodeId[], message: PeerMessage): void {
    assert(message.type === "askSnapshot");
    const { slot: at, offset, hash } = message;
    assert.equal(hash === "", at === 0, "a snapshot is named by slot and hash");
    for (const peer of to) this.asked.push(`${peer[0]} ${at}+${offset}`);
  }
  start = () => undefined;
  learn = () => undefined;
  flush = () => undefined;
  close = async () => undefined;
}

/** Says how each snapshot that was begun ended; a write may be made to wait. */
export class Disk extends MemoryStorage {
  readonly ends: string[] = [];
  held: Promise<void> | null = null;
  broken: Error | null = null;

  override async keep(head: SnapshotHead): Promise<SnapshotSink> {
    if (this.broken !== null) throw this.broken;
    const sink = await super.keep(head);
    return {
      write: async (piece) => {
        await this.held;
        return sink.write(piece);
      },
      commit: async () => {
        await sink.commit();
        this.ends.push(`kept ${head.slot}`);
      },
      abort: () => {
        this.ends.push(`aborted ${head.slot}`);
        return sink.abort();
      },
    };
  }
}

/** Node a of a, b, c and d, which leads. */
export class FetchRig {
  readonly clock = new VirtualClock(1);
  readonly disk = new Disk();
  readonly fetched: number[] = [];
  readonly failures: unknown[] = [];
  readonly world = new World(view("abcd"));
  readonly fetch: SnapshotFetch;
  /** Whether this node needs a snapshot. */
  wanted = true;
  private readonly net = new Asking();

  constructor() {
    this.world.stand("d");
    this.world.pass(200, true);
    const node = this.world.node("a");
    assert.equal(node.leaderId, id("d"));
    this.fetch = new SnapshotFetch(node, this.disk, this.net, this.clock, {
      fetched: async (head) => void this.fetched.push(head.slot),
      none: () => undefined,
      again: () => this.turn(),
      failed: (error) => this.failures.push(error),
    });
  }

  turn(): void {
    this.fetch.turned(this.wanted);
  }

  /** What was asked since it was looked at last. */
  get asked(): string[] {
    const { asked } = this.net;
    this.net.asked = [];
    return asked;
  }

  /** What was asked so far does not matter. */
  forget(): void {
    this.net.asked = [];
  }

  /** The n-th piece comes; `of` is what its sender holds. */
  async piece(from: string, n: number, head = headOf(70), of = bytes): Promise<void> {
    const offset = n * pieceBytes;
    const piece = of.subarray(offset, offset + pieceBytes);
    this.fetch.piece(id(from), { type: "snapshotPiece", head, offset, bytes: piece });
    await this.clock.pass(0);
  }

  missing(...names: readonly string[]): void {
    for (const name of names) this.fetch.missing(id(name));
  }
}
