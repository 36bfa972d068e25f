/** Who the members are and who leads: what clients are told after the hello and at every change. */
import type { NodeId } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import type { ServerMessage } from "../wire/messages.ts";

export class Roster {
  private readonly node: PaxosNode;
  /** What the clients were told last. */
  private told: { readonly leader: NodeId | null; readonly view: number } = { leader: null, view: 0 };

  constructor(node: PaxosNode) {
    this.node = node;
  }

  get message(): ServerMessage {
    const { newest } = this.node.views;
    const members = newest.members.map(({ id, role, addr }) => ({ id, role, addr }));
    return { type: "members", id: this.node.id, leader: this.node.leaderId, view: newest.number, members };
  }

  /** What all clients must be told now; null when nothing has changed. */
  news(): ServerMessage | null {
    const leader = this.node.leaderId;
    const view = this.node.views.newest.number;
    if (leader === this.told.leader && view === this.told.view) return null;
    this.told = { leader, view };
    return this.message;
  }
}
