/**
 * When snapshots are made, and how. The leader announces them in the log, so that all replicas make them of the state
 * after the very same slots and can compare their hashes. A small state is taken in the thread, between two slots. A
 * large one is made elsewhere (snapshotter.ts), by one replica after the other, the leader last.
 */
import type { Clock, Timer } from "../clock.ts";
import { snapshotPieceBytesMax } from "../limits.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { ObjectCodec } from "../object/types.ts";
import { type Millis, millis, must, type NodeId } from "../paxos/ids.ts";
import { messageBytes } from "../paxos/log.ts";
import type { PaxosNode } from "../paxos/node.ts";
import { next as after, type Slot, slotZero } from "../paxos/slot.ts";
import type { Base, Decision, SnapshotHead } from "../paxos/types.ts";
import type { Genesis } from "../paxos/view.ts";
import type { ObjectHashes } from "./agreement.ts";
import type { Driver } from "./driver.ts";
import { type Hasher, joined } from "./snapshot-pieces.ts";
import type { SnapshotSource } from "./snapshot-source.ts";
import type { SnapshotJob, Snapshotter } from "./snapshotter.ts";
import { type Storage, StorageError } from "./storage.ts";

/**
 * A snapshot is due after so many slots, or so many bytes of them: as many as the last snapshot has, so that making
 * snapshots costs no more than the log does, within these bounds. What the log keeps in memory follows from it.
 */
export interface SnapshotPace {
  readonly slots: number;
  readonly bytesMin: number;
  readonly bytesMax: number;
  /** A state below this is taken in the thread. */
  readonly smallBytes: number;
}

export const snapshotPace: SnapshotPace = {
  slots: 32_768,
  bytesMin: 4 * 1024 * 1024,
  bytesMax: 16 * 1024 * 1024,
  smallBytes: 2 * 1024 * 1024,
};

/** How long replicas that are heard are waited for, before the next snapshot or before one's own turn. */
const patienceMillis = 60_000;
const lookAgainMillis = 250;

export interface SnapshotParts {
  readonly node: PaxosNode;
  readonly machine: StateMachine;
  readonly driver: Driver;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly codec: ObjectCodec;
  readonly genesis: Genesis;
  readonly source: SnapshotSource;
  readonly snapshotter: Snapshotter | null;
  readonly hasher: () => Hasher;
  readonly pace: SnapshotPace;
  /** A snapshot that this node made is durable. */
  readonly kept: (head: SnapshotHead, hashes: ObjectHashes) => void;
  /** The state can be taken, or not, and why: one line for each value. */
  readonly problems: (lines: readonly string[]) => void;
  readonly failed: (error: unknown) => void;
}

interface Due {
  readonly slot: Slot;
  readonly digest: number;
  readonly since: Millis;
}

export class Snapshots {
  private readonly parts: SnapshotParts;
  private last: Slot;
  private bytes = 0;
  /** The announcement that this leader has made and not seen decided. */
  private announcedAt: Millis | null = null;
  private lastAt: Millis;
  /** A large one that waits for its turn; a newer one replaces it. */
  private due: Due | null = null;
  /** A snapshot is on its way to the disk; `next` is a later one that waits for it. */
  making = false;
  private next: (() => Promise<void>) | null = null;
  private readonly signal = { aborted: false };
  private timer: Timer | null = null;

  constructor(parts: SnapshotParts) {
    this.parts = parts;
    this.last = parts.node.log.trimmed;
    this.lastAt = parts.clock.moment().now;
  }

  /** After a slot was executed. @param announced whether the log asks for a snapshot of the state after it */
  executed({ slot, proposal }: Decision, announced: boolean): void {
    this.bytes += messageBytes(proposal);
    if (!announced) return;
    const { machine, snapshotter, pace, clock } = this.parts;
    const { now } = clock.moment();
    this.last = slot;
    this.lastAt = now;
    this.bytes = 0;
    this.announcedAt = null;
    if (snapshotter === null || machine.isSmall(pace.smallBytes)) this.take();
    else this.due = { slot, digest: machine.digest, since: this.due?.since ?? now };
  }

  /** After each turn: the leader announces, everybody looks whether it is its turn. */
  turned(): void {
    const { node, clock } = this.parts;
    const { now } = clock.moment();
    if (node.leader.ready && this.isDue(now)) this.announce(now);
    if (this.due !== null && this.due.slot <= node.retention.own) this.due = null; // one came from elsewhere
    const { due } = this;
    if (due === null || this.making || this.signal.aborted) return;
    if (this.isMyTurn(due, now)) {
      this.due = null;
      this.make(due);
    } else {
      this.timer ??= clock.at(millis(now + lookAgainMillis), () => {
        this.timer = null;
        this.turned();
      });
    }
  }

  /** The last slot whose state the log asked for. */
  get announced(): Slot {
    return this.last;
  }

  /** Asks the cluster for a snapshot now. */
  announce(now: Millis): void {
    this.announcedAt = now;
    const command = this.parts.codec.encodeCommand({ type: "snapshot" });
    this.parts.driver.push({ type: "requestFirst", commands: [command] });
  }

  stop(): void {
    this.signal.aborted = true;
    this.timer?.cancel();
  }

  private isDue(now: Millis): boolean {
    const { node, pace } = this.parts;
    const size = this.parts.source.newest?.size ?? 0;
    const bytes = Math.min(pace.bytesMax, Math.max(pace.bytesMin, size));
    const enough = node.log.decided - this.last >= pace.slots || this.bytes >= bytes;
    if (!enough) return false;
    if (this.announcedAt !== null && now - this.announcedAt < patienceMillis) return false;
    return (
      now - this.lastAt >= patienceMillis ||
      this.replicas(now).every((id) => this.snapshotOf(id) >= this.last)
    );
  }

  /** The replicas that are heard, this one included, in the order of their ids. */
  private replicas(now: Millis): readonly NodeId[] {
    const { node } = this.parts;
    const heard = ({ id }: { readonly id: NodeId }) => id === node.id || node.election.isHeard(id, now);
    const holders = node.views.newest.members.filter((m) => m.role === "replica" || m.role === "learner");
    return holders.filter(heard).map((m) => m.id);
  }

  private snapshotOf(id: NodeId): Slot {
    const { node } = this.parts;
    return id === node.id ? node.retention.own : (node.election.last(id)?.snapshot ?? slotZero);
  }

  /** One replica after the other, the leader last. */
  private isMyTurn(due: Due, now: Millis): boolean {
    const { id, leaderId } = this.parts.node;
    if (now - due.since >= patienceMillis) return true;
    const rank = (of: NodeId) => (of === leaderId ? `~${of}` : of);
    return this.replicas(now).every((other) => rank(other) >= rank(id) || this.snapshotOf(other) >= due.slot);
  }

  /** In the thread: the state is small. */
  private take(): void {
    const { machine, hasher, problems } = this.parts;
    const capture = machine.capture();
    const pieces = joined(capture.pieces);
    // Complete only when all pieces were taken.
    problems(capture.problems);
    if (capture.problems.length > 0) return;
    const hash = hasher();
    let size = 0;
    for (const piece of pieces) {
      hash.update(piece);
      size += piece.length;
    }
    const { slot, views, logTime, hashes } = capture;
    this.run(() => this.keep({ slot, views, logTime, hash: hash.hex(), size }, pieces, hashes));
  }

  private make(due: Due): void {
    const { snapshotter } = this.parts;
    must(snapshotter !== null, "a large state is taken elsewhere");
    this.run(() => this.makeElsewhere(snapshotter, due));
  }

  private async makeElsewhere(snapshotter: Snapshotter, due: Due): Promise<void> {
    const { problems } = this.parts;
    try {
      const made = await snapshotter.make(this.job(due.slot), this.signal);
      if (made.digest !== due.digest) {
        made.discard();
        return problems([
          `the state after slot ${due.slot} cannot be made again from the log: a class is not deterministic`,
        ]);
      }
      problems([]);
      const { hash, size, base } = made;
      await this.keep({ ...base, hash, size }, made.pieces(), made.hashes);
    } catch (error) {
      if (error instanceof StorageError) throw error;
      if (!this.signal.aborted)
        problems([`no snapshot: ${error instanceof Error ? error.message : String(error)}`]);
    }
  }

  private job(slot: Slot): SnapshotJob {
    const { genesis, storage, source, node } = this.parts;
    const base = source.newest;
    const readBase = (offset: number, length: number) =>
      base === null ? Promise.resolve(null) : storage.read(base.slot, offset, length);
    return {
      genesis,
      base,
      readBase,
      slot,
      decisions: (from, bytesMax) => portion(node, from, slot, bytesMax),
    };
  }

  /** One after the other; of those that wait the newest is enough. */
  private run(work: () => Promise<void>): void {
    if (this.making) {
      this.next = work;
      return;
    }
    this.making = true;
    work().then(
      () => {
        const { next: later } = this;
        this.making = false;
        this.next = null;
        if (this.signal.aborted) return;
        if (later !== null) this.run(later);
        else this.turned();
      },
      (error: unknown) => {
        if (!this.signal.aborted) this.parts.failed(error);
      },
    );
  }

  /** Makes it durable; from then on it counts. */
  private async keep(
    head: SnapshotHead,
    pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    hashes: ObjectHashes,
  ): Promise<void> {
    if (this.signal.aborted) return;
    const sink = await this.parts.storage.keep(head);
    try {
      for await (const piece of pieces) {
        for (let at = 0; at < piece.length; at += snapshotPieceBytesMax)
          await sink.write(piece.subarray(at, at + snapshotPieceBytesMax));
      }
    } catch (error) {
      await sink.abort();
      throw error;
    }
    if (this.signal.aborted) return sink.abort();
    await sink.commit();
    this.parts.source.add(head);
    this.parts.kept(head, hashes);
    this.parts.driver.push({ type: "snapshot", slot: head.slot, stateHash: stateHash(head) });
  }
}

/** The first 32 bits of its hash: what heartbeats tell. */
export function stateHash({ hash }: SnapshotHead): number {
  return Number.parseInt(hash.slice(0, 8), 16);
}

export function baseOf({ slot, views, logTime }: SnapshotHead): Base {
  return { slot, views, logTime };
}

/** Consecutive decisions from `from` on. */
export function portion(node: PaxosNode, from: Slot, to: Slot, bytesMax: number): readonly Decision[] {
  const decisions: Decision[] = [];
  let bytes = 0;
  for (let slot = from; slot <= to && bytes < bytesMax; slot = after(slot)) {
    const proposal = node.log.decidedIn(slot);
    decisions.push({ slot, proposal });
    bytes += messageBytes(proposal);
  }
  return decisions;
}
