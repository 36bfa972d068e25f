/** What a node says of itself in every heartbeat beside its ballot: how far it is, its clock, its state in short. */
import type { Election } from "./election.ts";
import type { NodeId } from "./ids.ts";
import { type Slot, slotZero } from "./slot.ts";
import type { Checkpoint, Heartbeat, Input, Moment } from "./types.ts";

/** What the sender is at this moment. */
export interface Sender extends Pick<Heartbeat, "leading" | "view" | "decided" | "kept"> {
  /** Whether it takes part in the log in an open view. */
  readonly takesPart: boolean;
  /** Whether it may lead. */
  readonly stands: boolean;
}

type Send = (to: readonly NodeId[], message: Heartbeat) => void;

export class Heartbeats {
  private executed: Slot = slotZero;
  private check: Checkpoint = { at: slotZero, digest: 0 };
  private snapshot: Slot = slotZero;
  private stateHash = 0;

  hasExecuted({ slot, check }: Extract<Input, { type: "executed" }>): void {
    this.executed = slot;
    this.check = check;
  }

  hasSnapshot(slot: Slot, stateHash: number): void {
    if (slot <= this.snapshot) return;
    this.snapshot = slot;
    this.stateHash = stateHash;
  }

  /**
   * Sends the heartbeats that are due or asked for. A leader that no open view shows any more speaks until another one
   * leads; the members send it none, but answer when it asks. @param others all that take part in the log beside it
   */
  tell(moment: Moment, election: Election, sender: Sender, others: readonly NodeId[], send: Send): void {
    const { leading, view, decided, kept, takesPart, stands } = sender;
    const audiences = election.audiences(moment.now, others, !takesPart);
    if (!takesPart && !leading) return;
    const { connected, follows } = election;
    const ballot = election.offer(leading || stands);
    const relays = election.relays(moment.now);
    const { executed, snapshot, stateHash } = this;
    const { at: digestAt, digest } = this.check;
    const standing = { ballot, leading, connected, follows, relays, view, decided, kept };
    const state = { executed, wall: moment.wall, digestAt, digest, snapshot, stateHash };
    for (const { to, ask, hears } of audiences)
      send(to, { type: "heartbeat", ...standing, ...state, ask, hears });
  }
}
