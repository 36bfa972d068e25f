/**
 * A node, put together: Paxos core, state machine, driver, routing and gateway over the given storage, transport and
 * clock. Adapters make one for each process, the simulation makes many in one.
 */
import type { Clock } from "../clock.ts";
import type { Registry } from "../object/registry.ts";
import { StateMachine } from "../object/state-machine.ts";
import type { ObjectCodec } from "../object/types.ts";
import { type ClusterId, type Millis, millis, must, type NodeId } from "../paxos/ids.ts";
import { PaxosNode } from "../paxos/node.ts";
import { next, type Slot, slotZero } from "../paxos/slot.ts";
import type { Decision, Recovered } from "../paxos/types.ts";
import type { Member } from "../paxos/view.ts";
import type { ServerLink, ServerLinkEvents } from "../wire/link.ts";
import type { PeerMessage } from "../wire/messages.ts";
import { codeProblems, unservedClasses } from "./code.ts";
import { Driver } from "./driver.ts";
import { Gateway } from "./gateway.ts";
import { Newcomer } from "./newcomer.ts";
import { Routing } from "./routing.ts";
import { type Boot, open } from "./start.ts";
import { type Status, statusOf } from "./status.ts";
import type { Storage } from "./storage.ts";
import type { Transport } from "./transport.ts";

export interface ServerOptions {
  /** host:port under which others reach this node. */
  readonly addr: string;
  /** The id and cluster id to take when the storage is empty: fresh random ones. */
  readonly newId: NodeId;
  readonly newCluster: ClusterId;
  readonly storage: Storage;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly registry: Registry;
  readonly codec: ObjectCodec;
  /** SHA-256, hex, of the bytes that 32 hex digits stand for. */
  readonly hash: (secret: string) => string;
  /** concoord's version, for the status. */
  readonly version: string;
  /** The node stopped by itself: its disk refused, or an invariant broke. Nothing left it after that. */
  readonly onStop: (error: unknown) => void;
}

/** How long a node that is told to stop waits for another one to lead. */
const handOverMillisMax = 200;

interface Parts {
  readonly node: PaxosNode;
  readonly machine: StateMachine;
  readonly driver: Driver;
  readonly routing: Routing;
  readonly gateway: Gateway;
  readonly newcomer: Newcomer;
}

export class Server {
  /** What start found on the disk beside the log: torn tails that were cut. */
  notes: readonly string[] = [];
  private readonly options: ServerOptions;
  private readonly startedAt: Millis;
  private parts: Parts | null = null;
  private genesisOf: Recovered | null = null;
  /** One line for each thing that an operator should know. */
  private problems: readonly string[] = [];
  /** P10: false when the code of this node is not the cluster's. */
  private executes = true;
  private classesChecked = false;
  private handedOver: (() => void) | null = null;
  private classesToldAt: Slot | null = null;
  /** While the node is not ready: who waits for it. */
  private waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];

  constructor(options: ServerOptions) {
    this.options = options;
    this.startedAt = options.clock.moment().now;
  }

  get id(): NodeId {
    return this.found.id;
  }

  get cluster(): ClusterId {
    return this.found.genesis.cluster;
  }

  /** In the view, with a leader, and caught up with all that it has heard of. */
  get ready(): boolean {
    if (this.parts === null) return false;
    const { node, machine } = this.parts;
    if (!node.isMember || node.leaderId === null || node.log.decided < node.catchUp.target) return false;
    return !this.executes || (machine.classes.length > 0 && machine.executed === node.log.decided);
  }

  /** The core, for status, shell and tests. */
  get node(): PaxosNode {
    return this.running.node;
  }

  get machine(): StateMachine {
    return this.running.machine;
  }

  /**
   * Loads the storage, founds or joins a cluster when it is empty, and takes part; resolves when that is done, before
   * the node is ready. @throws StorageError; Error naming what does not fit or that nobody answered
   */
  async start(boot: Boot): Promise<void> {
    const opened = await open(boot, this.options);
    this.notes = opened.notes;
    this.genesisOf = opened.found;
    this.run(opened.found, opened.contacts);
  }

  /** Resolves when the node is ready; rejects when it can never be. */
  whenReady(): Promise<void> {
    if (this.ready) return Promise.resolve();
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  /** A client's connection, after its hello. */
  accept(link: ServerLink): ServerLinkEvents {
    return this.running.gateway.accept(link);
  }

  /** Stops: another node leads, what is under way on the disk ends, connections close, the storage is released. */
  async stop(): Promise<void> {
    await this.handOver();
    try {
      await this.parts?.driver.stop();
    } finally {
      this.parts?.gateway.close();
      await this.options.transport.close();
      await this.options.storage.close();
    }
  }

  /** Resolves when another node leads, or when that takes too long. */
  private handOver(): Promise<void> {
    const { clock } = this.options;
    if (this.parts === null || !this.parts.node.leader.active) return Promise.resolve();
    if (this.parts.node.views.newest.members.length === 1) return Promise.resolve();
    this.parts.driver.push({ type: "handOver" });
    return new Promise((resolve) => {
      this.handedOver = resolve;
      clock.at(millis(clock.moment().now + handOverMillisMax), resolve);
    });
  }

  status(): Status {
    const { node, machine } = this.running;
    const { now } = this.options.clock.moment();
    return statusOf(node, machine, now, {
      cluster: this.cluster,
      addr: this.options.addr,
      version: this.options.version,
      uptimeMs: Math.round(now - this.startedAt),
      problems: this.problems,
    });
  }

  private get found(): Recovered {
    must(this.genesisOf !== null, "the server has not started");
    return this.genesisOf;
  }

  private get running(): Parts {
    must(this.parts !== null, "the server has not started");
    return this.parts;
  }

  private run(found: Recovered, contacts: readonly Member[]): void {
    const { transport, clock, registry, codec, storage, hash } = this.options;
    const { now } = clock.moment();
    const node = new PaxosNode(
      found,
      now,
      contacts.map((m) => m.id),
    );
    const machine = new StateMachine({ genesis: found.genesis, registry, codec });
    const driver = new Driver(node, storage, transport, clock, {
      decided: (decision) => this.decided(decision),
      turned: () => this.turned(),
      failed: (error) => this.failed(error),
    });
    const routing = new Routing(node, driver, machine, transport, codec);
    const gateway = new Gateway(node, machine, routing, codec, clock, hash);
    const newcomer = new Newcomer(node, driver, transport, clock, this.options.addr, (e) =>
      this.reject(this.executes ? e : new Error(this.problems.join("; "))),
    );
    this.parts = { node, machine, driver, routing, gateway, newcomer };
    for (const member of [...contacts, ...node.views.newest.members]) transport.learn(member.id, member.addr);
    for (let s = next(slotZero); s <= node.log.decided; s = next(s)) {
      this.execute({ slot: s, proposal: node.log.decidedIn(s) });
    }
    transport.start({
      receive: (from, message, reply) => this.receive(from, message, reply),
      refused: (peer) => driver.push({ type: "refused", peer }),
    });
    driver.push({ type: "wake" });
  }

  private receive(from: NodeId, message: PeerMessage, reply: (message: PeerMessage) => void): void {
    const { node, routing, gateway, driver, newcomer } = this.running;
    switch (message.type) {
      case "forward":
        return routing.forwarded(message.commands, (answer) => this.options.transport.send([from], answer));
      case "expected":
        return gateway.resend(message);
      case "askGenesis": {
        const { genesis } = this.found;
        return reply({ type: "genesis", genesis, newest: node.views.newest, leader: node.leaderId });
      }
      case "askJoin":
        return newcomer.asked(message.member);
      case "joinRefused":
        return newcomer.refused(message.message);
      case "genesis":
        return; // the answer to a probe that is over
      default:
        return driver.push({ type: "receive", from, message });
    }
  }

  private decided(decision: Decision): void {
    const { gateway, node } = this.running;
    if (decision.proposal.change !== null) {
      for (const member of node.views.newest.members) this.options.transport.learn(member.id, member.addr);
    }
    const applied = this.execute(decision);
    if (applied !== null) gateway.applied(applied);
  }

  /** P5, P10: in order, and never with code that is not the cluster's. */
  private execute({ slot, proposal }: Decision): ReturnType<StateMachine["apply"]> | null {
    const { machine, node } = this.running;
    if (!this.executes) return null;
    must(slot === machine.executed + 1, "P5: a slot out of order");
    const applied = machine.apply(slot, proposal);
    if (!this.classesChecked && machine.classes.length > 0) {
      this.classesChecked = true;
      const problems = codeProblems(machine.classes, this.options.registry);
      this.problems = [...problems, ...unservedClasses(machine.classes, this.options.registry)];
      this.executes = node.stands = problems.length === 0;
    }
    return applied;
  }

  private turned(): void {
    const { node, machine, driver, gateway, newcomer } = this.running;
    driver.executed(machine.executed, machine.digest, machine.nextDue());
    if (node.leader.ready && machine.classes.length === 0 && machine.executed === node.log.decided)
      this.tellClasses();
    gateway.turned();
    if (this.handedOver !== null && !node.leader.active && node.leaderId !== null) this.handedOver();
    newcomer.turned();
    if (this.waiting.length > 0 && this.ready) {
      for (const { resolve } of this.waiting) resolve();
      this.waiting = [];
    }
  }

  /** The first command of every cluster: which classes it serves, and by which code. */
  private tellClasses(): void {
    const { driver, node } = this.running;
    if (this.classesToldAt === node.log.decided) return;
    this.classesToldAt = node.log.decided;
    const classes = [...this.options.registry.values()].map((entry) => ({
      name: entry.name,
      fingerprint: entry.fingerprint,
      methods: [...entry.methods],
      reads: [...entry.reads],
    }));
    driver.push({
      type: "request",
      commands: [this.options.codec.encodeCommand({ type: "found", classes })],
    });
  }

  private reject(error: unknown): void {
    for (const { reject } of this.waiting) reject(error);
    this.waiting = [];
  }

  private failed(error: unknown): void {
    this.parts?.gateway.close();
    void this.options.transport.close();
    this.reject(error);
    this.options.onStop(error);
  }
}
