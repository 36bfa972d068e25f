/**
 * A node's own membership: a newcomer catches up as a learner, then asks to become a member until the log says that it
 * is one; so does one that was evicted. A member that started at another address, or with other groups, asks to be
 * shown so. One that left asks whether the others can do without it, and then stops.
 */
import type { Clock, Timer } from "../clock.ts";
import { millis, type NodeId } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import { type Member, takesPart } from "../paxos/view.ts";
import type { PeerMessage } from "../wire/messages.ts";
import { isAsWanted } from "./admission.ts";
import type { Farewell, Gone } from "./farewell.ts";
import type { Membership } from "./membership.ts";
import type { Transport } from "./transport.ts";

const askAgainMillis = 100;

export interface NewcomerEvents {
  /** Not while it looks for code or a snapshot without which it cannot execute. */
  mayJoin(): boolean;
  /** It can never become a member as it started. */
  refused(error: Error): void;
  /** It is no member for good, and nobody needs it any more. */
  gone(reason: Gone): void;
}

export class Newcomer {
  /** Why it was refused when it asked last. */
  private refusal: string | null = null;
  private readonly node: PaxosNode;
  private readonly membership: Membership;
  private readonly transport: Transport;
  private readonly clock: Clock;
  private readonly wanted: Member;
  private readonly farewell: Farewell;
  private readonly events: NewcomerEvents;
  private timer: Timer | null = null;
  private turn = 0;
  private over = false;

  /** @param wanted this node as the view shall show it */
  constructor(
    node: PaxosNode,
    membership: Membership,
    transport: Transport,
    clock: Clock,
    wanted: Member,
    farewell: Farewell,
    events: NewcomerEvents,
  ) {
    this.node = node;
    this.membership = membership;
    this.transport = transport;
    this.clock = clock;
    this.wanted = wanted;
    this.farewell = farewell;
    this.events = events;
  }

  /** Whether the newest view shows this node as it started. */
  get isShown(): boolean {
    const { self } = this.node;
    return self !== null && isAsWanted(self, this.wanted);
  }

  /** What keeps it from being shown, for the status; null for nothing. */
  get problem(): string | null {
    return this.isShown ? null : this.refusal;
  }

  /** After each turn. */
  turned(): void {
    if (this.timer !== null || this.over || this.isShown) return;
    if (!this.ask()) return;
    this.transport.flush();
    this.timer = this.clock.at(millis(this.clock.moment().now + askAgainMillis), () => {
      this.timer = null;
      this.turned();
    });
  }

  stop(): void {
    this.over = true;
    this.timer?.cancel();
  }

  joinRefused(message: string): void {
    if (this.isShown || this.over) return;
    this.refusal = message;
    this.events.refused(new Error(message));
  }

  /** A member answers that the change is safe which removed this node. */
  changed(): void {
    const { gone } = this.farewell;
    if (gone?.reason === "left") this.end(gone);
  }

  /** Asks what there is to ask; false when there is nothing yet, or nothing any more. */
  private ask(): boolean {
    const { node, wanted } = this;
    const { gone } = this.farewell;
    if (gone?.reason === "replaced") {
      this.end(gone);
      return false;
    }
    const nodes = node.views.newest.members.filter(takesPart);
    const others = nodes.map((m) => m.id).filter((id) => id !== node.id);
    const inTurn = others.slice(this.turn++ % Math.max(1, others.length)).slice(0, 1);
    if (gone !== null) return this.send(inTurn, { type: "askChange", kind: "leave", id: node.id });
    if (node.isMember) {
      // It moved. The others know its old address alone: each must hear of the new one, for it may need their votes.
      this.membership.askedJoin(node.id, wanted, () => undefined);
      return this.send(others, { type: "askJoin", member: wanted });
    }
    if (!node.catchUp.complete || !this.events.mayJoin()) return false;
    if (wanted.role !== "acceptor" && !node.elector.stands) {
      this.events.refused(new Error("the classes given to this node are not the cluster's"));
      return false;
    }
    const leader = node.route;
    return this.send(leader === null ? inTurn : [leader], { type: "askJoin", member: wanted });
  }

  private send(to: readonly NodeId[], message: PeerMessage): true {
    this.transport.send(to, message);
    return true;
  }

  private end(gone: Gone): void {
    this.stop();
    this.events.gone(gone);
  }
}
