/**
 * Where commands go: into the core when this node leads, else to the leader. What is not known to be done is sent
 * again when the leader changes and now and then, since forwarding may lose it; everything is harmless when it
 * arrives twice, because the leader proposes only a session's next seq and meta commands may be repeated.
 */
import { batchCommandsMax, commandBytesMax, transferBytesMax, waitingCommandsMax } from "../limits.ts";
import type { StateMachine } from "../object/state-machine.ts";
import type { Calls, Command, ObjectCodec, Seq, SessionId } from "../object/types.ts";
import { type Ballot, sameBallot } from "../paxos/ballot.ts";
import type { NodeId } from "../paxos/ids.ts";
import type { PaxosNode } from "../paxos/node.ts";
import type { PeerMessage } from "../wire/messages.ts";
import type { Driver } from "./driver.ts";
import type { Transport } from "./transport.ts";

/** What came too early at the leader: the session's commands are wanted from `seq` on. */
export interface TooEarly {
  readonly session: SessionId;
  readonly seq: Seq;
}

export class Routing {
  private readonly node: PaxosNode;
  private readonly driver: Driver;
  private readonly machine: StateMachine;
  private readonly transport: Transport;
  private readonly codec: ObjectCodec;
  /** While leading: the seq after the last one proposed, of each session that this leader heard of. */
  private readonly proposed = new Map<SessionId, Seq>();
  private ballot: Ballot | null = null;
  /** Forwarded before this node led. */
  private early: { readonly commands: readonly Uint8Array[]; reply(message: PeerMessage): void }[] = [];
  private earlyCount = 0;

  constructor(
    node: PaxosNode,
    driver: Driver,
    machine: StateMachine,
    transport: Transport,
    codec: ObjectCodec,
  ) {
    this.node = node;
    this.driver = driver;
    this.machine = machine;
    this.transport = transport;
    this.codec = codec;
  }

  /** Whether this node may propose: it leads, has executed all that earlier leaders decided, and has classes. */
  get leads(): boolean {
    const ready = this.node.leader.ready && this.machine.executed === this.node.log.decided;
    if (!ready || this.machine.classes.length === 0) return false;
    const { ballot } = this.node.leader;
    if (ballot !== null && (this.ballot === null || !sameBallot(ballot, this.ballot))) {
      this.ballot = ballot;
      this.proposed.clear();
    }
    return true;
  }

  /** The node to which commands go: this one, another one, or null while there is no leader. */
  get target(): NodeId | null {
    if (this.node.leader.active) return this.leads ? this.node.id : null;
    return this.node.route;
  }

  /**
   * Sends commands of this node's clients on their way; false when nobody leads: the caller sends them later.
   * @param tooEarly is told when this node leads and an earlier command of the session is missing
   */
  route(commands: readonly Uint8Array[], tooEarly: (early: TooEarly) => void): boolean {
    const target = this.target;
    if (target === null) return false;
    if (target !== this.node.id) this.forward(target, commands);
    else for (const bytes of commands) this.admit(bytes, this.codec.decodeCommand(bytes), tooEarly);
    this.driver.plan();
    return true;
  }

  /** No message may be longer than a peer accepts. */
  private forward(to: NodeId, commands: readonly Uint8Array[]): void {
    let part: Uint8Array[] = [];
    let bytes = 0;
    for (const command of commands) {
      if (
        part.length === batchCommandsMax ||
        (part.length > 0 && bytes + command.length > transferBytesMax)
      ) {
        this.transport.send([to], { type: "forward", commands: part });
        [part, bytes] = [[], 0];
      }
      part.push(command);
      bytes += command.length;
    }
    if (part.length > 0) this.transport.send([to], { type: "forward", commands: part });
  }

  /**
   * Commands that another node forwarded. Where nobody is known to lead they are dropped: that node repeats them. Where
   * this one is about to lead they wait: at a change of leader all that is under way comes at once.
   */
  forwarded(from: NodeId, commands: readonly Uint8Array[], reply: (message: PeerMessage) => void): void {
    if (this.leads) return this.admitAll(commands, reply);
    if (this.node.leader.ballot === null) return this.relay(from, commands);
    if (this.earlyCount + commands.length > waitingCommandsMax) return;
    this.early.push({ commands, reply });
    this.earlyCount += commands.length;
  }

  /** After each turn: what came before this node led is proposed now, or is nothing for it. */
  turned(): void {
    if (this.earlyCount === 0 || (this.node.leader.ballot !== null && !this.leads)) return;
    const { early } = this;
    this.early = [];
    this.earlyCount = 0;
    if (this.leads) for (const { commands, reply } of early) this.admitAll(commands, reply);
  }

  private admitAll(commands: readonly Uint8Array[], reply: (message: PeerMessage) => void): void {
    for (const bytes of commands) {
      if (bytes.length > commandBytesMax) continue; // its node has refused it
      this.admit(bytes, this.codec.decodeCommand(bytes), ({ session, seq }) =>
        reply({ type: "expected", session, seq }),
      );
    }
  }

  /** A node that does not reach the leader sent them to this one, which does. */
  private relay(from: NodeId, commands: readonly Uint8Array[]): void {
    const { leaderId, route, id } = this.node;
    if (leaderId === null || leaderId !== route || leaderId === from || leaderId === id) return;
    this.transport.send([leaderId], { type: "forward", commands });
    this.driver.plan();
  }

  /** The session's commands were executed differently from what was proposed: the table counts again. */
  forget(session: SessionId): void {
    this.proposed.delete(session);
  }

  /** Proposes `command` if it is its turn and there is room; this node must lead. */
  admit(bytes: Uint8Array, command: Command, tooEarly: (early: TooEarly) => void): void {
    if (command.type !== "calls") this.driver.push({ type: "requestFirst", commands: [bytes] });
    else if (this.node.leader.takes?.hasRoom === true && this.isNext(command, tooEarly)) {
      this.driver.push({ type: "request", commands: [bytes] });
    }
  }

  private isNext(command: Calls, tooEarly: (early: TooEarly) => void): boolean {
    const { session, firstSeq, n } = command;
    const known = this.machine.session(session);
    if (known === null) return true; // the log itself answers that the session ended
    const proposed = this.proposed.get(session);
    const next = proposed !== undefined && proposed > known.next ? proposed : known.next;
    if (firstSeq > next) {
      tooEarly({ session, seq: next });
      return false;
    }
    const after = (firstSeq + n) as Seq;
    if (after <= next) return false; // under way, or done: its node answers when it executes
    this.proposed.set(session, after);
    return true;
  }
}
