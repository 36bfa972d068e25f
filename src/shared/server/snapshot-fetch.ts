/**
 * Gets a snapshot from other nodes, piece by piece: a node needs one when what it lacks left the logs of the others.
 * A snapshot is named by slot and hash, and the same wherever it is, so that another node can go on where one fell
 * silent. Followers are asked before the leader, which has enough to do.
 */
import type { Clock, Timer } from "../clock.ts";
import { type Millis, millis, type NodeId } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import { slotZero } from "../paxos/slot.ts";
import type { SnapshotHead } from "../paxos/types.ts";
import { takesPart } from "../paxos/view.ts";
import type { PeerMessage } from "../wire/messages.ts";
import { type SnapshotSink, type Storage, StorageError } from "./storage.ts";
import type { Transport } from "./transport.ts";

/** How long a node is given to answer, before another one is asked. */
const silenceMillis = 500;

type Piece = Extract<PeerMessage, { type: "snapshotPiece" }>;

/** A snapshot that is being kept; `offset` bytes of it are here. */
interface Begun {
  readonly head: SnapshotHead;
  readonly sink: SnapshotSink;
  offset: number;
}

export interface FetchEvents {
  /** The snapshot is durable here. */
  fetched(head: SnapshotHead): Promise<void>;
  /** None of the nodes that were asked has one. */
  none(): void;
  /** It wants a turn. */
  again(): void;
  /** The disk refuses: the node must stop. */
  failed(error: unknown): void;
}

export class SnapshotFetch {
  private readonly node: PaxosNode;
  private readonly storage: Storage;
  private readonly transport: Transport;
  private readonly clock: Clock;
  private readonly events: FetchEvents;
  private begun: Begun | null = null;
  private source: NodeId | null = null;
  private turn = 0;
  private askedAt: Millis | null = null;
  /** A piece is on its way to the disk: nothing is asked. */
  private busy = false;
  private timer: Timer | null = null;
  private stopped = false;

  constructor(node: PaxosNode, storage: Storage, transport: Transport, clock: Clock, events: FetchEvents) {
    this.node = node;
    this.storage = storage;
    this.transport = transport;
    this.clock = clock;
    this.events = events;
  }

  /** After each turn. @param wanted whether this node needs a snapshot */
  turned(wanted: boolean): void {
    if (this.busy || this.stopped) return;
    if (!wanted) {
      if (this.begun !== null || this.askedAt !== null) void this.giveUp();
      return;
    }
    const { now } = this.clock.moment();
    if (this.askedAt !== null && now - this.askedAt < silenceMillis) return;
    this.source = this.nextSource();
    this.ask();
  }

  /** A piece came. Others than the next one of the snapshot that is being kept are of no use. */
  piece(from: NodeId, piece: Piece): void {
    const { head } = piece;
    if (this.busy || this.stopped || from !== this.source) return;
    const fits =
      this.begun === null ? piece.offset === 0 && head.slot > this.node.retention.own : this.isNext(piece);
    if (!fits || piece.bytes.length === 0) return;
    this.busy = true;
    this.take(piece).then(
      () => this.rested(),
      (error: unknown) => this.lost(error),
    );
  }

  /** The node that was asked does not have it. */
  missing(from: NodeId): void {
    if (this.busy || this.stopped || from !== this.source) return;
    if (this.turn % Math.max(1, this.sources().length) !== 0) {
      this.source = this.nextSource();
      return this.ask();
    }
    // All were asked. Everybody may have a newer one by now, or nobody has any yet: after a while it begins anew.
    const { begun } = this;
    this.begun = null;
    if (begun === null) this.events.none();
    void begun?.sink.abort();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    if (!this.busy) void this.giveUp();
  }

  private isNext({ head, offset }: Piece): boolean {
    const { begun } = this;
    return begun?.head.slot === head.slot && begun.head.hash === head.hash && begun.offset === offset;
  }

  private async take({ head, bytes }: Piece): Promise<void> {
    this.begun ??= { head, sink: await this.storage.keep(head), offset: 0 };
    const { begun } = this;
    await begun.sink.write(bytes);
    begun.offset += bytes.length;
    if (begun.offset < begun.head.size) return;
    this.begun = null;
    await begun.sink.commit();
    await this.events.fetched(begun.head);
  }

  private rested(): void {
    this.busy = false;
    if (this.stopped) return void this.giveUp();
    this.askedAt = null;
    if (this.begun !== null) this.ask();
  }

  /** Damage means that a node sent something else than its name says: it is got anew. */
  private lost(error: unknown): void {
    this.busy = false;
    this.begun = null;
    const damaged = error instanceof StorageError && error.kind === "damage";
    if (!damaged && !this.stopped) this.events.failed(error);
  }

  private async giveUp(): Promise<void> {
    const { begun } = this;
    this.begun = null;
    this.askedAt = null;
    this.timer?.cancel();
    this.timer = null;
    await begun?.sink.abort();
  }

  private ask(): void {
    const { source, begun } = this;
    if (source === null) return;
    const { now } = this.clock.moment();
    this.askedAt = now;
    const named =
      begun === null ? { slot: slotZero, hash: "" } : { slot: begun.head.slot, hash: begun.head.hash };
    this.transport.send([source], { type: "askSnapshot", ...named, offset: begun?.offset ?? 0 });
    this.transport.flush();
    this.timer?.cancel();
    this.timer = this.clock.at(millis(now + silenceMillis), () => {
      this.timer = null;
      this.events.again();
    });
  }

  private sources(): readonly NodeId[] {
    const { views, leaderId, id, catchUp } = this.node;
    const members = views.newest.members.filter(takesPart).map((m) => m.id);
    const others = [...new Set([...members, ...catchUp.contacts])].filter((other) => other !== id);
    return [...others.filter((other) => other !== leaderId), ...others.filter((other) => other === leaderId)];
  }

  private nextSource(): NodeId | null {
    const sources = this.sources();
    return sources[this.turn++ % Math.max(1, sources.length)] ?? null;
  }
}
