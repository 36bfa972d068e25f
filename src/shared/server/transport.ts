/**
 * What a node needs of the network towards its peers. The contract is weak on purpose: messages may be lost,
 * repeated and reordered; the protocol above repairs that. One conformance suite holds for every adapter.
 */
import type { Code } from "../object/types.ts";
import type { NodeId } from "../paxos/ids.ts";
import type { PeerMessage } from "../wire/messages.ts";

export interface TransportEvents {
  /** `reply` answers on the connection on which the message came: for newcomers that nobody can dial yet. */
  receive(from: NodeId, message: PeerMessage, reply: (message: PeerMessage) => void): void;
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

/** The node answered that it will not have us: asking again is no use. */
export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: Code;
  constructor(code: Code, message: string) {
    super(`${code} ${message}`);
    this.code = code;
  }
}

/** Asks a node of which only the address is known, on a connection of its own. */
export interface PeerProbe {
  /** @throws Refused when the hello is refused; Error when nobody answers within `timeoutMillis` */
  ask(addr: string, message: PeerMessage, timeoutMillis: number): Promise<PeerMessage>;
}
