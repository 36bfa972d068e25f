/** What travels between processes: hello, peer to peer, client to node, node to client. */
import type { Version } from "../object/registry.ts";
import type { Answer, ClassInfo, Code, Outcome, Seq, SessionId } from "../object/types.ts";
import type { ClusterId, NodeId } from "../paxos/ids.ts";
import type { Slot } from "../paxos/slot.ts";
import type { PaxosMessage, SnapshotHead } from "../paxos/types.ts";
import type { Genesis, Member, Role, View } from "../paxos/view.ts";
import type { UpgradeMessage } from "./upgrade-messages.ts";

/** The version of wire and log; another one is refused in the hello. */
export const wireVersion = 1;

/**
 * What the dialer wants to be: a client, another node, or an operator's program, which asks what nodes ask of each
 * other with the token of an administrator instead of the nodes' key.
 */
export type HelloRole = "client" | "peer" | "operator";

/** The first four messages of every connection. Nothing else is decoded before them. */
export type HelloMessage =
  /** Dialer to listener. */
  | {
      readonly type: "hello";
      readonly version: number;
      readonly role: HelloRole;
      /** The cluster that the dialer belongs to or remembers; null for any. */
      readonly cluster: ClusterId | null;
      /** The id and address of a peer; null and "" for a client. An operator's program makes an id up. */
      readonly from: NodeId | null;
      readonly addr: string;
      /** The node that is meant; null when the dialer knows only an address. */
      readonly to: NodeId | null;
      /** 16 random bytes. */
      readonly nonce: Uint8Array;
    }
  /** listener to dialer. */
  | {
      readonly type: "challenge";
      readonly version: number;
      readonly cluster: ClusterId;
      readonly id: NodeId;
      readonly nonce: Uint8Array;
      /** Whether a token is needed: the proof that one knows it, or the token itself. */
      readonly required: boolean | "token";
    }
  /** Dialer: HMAC-SHA256(token, "dialer" | role | both nonces | cluster), or empty without a token. */
  | { readonly type: "proof"; readonly mac: Uint8Array }
  /** Dialer, instead of a proof, to a node whose operator's code says who has which token. Empty for none. */
  | { readonly type: "token"; readonly token: string }
  /** Listener: the same with "listener", so that a client knows whom it talks to. */
  | { readonly type: "welcome"; readonly mac: Uint8Array }
  | { readonly type: "rejected"; readonly code: Code; readonly message: string };

/** Between nodes. */
export type PeerMessage =
  | PaxosMessage
  | UpgradeMessage
  /** Commands of a node's clients, to the leader. */
  | { readonly type: "forward"; readonly commands: readonly Uint8Array[] }
  /** The leader to the forwarder: a command of this session came too early; resend from `seq`. */
  | { readonly type: "expected"; readonly session: SessionId; readonly seq: Seq }
  /** A newcomer to any node: what is the cluster founded on? Answered with `genesis`. */
  | { readonly type: "askGenesis" }
  | {
      readonly type: "genesis";
      readonly genesis: Genesis;
      readonly newest: View;
      readonly leader: NodeId | null;
    }
  /**
   * A learner that has caught up asks to become a member; passed on to the leader. Nameservers ask again and again:
   * it is their sign of life.
   */
  | { readonly type: "askJoin"; readonly member: Member }
  /** An operator to any node: a member shall go. Answered with `changed` or `changeRefused` when that is done. */
  | { readonly type: "askChange"; readonly kind: "leave" | "evict"; readonly id: NodeId }
  | { readonly type: "changed"; readonly view: number }
  | { readonly type: "changeRefused"; readonly code: Code; readonly message: string }
  /** Asks for a piece of a snapshot: the newest one when `slot` is 0, else the one of that slot and hash. */
  | {
      readonly type: "askSnapshot";
      readonly slot: Slot;
      readonly hash: string;
      readonly offset: number;
    }
  | {
      readonly type: "snapshotPiece";
      readonly head: SnapshotHead;
      readonly offset: number;
      readonly bytes: Uint8Array;
    }
  /** The snapshot that was asked for is not there (any more), or there is none. */
  | { readonly type: "noSnapshot"; readonly slot: Slot }
  /** An operator to any replica: make a snapshot now. Answered with `tookSnapshot` when it is durable. */
  | { readonly type: "takeSnapshot" }
  | { readonly type: "tookSnapshot"; readonly head: SnapshotHead }
  /** An operator to any replica: end a session. Answered with `sessionEnded`, or `changeRefused` when none is open. */
  | { readonly type: "endSession"; readonly session: SessionId }
  | { readonly type: "sessionEnded"; readonly session: SessionId }
  /**
   * A replica whose digest differs asks where that began: answered with the digest after slot `from`, and then after
   * each outcome of the slots above it, up to `to`.
   */
  | { readonly type: "askDigests"; readonly from: Slot; readonly to: Slot }
  | { readonly type: "digests"; readonly from: Slot; readonly digests: readonly number[] }
  /** A replica whose snapshot differs asks for the hash of each object in it. */
  | { readonly type: "askHashes"; readonly slot: Slot }
  | {
      readonly type: "hashes";
      readonly slot: Slot;
      readonly hashes: readonly { readonly object: string; readonly hash: number }[];
    }
  /**
   * The leader to the newcomer `id`: why it cannot become a member. A nameserver is told by the node that it asked.
   */
  | {
      readonly type: "joinRefused";
      readonly id: NodeId;
      readonly code: Code;
      readonly message: string;
    };

export type ClientMessage =
  /** `secret`: 32 hex digits, made by the client; `ttl` in ms. Opening again with it gives the same session. */
  | { readonly type: "open"; readonly secret: string; readonly ttl: number }
  /** Proves that the session is the client's: `secret` is 32 hex digits. */
  | { readonly type: "attach"; readonly session: SessionId; readonly secret: string }
  /** An encoded `Calls` command. */
  | { readonly type: "command"; readonly bytes: Uint8Array }
  | { readonly type: "cancel"; readonly session: SessionId; readonly seqs: readonly Seq[] }
  /**
   * `n` calls of declared reads, which need no log entry, answered one by one as `id`, `id` + 1, ...
   */
  | {
      readonly type: "read";
      readonly session: SessionId;
      /** Numbers the reads of one connection. */
      readonly id: number;
      readonly n: number;
      /** They run after the session's numbered calls up to here. */
      readonly after: Seq;
      /** Null for linearizable reads; else the slot that the session saw last: they run here after that one. */
      readonly local: Slot | null;
      readonly payload: Uint8Array;
    }
  | { readonly type: "close"; readonly session: SessionId }
  /** Wants to be told of views: answered with `view` at once, and at every change. No session is needed. */
  | { readonly type: "follow" }
  /** Keeps the connection's sessions alive. */
  | { readonly type: "ping" }
  /**
   * Wants to be told of an object: answered with `feedSnapshot`, where that is enough with `feedInputs`, or
   * `feedEnd`.
   */
  | {
      readonly type: "watch";
      /** Numbers what one connection watches. */
      readonly feed: number;
      /** "Class/name". */
      readonly object: string;
      /** What the program has of it: all inputs up to this one. Null for nothing. */
      readonly since: Position | null;
      /** The `static version` of the code that executes the inputs; null: nothing does, it wants snapshots only. */
      readonly version: Version | null;
      /** The program's own session, if one is open: snapshots say which of its calls they contain. */
      readonly session: SessionId | null;
    }
  /** Wants to hear no more of it. */
  | { readonly type: "unwatch"; readonly feed: number };

export type WatchMessage = Extract<ClientMessage, { readonly type: "watch" }>;

/** A place among the inputs of one object: slot, and which of the slot's inputs; `wholeSlot`: behind all of them. */
export interface Position {
  readonly slot: Slot;
  readonly at: number;
}

/** Behind all inputs of a slot. */
export const wholeSlot = 0xffffffff;

export type FeedMessage = Extract<ServerMessage, { readonly feed: number }>;

export type ReadMessage = Extract<ClientMessage, { readonly type: "read" }>;

export type ServerMessage =
  | {
      readonly type: "opened";
      readonly secretHash: string;
      readonly session: SessionId;
      readonly classes: readonly ClassInfo[];
    }
  | {
      readonly type: "openRefused";
      readonly secretHash: string;
      readonly code: Code;
      readonly message: string;
    }
  /** `next`: the seq that the cluster executes next; lower ones are answered from the table. */
  | { readonly type: "attached"; readonly session: SessionId; readonly next: Seq }
  /** The session ended, in the log: SESSION_EXPIRED. */
  | { readonly type: "ended"; readonly session: SessionId }
  | ({ readonly type: "answer" } & Answer)
  /** Refused with STALE_CLASS when the class does not declare the method a read: it must go through the log. */
  | {
      readonly type: "readAnswer";
      readonly session: SessionId;
      readonly id: number;
      readonly outcome: Outcome;
    }
  /** What is answered from here on shows the state after this slot. */
  | { readonly type: "seen"; readonly slot: Slot }
  /** A command was refused before it was proposed and consumed no seq: resend it later under the same. */
  | {
      readonly type: "refused";
      readonly session: SessionId;
      readonly firstSeq: Seq;
      readonly code: Code;
      readonly message: string;
    }
  /** Sent after the hello and at every change. */
  | {
      readonly type: "members";
      readonly id: NodeId;
      readonly leader: NodeId | null;
      readonly view: number;
      readonly members: readonly { readonly id: NodeId; readonly role: Role; readonly addr: string }[];
    }
  /** To those that follow: the newest decided view that this node knows. One that is behind tells of older ones. */
  | { readonly type: "view"; readonly view: View }
  | { readonly type: "pong" }
  /** The state of a watched object. */
  | {
      readonly type: "feedSnapshot";
      readonly feed: number;
      /** Of the session that was named, the first call that it does not contain; 0 when that is not known. */
      readonly next: Seq;
      /** feed-codec.ts; the same bytes for all. */
      readonly body: Uint8Array;
    }
  /** All inputs of a watched object up to `slot` that were not sent before. Without any it has no body. */
  | {
      readonly type: "feedInputs";
      readonly feed: number;
      readonly slot: Slot;
      /** feed-codec.ts; the same bytes for all. */
      readonly body: Uint8Array;
    }
  /** The object cannot be watched (any more); BUSY: not now. */
  | {
      readonly type: "feedEnd";
      readonly feed: number;
      readonly code: Code;
      readonly message: string;
    };
