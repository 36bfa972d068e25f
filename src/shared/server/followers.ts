/**
 * The connections that follow views. Each is told who leads and of the newest view, at once and once a turn at most. A
 * connection that follows makes no calls: it holds up nobody who waits for clients to go.
 */
import type { PaxosNode } from "../paxos/node.ts";
import type { ServerLink, ServerLinkEvents } from "../wire/link.ts";
import type { ClientMessage, ServerMessage } from "../wire/messages.ts";
import { Roster } from "./roster.ts";

export class Followers {
  private readonly node: PaxosNode;
  private readonly roster: Roster;
  private readonly links = new Set<ServerLink>();
  /** The number of the view that all were told of. */
  private told = 0;

  constructor(node: PaxosNode) {
    this.node = node;
    this.roster = new Roster(node);
  }

  /** @param other what takes the connection's messages, and hears of its end, unless it follows */
  accept(link: ServerLink, other: ServerLinkEvents): ServerLinkEvents {
    return {
      receive: (messages) => {
        if (!this.links.has(link)) {
          if (!messages.some((m) => m.type === "follow")) return other.receive(messages);
          other.closed();
          this.links.add(link);
        }
        this.received(link, messages);
      },
      closed: () => {
        if (!this.links.delete(link)) other.closed();
      },
    };
  }

  /** After each turn: views that followed one another within it are told as one. */
  turned(): void {
    const news = this.roster.news();
    if (news === null) return;
    const { newest } = this.node.views;
    const messages: readonly ServerMessage[] =
      newest.number === this.told ? [news] : [news, { type: "view", view: newest }];
    this.told = newest.number;
    for (const link of this.links) say(link, messages);
  }

  close(): void {
    for (const link of this.links) link.close(null);
    this.links.clear();
  }

  private received(link: ServerLink, messages: readonly ClientMessage[]): void {
    for (const { type } of messages) {
      if (type === "follow") say(link, [this.roster.message, { type: "view", view: this.node.views.newest }]);
      else if (type === "ping") say(link, [{ type: "pong" }]);
      else {
        this.links.delete(link);
        return link.close({ code: "DENIED", message: "a connection that follows views makes no calls" });
      }
    }
  }
}

function say(link: ServerLink, messages: readonly ServerMessage[]): void {
  for (const message of messages) link.send(message);
  link.flush();
}
