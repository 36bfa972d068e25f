/**
 * The nouns of the protocol and every message of it. The words are those of "Paxos Made Moderately Complex" (PMMC):
 * ballot, slot, pvalue, scout, commander, p1a, p1b, p2a, p2b, decision. A table of the messages with sender,
 * receiver and occasion stands in ARCHITECTURE.md.
 */
import type { Ballot } from "./ballot.ts";
import type { LogTime, Millis, NodeId, WallMillis } from "./ids.ts";
import type { Slot } from "./slot.ts";
import type { Genesis, View, ViewChange } from "./view.ts";

/** What the leader adds to a proposal so that all replicas execute it with the same clock and the same dice. */
export interface Stamp {
  readonly logTime: LogTime;
  readonly wall: WallMillis;
  /** 32 bits, unsigned. */
  readonly seed: number;
  /** The first proposal of a new ballot: it refreshes every session. */
  readonly first: boolean;
}

/** What one slot decides. Paxos looks into `change` and never into `body`. */
export interface Proposal {
  /** Null in the no-op that fills a hole. */
  readonly stamp: Stamp | null;
  readonly change: ViewChange | null;
  /** The commands, joined by batch.ts; empty in a no-op. */
  readonly body: Uint8Array;
}

export interface PValue {
  readonly ballot: Ballot;
  readonly slot: Slot;
  readonly proposal: Proposal;
}

export interface Decision {
  readonly slot: Slot;
  readonly proposal: Proposal;
}

/** What nodes say to each other. `ballot` in an answer is the acceptor's promised one. */
export type PaxosMessage =
  | { readonly type: "p1a"; readonly ballot: Ballot; readonly from: Slot; readonly view: number }
  | {
      readonly type: "p1b";
      /** The ballot that is answered. */
      readonly asked: Ballot;
      readonly ballot: Ballot;
      readonly trimmed: Slot;
      readonly decided: Slot;
      /** This part covers the slots above `above` up to `upTo`, or all above in the last part (null): */
      readonly above: Slot;
      readonly upTo: Slot | null;
      /** in them the acceptor has accepted this, and nothing else below its promise. */
      readonly accepted: readonly PValue[];
    }
  | {
      readonly type: "p2a";
      readonly pvalue: PValue;
      /** Number and first slot of the view that governs the slot (an acceptor must hold all before it). */
      readonly view: number;
      readonly first: Slot;
      /** The leader's decided mark at this ballot. */
      readonly decided: Slot;
    }
  | { readonly type: "p2b"; readonly asked: Ballot; readonly ballot: Ballot; readonly slot: Slot }
  /** The answer to a p2a that names a view whose earlier slots are not all held here. */
  | { readonly type: "behind"; readonly asked: Ballot; readonly decided: Slot }
  /** All slots up to `decided` are decided, as proposed with `ballot`. */
  | { readonly type: "decided"; readonly ballot: Ballot; readonly decided: Slot }
  | { readonly type: "catchup"; readonly from: Slot }
  | {
      readonly type: "decisions";
      /** Consecutive slots; not all that is missing when the answer would grow too long. */
      readonly values: readonly Decision[];
      /** The sender's marks. */
      readonly decided: Slot;
      readonly trimmed: Slot;
    }
  | Heartbeat
  /** The leader of `ballot` stops: the receiver, which holds all that is decided up to `decided`, should lead now. */
  | { readonly type: "lead"; readonly ballot: Ballot; readonly decided: Slot }
  /** The answer to a p1a or heartbeat from a node that a newer view has left out. */
  | { readonly type: "view"; readonly view: View };

export interface Heartbeat {
  readonly type: "heartbeat";
  /** The ballot with which the sender leads or stands. */
  readonly ballot: Ballot;
  readonly leading: boolean;
  /** Whether the sender hears a majority of every view that governs an open slot. */
  readonly connected: boolean;
  /** The number of the newest view that it knows. */
  readonly view: number;
  readonly decided: Slot;
  readonly executed: Slot;
  readonly wall: WallMillis;
  /** The running digest of outcomes after `executed`, 32 bits, unsigned. */
  readonly digest: number;
}

/** What a crash must not take. */
export type Write =
  | { readonly type: "founded"; readonly id: NodeId; readonly genesis: Genesis }
  | { readonly type: "promised"; readonly ballot: Ballot }
  | { readonly type: "accepted"; readonly pvalue: PValue }
  /** A decision that this node learned without having accepted it at the deciding ballot. */
  | { readonly type: "chosen"; readonly decision: Decision }
  /** All slots up to here are decided, and what this log holds for them is what was decided. */
  | { readonly type: "mark"; readonly decided: Slot };

export interface Envelope {
  readonly to: readonly NodeId[];
  readonly message: PaxosMessage;
}

/** Time and chance, handed in with each step. */
export interface Moment {
  readonly now: Millis;
  readonly wall: WallMillis;
  /** 32 fresh random bits, unsigned. */
  readonly random: number;
}

export type Input =
  | { readonly type: "receive"; readonly from: NodeId; readonly message: PaxosMessage }
  /** Commands to be decided, each opaque. Dropped unless this node leads: whoever sent them sends them again. */
  | { readonly type: "request"; readonly commands: readonly Uint8Array[] }
  /** Meta commands, which go before the calls that wait. */
  | { readonly type: "requestFirst"; readonly commands: readonly Uint8Array[] }
  | { readonly type: "change"; readonly change: ViewChange }
  /** The state machine has executed up to here; `digest` is its running digest of outcomes. */
  | { readonly type: "executed"; readonly slot: Slot; readonly digest: number }
  /** A peer's connection closed and its port refuses a new one: nobody listens there. */
  | { readonly type: "refused"; readonly peer: NodeId }
  /** The state machine wants a proposal at this log time (a session end, a deadline); Infinity for never. */
  | { readonly type: "due"; readonly at: LogTime }
  /** This node is going to stop: if it leads, another one should. */
  | { readonly type: "handOver" }
  | { readonly type: "wake" };

/** All that the driver must do after a step. */
export interface Output {
  /** May leave at once. */
  readonly send: readonly Envelope[];
  /** To be made durable in this order. */
  readonly writes: readonly Write[];
  /** Leave, also to oneself, only when every write so far is durable. */
  readonly votes: readonly Envelope[];
  /** Slots decided by this step, in order, without gaps. */
  readonly decided: readonly Decision[];
  /** When the next `wake` is due: the one timer to keep. */
  readonly wakeAt: Millis;
}

/** What a node finds on its disk when it starts; `accepted` holds what it accepted or learned, in order of slot. */
export interface Recovered {
  readonly id: NodeId;
  readonly genesis: Genesis;
  readonly promised: Ballot;
  readonly accepted: readonly PValue[];
  readonly decided: Slot;
}
