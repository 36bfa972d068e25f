/** Hands out the pieces of this node's snapshots. One that is being sent stays, and the log above it, for a while. */
import type { Clock, Timer } from "../clock.ts";
import { snapshotPieceBytesMax } from "../limits.ts";
import { type Millis, millis } from "../paxos/ids.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import type { SnapshotHead } from "../paxos/types.ts";
import type { PeerMessage } from "../wire/messages.ts";
import type { Storage } from "./storage.ts";

/** A transfer is over when nothing was asked for so long. */
const pinMillis = 5_000;
/** Snapshots whose names are known: the newest, and older ones that are being sent. */
const headsMax = 4;

type Ask = Extract<PeerMessage, { type: "askSnapshot" }>;

export class SnapshotSource {
  private readonly storage: Storage;
  private readonly clock: Clock;
  private readonly pin: (slot: Slot) => void;
  private readonly failed: (error: unknown) => void;
  /** Oldest first. */
  private heads: readonly SnapshotHead[] = [];
  private readonly askedAt = new Map<Slot, Millis>();
  private timer: Timer | null = null;

  /** @param pin is told the oldest snapshot that is being sent, 0 for none */
  constructor(storage: Storage, clock: Clock, pin: (slot: Slot) => void, failed: (error: unknown) => void) {
    this.storage = storage;
    this.clock = clock;
    this.pin = pin;
    this.failed = failed;
  }

  /** Those whose names are known, oldest first. */
  get all(): readonly SnapshotHead[] {
    return this.heads;
  }

  get newest(): SnapshotHead | null {
    return this.heads.at(-1) ?? null;
  }

  /** The oldest snapshot that is being sent, 0 for none. */
  get pinned(): Slot {
    return [...this.askedAt.keys()].sort((a, b) => a - b)[0] ?? slotZero;
  }

  add(head: SnapshotHead): void {
    this.heads = [...this.heads, head].sort((a, b) => a.slot - b.slot).slice(-headsMax);
  }

  asked({ slot, hash, offset }: Ask, reply: (message: PeerMessage) => void): void {
    const head = slot === slotZero ? this.newest : this.heads.find((h) => h.slot === slot && h.hash === hash);
    if (head === null || head === undefined || offset >= head.size)
      return reply({ type: "noSnapshot", slot });
    this.hold(head.slot);
    this.storage.read(head.slot, offset, snapshotPieceBytesMax).then(
      (bytes) => {
        if (bytes === null) reply({ type: "noSnapshot", slot });
        else reply({ type: "snapshotPiece", head, offset, bytes });
      },
      (error: unknown) => this.failed(error),
    );
  }

  stop(): void {
    this.timer?.cancel();
  }

  private hold(slot: Slot): void {
    const { now } = this.clock.moment();
    this.askedAt.set(slot, now);
    this.pin(this.pinned);
    this.timer ??= this.clock.at(millis(now + pinMillis), () => this.sweep());
  }

  private sweep(): void {
    const { now } = this.clock.moment();
    for (const [slot, at] of this.askedAt) if (now - at >= pinMillis) this.askedAt.delete(slot);
    this.pin(this.pinned);
    this.timer = this.askedAt.size === 0 ? null : this.clock.at(millis(now + pinMillis), () => this.sweep());
  }
}
