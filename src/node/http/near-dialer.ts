/**
 * Dials this very node, within its process, for somebody whom it has identified already: whichever address the client
 * asks for, it stays here, and this node passes on what is for the leader.
 */
import type { ClusterId, NodeId } from "../../shared/paxos/ids.ts";
import type {
  ClientLink,
  ClientLinkEvents,
  Dialer,
  ServerLink,
  ServerLinkEvents,
} from "../../shared/wire/link.ts";
import type { ClientMessage, ServerMessage } from "../../shared/wire/messages.ts";
import { forRelayed } from "../../shared/wire/relayed.ts";

export interface NearNode {
  readonly id: NodeId;
  readonly cluster: ClusterId;
  accept(link: ServerLink): ServerLinkEvents;
}

export class NearDialer implements Dialer {
  private readonly node: NearNode;

  constructor(node: NearNode) {
    this.node = node;
  }

  dial(
    _addr: string,
    _cluster: ClusterId | null,
    _token: string | null,
    events: ClientLinkEvents,
  ): ClientLink {
    return new NearLink(this.node, events);
  }
}

/** Invariant: nothing is handed over within the call that brought it, as both ends may be in the middle of a turn. */
class NearLink implements ClientLink {
  private readonly events: ClientLinkEvents;
  private node: ServerLinkEvents | null = null;
  private toNode: ClientMessage[] = [];
  private toClient: ServerMessage[] = [];
  private isOver = false;

  constructor(node: NearNode, events: ClientLinkEvents) {
    this.events = events;
    queueMicrotask(() => {
      if (this.isOver) return;
      events.open(node.cluster, node.id);
      this.node = node.accept({
        send: (message) => this.toClient.push(forRelayed(message)),
        flush: () => queueMicrotask(() => this.deliver()),
        close: (reason) => {
          if (this.isOver) return;
          this.isOver = true;
          queueMicrotask(() => events.closed(reason));
        },
      });
      this.flush();
    });
  }

  send(message: ClientMessage): void {
    this.toNode.push(message);
  }

  flush(): void {
    queueMicrotask(() => {
      if (this.isOver || this.node === null || this.toNode.length === 0) return;
      const messages = this.toNode;
      this.toNode = [];
      this.node.receive(messages);
    });
  }

  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.node?.closed();
  }

  private deliver(): void {
    if (this.isOver || this.toClient.length === 0) return;
    const messages = this.toClient;
    this.toClient = [];
    this.events.receive(messages);
  }
}
