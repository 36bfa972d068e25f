/**
 * One connection between a client and a node, as messages: over WebSocket in Node, browsers and Workers, in memory
 * within one process, simulated in shared/sim. The hello (handshake.ts) is over before a link opens.
 */
import type { Code } from "../object/types.ts";
import type { ClusterId, NodeId } from "../paxos/ids.ts";
import type { ClientMessage, ServerMessage } from "./messages.ts";

/** Why a link closed: a code when the other side or the hello said so, null when the connection just ended. */
export type CloseReason = { readonly code: Code; readonly message: string } | null;

/** The client's end. */
export interface ClientLink {
  /** Queues a message; never throws, never blocks; nothing is sent after the link closed. */
  send(message: ClientMessage): void;
  /** What was queued leaves, in one frame. */
  flush(): void;
  /** Closes it; `closed` is not called for this. */
  close(): void;
}

export interface ClientLinkEvents {
  /** The hello is done; `node` is the node that answered. */
  open(cluster: ClusterId, node: NodeId): void;
  receive(messages: readonly ServerMessage[]): void;
  /** Called once, also when the connection could not be made; nothing follows. */
  closed(reason: CloseReason): void;
}

/** Makes connections; one for each runtime. */
export interface Dialer {
  /**
   * @param addr `host:port`, or a `ws://`, `wss://` URL
   * @param cluster the cluster that the client remembers; another one is refused with WRONG_CLUSTER
   */
  dial(addr: string, cluster: ClusterId | null, token: string | null, events: ClientLinkEvents): ClientLink;
}

/** The node's end. */
export interface ServerLink {
  send(message: ServerMessage): void;
  flush(): void;
  /** The address it comes from, as limits count it; not given within one process. */
  readonly address?: string;
  /** Bytes that were flushed and have not left, where the platform tells. */
  backlog?(): number;
  /** Whether so much waits to be read that nothing should be asked for any more. */
  isFull?(): boolean;
  close(reason: CloseReason): void;
}

export interface ServerLinkEvents {
  receive(messages: readonly ClientMessage[]): void;
  closed(): void;
}
