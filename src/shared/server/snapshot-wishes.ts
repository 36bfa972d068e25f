/** Operators that wait for a snapshot of the state as it is when they ask: each is told when there is one. */
import { type Millis, millis } from "../paxos/ids.ts";
import type { Slot } from "../paxos/slot.ts";
import type { PeerMessage } from "../wire/messages.ts";
import type { SnapshotSource } from "./snapshot-source.ts";

/** A wish may get lost on its way to the leader. */
const announceAgainMillis = 5_000;
/** How long a snapshot may be on its way before it is asked for again. */
const makingMillisMax = 120_000;

/** Somebody waits for a snapshot of the state after a slot above `after`. */
interface Wish {
  readonly after: Slot;
  readonly reply: (message: PeerMessage) => void;
}

export class SnapshotWishes {
  private readonly source: SnapshotSource;
  private readonly announce: () => void;
  private readonly isUnderWay: (after: Slot) => boolean;
  private wishes: readonly Wish[] = [];
  private wishedAt: Millis = millis(0);

  /**
   * @param announce asks the cluster for a snapshot
   * @param isUnderWay whether a snapshot after a slot above this one need not be asked for once more
   */
  constructor(source: SnapshotSource, announce: () => void, isUnderWay: (after: Slot) => boolean) {
    this.source = source;
    this.announce = announce;
    this.isUnderWay = isUnderWay;
  }

  add(wish: Wish, now: Millis): void {
    this.wishes = [...this.wishes, wish];
    this.turned(now);
  }

  /** After each turn. */
  turned(now: Millis): void {
    if (this.wishes.length === 0) return;
    const { newest } = this.source;
    for (const { after, reply } of this.wishes) {
      if (newest !== null && newest.slot > after) reply({ type: "tookSnapshot", head: newest });
    }
    this.wishes = this.wishes.filter(({ after }) => newest === null || newest.slot <= after);
    const last = this.wishes.at(-1);
    if (last === undefined) {
      this.wishedAt = millis(0);
      return;
    }
    // Once the log asks for it the replicas make it in turn: to ask again would make them begin again.
    const patience = this.isUnderWay(last.after) ? makingMillisMax : announceAgainMillis;
    if (this.wishedAt > 0 && now - this.wishedAt < patience) return;
    this.wishedAt = now;
    this.announce();
  }
}
