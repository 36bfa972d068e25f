/** One link to one node, from the dialling to its end, and what that node said about who leads. */
import type { ClusterId, NodeId } from "../paxos/ids.ts";
import type { ClientLink, ClientLinkEvents, CloseReason, Dialer } from "../wire/link.ts";
import type { ClientMessage, ServerMessage } from "../wire/messages.ts";

export interface LinkOwner {
  linkOpen(link: NodeLink, cluster: ClusterId): void;
  linkReceived(link: NodeLink, messages: readonly ServerMessage[]): void;
  linkClosed(link: NodeLink, reason: CloseReason): void;
}

export class NodeLink implements ClientLinkEvents {
  readonly addr: string;
  readonly #owner: LinkOwner;
  #link: ClientLink | null = null;
  state: "dialing" | "open" | "closed" = "dialing";
  /** The session is open on it: calls may be sent. */
  ready = false;
  node: NodeId | null = null;
  /** The leader and its address, as far as this node knows. */
  leader: NodeId | null = null;
  leaderAddr: string | null = null;
  /** Ticks since something arrived. */
  silent = 0;
  /** Ticks since the last ping, which is a sign of life to the node. */
  pinged = 0;

  constructor(addr: string, owner: LinkOwner) {
    this.addr = addr;
    this.#owner = owner;
  }

  dial(dialer: Dialer, cluster: ClusterId | null, token: string | null): void {
    this.#link = dialer.dial(this.addr, cluster, token, this);
  }

  open(cluster: ClusterId, node: NodeId): void {
    if (this.state !== "dialing") return;
    this.state = "open";
    this.node = node;
    this.silent = 0;
    this.#owner.linkOpen(this, cluster);
  }

  receive(messages: readonly ServerMessage[]): void {
    if (this.state !== "open") return;
    this.silent = 0;
    this.#owner.linkReceived(this, messages);
  }

  closed(reason: CloseReason): void {
    if (this.state === "closed") return;
    this.#end();
    this.#owner.linkClosed(this, reason);
  }

  send(message: ClientMessage): void {
    if (this.state === "open") this.#link?.send(message);
  }

  flush(): void {
    if (this.state === "open") this.#link?.flush();
  }

  /** Sends one that nothing else is to leave with. */
  say(message: ClientMessage): void {
    this.send(message);
    this.flush();
  }

  /** Closes it without a word to the owner. */
  close(): void {
    if (this.state === "closed") return;
    this.#end();
    this.#link?.close();
  }

  #end(): void {
    this.state = "closed";
    this.ready = false;
  }
}
