/** Joining: a newcomer catches up as a learner, then asks to become a member until the log says that it is one. */
import type { Clock, Timer } from "../clock.ts";
import { membersMax } from "../limits.ts";
import { millis } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import type { Member } from "../paxos/view.ts";
import type { PeerMessage } from "../wire/messages.ts";
import type { Driver } from "./driver.ts";
import { memberOf } from "./start.ts";
import type { Transport } from "./transport.ts";

const askAgainMillis = 100;

export class Newcomer {
  private readonly node: PaxosNode;
  private readonly driver: Driver;
  private readonly transport: Transport;
  private readonly clock: Clock;
  private readonly self: Member;
  private readonly reject: (error: Error) => void;
  private timer: Timer | null = null;
  private turn = 0;

  constructor(
    node: PaxosNode,
    driver: Driver,
    transport: Transport,
    clock: Clock,
    addr: string,
    reject: (error: Error) => void,
  ) {
    this.node = node;
    this.driver = driver;
    this.transport = transport;
    this.clock = clock;
    this.self = memberOf(node.id, addr);
    this.reject = reject;
  }

  /** After each turn of a node that is no member: when it has caught up it asks, now and then again. */
  turned(): void {
    if (this.timer !== null || this.node.isMember || !this.node.catchUp.complete) return;
    if (!this.node.stands)
      return this.reject(new Error("the classes given to this node are not the cluster's"));
    const others = this.node.views.newest.members;
    const leader = this.node.leaderId;
    const to = leader ?? others[this.turn++ % others.length]?.id;
    if (to !== undefined) this.transport.send([to], { type: "askJoin", member: this.self });
    this.transport.flush();
    this.timer = this.clock.at(millis(this.clock.moment().now + askAgainMillis), () => {
      this.timer = null;
      this.turned();
    });
  }

  /** Somebody asks to join: the leader proposes it, another node passes it on. */
  asked(member: Member): void {
    const { node, transport } = this;
    if (!node.leader.active) {
      const leader = node.leaderId;
      if (leader !== null) transport.send([leader], { type: "askJoin", member });
      return this.driver.plan();
    }
    const { newest } = node.views;
    if (newest.members.some((m) => m.id === member.id)) return;
    const refusal = this.refusal(member);
    if (refusal === null) {
      this.driver.push({ type: "change", change: { type: "join", against: newest.number, member } });
    } else {
      transport.learn(member.id, member.addr);
      transport.send([member.id], refusal);
      this.driver.plan();
    }
  }

  refused(message: string): void {
    if (!this.node.isMember) this.reject(new Error(message));
  }

  private refusal(member: Member): PeerMessage | null {
    const { newest } = this.node.views;
    const holder = newest.members.find((m) => m.addr === member.addr);
    if (holder !== undefined) {
      const message = `${member.addr} belongs to the member ${holder.id}, whose data this node does not have`;
      return { type: "joinRefused", code: "DENIED", message };
    }
    if (newest.members.length < membersMax) return null;
    return { type: "joinRefused", code: "BUSY", message: `a view has at most ${membersMax} members` };
  }
}
