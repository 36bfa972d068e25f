/** What travels between processes: hello, peer to peer, client to node, node to client. */
import type { Answer, ClassInfo, Code, Seq, SessionId } from "../object/types.ts";
import type { ClusterId, NodeId } from "../paxos/ids.ts";
import type { PaxosMessage } from "../paxos/types.ts";
import type { Genesis, Member, Role, View } from "../paxos/view.ts";

/** The version of wire and log; another one is refused in the hello. */
export const wireVersion = 1;

/** The first four messages of every connection. Nothing else is decoded before them. */
export type HelloMessage =
  /** Dialer to listener. */
  | {
      readonly type: "hello";
      readonly version: number;
      readonly role: "client" | "peer";
      /** The cluster that the dialer belongs to or remembers; null for any. */
      readonly cluster: ClusterId | null;
      /** A peer's id and address; null and "" for a client. */
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
      /** Whether a token is needed. */
      readonly required: boolean;
    }
  /** Dialer: HMAC-SHA256(token, "dialer" | role | both nonces | cluster), or empty without a token. */
  | { readonly type: "proof"; readonly mac: Uint8Array }
  /** Listener: the same with "listener", so that a client knows whom it talks to. */
  | { readonly type: "welcome"; readonly mac: Uint8Array }
  | { readonly type: "rejected"; readonly code: Code; readonly message: string };

/** Between nodes. */
export type PeerMessage =
  | PaxosMessage
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
  /** A learner that has caught up asks to become a member; passed on to the leader. */
  | { readonly type: "askJoin"; readonly member: Member }
  /** The leader to the newcomer: why it cannot become a member. */
  | { readonly type: "joinRefused"; readonly code: Code; readonly message: string };

export type ClientMessage =
  /** `secret`: 32 hex digits, made by the client; `ttl` in ms. Opening again with it gives the same session. */
  | { readonly type: "open"; readonly secret: string; readonly ttl: number }
  /** Proves that the session is the client's: `secret` is 32 hex digits. */
  | { readonly type: "attach"; readonly session: SessionId; readonly secret: string }
  /** An encoded `Calls` command. */
  | { readonly type: "command"; readonly bytes: Uint8Array }
  | { readonly type: "cancel"; readonly session: SessionId; readonly seqs: readonly Seq[] }
  | { readonly type: "close"; readonly session: SessionId }
  /** Keeps the connection's sessions alive. */
  | { readonly type: "ping" };

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
  | { readonly type: "pong" };
