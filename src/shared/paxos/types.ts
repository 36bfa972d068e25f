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
  /** The leader asks an acceptor whether it has promised a higher ballot; `round` numbers the question (rule 9). */
  | { readonly type: "confirm"; readonly ballot: Ballot; readonly round: number }
  | {
      readonly type: "confirmed";
      readonly asked: Ballot;
      readonly ballot: Ballot;
      readonly round: number;
    }
  /** A node that does not lead asks for the slot after which its reads may run; `ballot` is its promised one. */
  | { readonly type: "readAsk"; readonly round: number; readonly ballot: Ballot }
  | { readonly type: "readAt"; readonly round: number; readonly slot: Slot }
  /** A node to itself: its decided mark is durable up to here. */
  | { readonly type: "kept"; readonly decided: Slot }
  /** The leader of `ballot` stops: the receiver, which holds all that is decided up to `decided`, should lead now. */
  | { readonly type: "lead"; readonly ballot: Ballot; readonly decided: Slot }
  /** The answer to a p1a or heartbeat from a node that a newer view has left out. */
  | { readonly type: "view"; readonly view: View };

export interface Heartbeat {
  readonly type: "heartbeat";
  /** The ballot with which the sender leads or stands; round 0 while it does neither or knows a higher one. */
  readonly ballot: Ballot;
  readonly leading: boolean;
  /** Whether the sender and a majority of every view that governs an open slot hear each other. */
  readonly connected: boolean;
  /** The ballot of the connected leader or candidate that the sender is or hears; round 0 for none. */
  readonly follows: Ballot;
  /** Whether what is meant for that leader may be sent to the sender of this. */
  readonly relays: boolean;
  /** Whether the sender hears the receiver. */
  readonly hears: boolean;
  /** The number of the newest view that it knows. */
  readonly view: number;
  readonly decided: Slot;
  readonly executed: Slot;
  /** The decided mark that is on the sender's disk, where the newest view needs it (rule 6). */
  readonly kept: Slot;
  readonly wall: WallMillis;
  /** The running digest of outcomes after slot `digestAt`, 32 bits, unsigned; one that other replicas can compare. */
  readonly digestAt: Slot;
  readonly digest: number;
  /** The newest snapshot that the sender holds durably, 0 for none, and the first 32 bits of its hash. */
  readonly snapshot: Slot;
  readonly stateHash: number;
  /** Whether the sender wants to hear at once, since it does not hear often enough by its own clock. */
  readonly ask: boolean;
}

/** What a crash must not take. */
export type Write =
  | { readonly type: "founded"; readonly id: NodeId; readonly genesis: Genesis }
  | { readonly type: "promised"; readonly ballot: Ballot }
  | { readonly type: "accepted"; readonly pvalue: PValue }
  /** A decision that this node learned without having accepted it at the deciding ballot. */
  | { readonly type: "chosen"; readonly decision: Decision }
  /** All slots up to here are decided, and what this log holds for them is what was decided. */
  | { readonly type: "mark"; readonly decided: Slot }
  /**
   * The log begins above `slot`: a snapshot stands for what was before. It says again what earlier records said that
   * still matters, so that they may go: `decided` implies the mark, `views` are those that matter above `decided`.
   */
  | {
      readonly type: "trimmed";
      readonly id: NodeId;
      readonly genesis: Genesis;
      readonly promised: Ballot;
      readonly slot: Slot;
      readonly decided: Slot;
      readonly views: readonly View[];
      /** The latest log time of a slot up to `decided`. */
      readonly logTime: LogTime;
    };
export type Trimmed = Extract<Write, { type: "trimmed" }>;

/** What Paxos knows of a snapshot: the state after `slot`, with the views that matter above it. */
export interface Base {
  readonly slot: Slot;
  readonly views: readonly View[];
  readonly logTime: LogTime;
}

/** A snapshot, beside its bytes: what is named (slot, hash) is the same wherever it is. */
export interface SnapshotHead extends Base {
  /** SHA-256, hex, of the bytes. */
  readonly hash: string;
  /** Bytes. */
  readonly size: number;
}

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
  /** The state machine has executed up to `slot`; `check` is what heartbeats shall tell of its outcomes. */
  | { readonly type: "executed"; readonly slot: Slot; readonly check: Checkpoint }
  /** A snapshot of this node's own state is durable. */
  | { readonly type: "snapshot"; readonly slot: Slot; readonly stateHash: number }
  /** A snapshot that another node made is durable here; the log goes on above it. */
  | { readonly type: "install"; readonly base: Base; readonly stateHash: number }
  /** Snapshots up to `slot` must stay for somebody: the log above them, too, as long as there is room. */
  | { readonly type: "pin"; readonly slot: Slot }
  /** A read came; `token` comes back with the slot after which it may run. */
  | { readonly type: "read"; readonly token: number }
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
  /** Reads that may run once all up to `slot` is executed. */
  readonly reads: readonly ReadAt[];
  /** When the `trimmed` record among the writes is durable, records up to this slot may be dropped; null: none. */
  readonly trim: Slot | null;
  /** When the next `wake` is due: the one timer to keep. */
  readonly wakeAt: Millis;
}

/** The running digest of outcomes after a slot that other replicas are likely to tell theirs of, too; 0 for none. */
export interface Checkpoint {
  readonly at: Slot;
  readonly digest: number;
}

export interface ReadAt {
  readonly token: number;
  readonly slot: Slot;
}

/** What a node finds on its disk when it starts; `accepted` holds what it accepted or learned, in order of slot. */
export interface Recovered {
  readonly id: NodeId;
  readonly genesis: Genesis;
  readonly promised: Ballot;
  readonly accepted: readonly PValue[];
  readonly decided: Slot;
  /** Slots up to here left the log. */
  readonly trimmed: Slot;
  /** The views that a replay of the decided slots above `trimmed` begins with. */
  readonly views: readonly View[];
  /** The latest log time of a slot up to `trimmed`. */
  readonly logTime: LogTime;
}
