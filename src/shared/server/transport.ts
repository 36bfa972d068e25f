/**
 * What a node needs of the network towards its peers. The contract is weak on purpose: messages may be lost,
 * repeated and reordered; the protocol above repairs that. One conformance suite holds for every adapter.
 */
import type { NodeId } from "../paxos/ids.ts";
import type { PeerMessage } from "../wire/messages.ts";

export interface TransportEvents {
  receive(from: NodeId, message: PeerMessage): void;
  /** A connection to the peer closed, or could not be made, and its port refuses new ones. */
  refused(peer: NodeId): void;
}

export interface Transport {
  start(events: TransportEvents): void;
  /** Where a peer listens, host:port. The newest word counts. */
  learn(peer: NodeId, addr: string): void;
  /** Queues the message for each of `to`; never throws, never blocks. Unknown peers are skipped. */
  send(to: readonly NodeId[], message: PeerMessage): void;
  /** Ends the turn: what was queued leaves, one frame for each peer. */
  flush(): void;
  close(): Promise<void>;
}
