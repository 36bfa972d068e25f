/**
 * A node, put together: Paxos core, state machine, driver, routing and gateway over the given storage, transport and
 * clock. Adapters make one for each process, the simulation makes many in one.
 */
import type { StateMachine } from "../object/state-machine.ts";
import { type ClusterId, type Millis, millis, must, type NodeId } from "../paxos/ids.ts";
import { PaxosNode } from "../paxos/node.ts";
import type { Decision, Recovered, SnapshotHead } from "../paxos/types.ts";
import { type Member, takesPart, type View } from "../paxos/view.ts";
import { everybody } from "../wire/identity.ts";
import type { ServerLink, ServerLinkEvents } from "../wire/link.ts";
import { Addresses } from "./addresses.ts";
import { Driver } from "./driver.ts";
import type { Gone } from "./farewell.ts";
import type { Meters } from "./meters.ts";
import type { ServerOptions } from "./options.ts";
import { compose, hangUp, type Parts } from "./parts.ts";
import { Past } from "./past.ts";
import { receive } from "./receive.ts";
import { type Boot, type Opened, open } from "./start.ts";
import { type Status, statusOf } from "./status.ts";

/** How long a node that is told to stop waits for another one to lead. */
const handOverMillisMax = 1_000;
/** How long it then goes on for clients that have not gone to the new leader. */
const seeOffMillisMax = 300;

export class Server {
  /** What start found on the disk beside the log: torn tails that were cut. */
  notes: readonly string[] = [];
  private readonly options: ServerOptions;
  private readonly startedAt: Millis;
  private parts: Parts | null = null;
  private genesisOf: Recovered | null = null;
  private handedOver: (() => void) | null = null;
  private addresses: Addresses | null = null;
  /** Who waits until it is ready. */
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
    const { node, newcomer, replica } = this.parts;
    if (!newcomer.isShown || node.leaderId === null || node.log.decided < node.catchUp.target) return false;
    return replica.executor.isUpToDate;
  }

  /** Whether it holds the objects and executes nothing, because it lacks code. */
  get lacksCode(): boolean {
    return this.running.replica.executor.isHalted;
  }

  /** The core, for status, shell and tests. */
  get node(): PaxosNode {
    return this.running.node;
  }

  get machine(): StateMachine {
    return this.running.replica.machine;
  }

  /**
   * Loads the storage, founds or joins a cluster when it is empty, and takes part; resolves when that is done, before
   * the node is ready. @throws StorageError; Error naming what does not fit or that nobody answered
   */
  async start(boot: Boot): Promise<void> {
    const opened = await open(boot, { ...this.options, member: this.member });
    this.notes = opened.notes;
    this.genesisOf = opened.found;
    await this.run(opened);
  }

  /** Resolves when the node is ready; rejects when it can never be. */
  whenReady(): Promise<void> {
    if (this.ready) return Promise.resolve();
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  /**
   * A client's connection, after its hello. An acceptor holds no objects: it names the members, and hangs up unless the
   * client follows views.
   */
  accept(link: ServerLink, identity = everybody): ServerLinkEvents {
    const { gateway, feeds, followers } = this.running;
    const events = feeds.accept(link, identity, gateway.accept(link, identity));
    if (this.options.role !== "acceptor") return followers.accept(link, events);
    events.closed();
    // Not before the client spoke: one whose hello is not over yet would miss what it was told.
    const goAway = { code: "NOT_EXECUTED", message: "an acceptor holds no objects: ask a replica" } as const;
    return followers.accept(link, { receive: () => link.close(goAway), closed: () => undefined });
  }

  /** A node of the bootstrap list told who the members are: where they are now, and that more may be decided. */
  meet(newest: View): void {
    this.addresses?.tell(newest, this.running.node.views.newest.number);
    const nodes = newest.members.filter(takesPart);
    this.running.node.catchUp.contacts = nodes.map((m) => m.id);
    const [from] = nodes;
    const message = { type: "view", view: newest } as const;
    if (from !== undefined) this.running.driver.push({ type: "receive", from: from.id, message });
  }

  /** Stops: another node leads, what is under way on the disk ends, connections close, the storage is released. */
  async stop(): Promise<void> {
    await this.handOver();
    await this.seeOff();
    try {
      this.parts?.newcomer.stop();
      this.parts?.membership.stop();
      this.parts?.replica.stop();
      await this.parts?.driver.stop();
    } finally {
      if (this.parts !== null) hangUp(this.parts);
      await this.options.transport.close();
      await this.options.storage.close();
    }
  }

  /** Resolves when another node leads, or when that takes too long. */
  private handOver(): Promise<void> {
    const { clock } = this.options;
    if (this.parts === null || !this.parts.node.leader.active) return Promise.resolve();
    if (this.parts.node.views.newest.members.filter(takesPart).length === 1) return Promise.resolve();
    this.parts.driver.push({ type: "handOver" });
    return new Promise((resolve) => {
      this.handedOver = resolve;
      clock.at(millis(clock.moment().now + handOverMillisMax), resolve);
    });
  }

  /** Clients go to the new leader by themselves: until then this node passes on what they send, and answers. */
  private seeOff(): Promise<void> {
    const { clock } = this.options;
    if (this.parts === null || this.handedOver === null || this.parts.node.leader.active)
      return Promise.resolve();
    return new Promise((resolve) => {
      void this.parts?.gateway.left().then(resolve);
      clock.at(millis(clock.moment().now + seeOffMillisMax), resolve);
    });
  }

  /** Has this node ask for the votes, as if the leader had asked it to. @returns whether others would follow it */
  stand(): boolean {
    const message = this.node.elector.request(this.options.clock.moment().now);
    if (message !== null) this.running.driver.push({ type: "receive", from: this.id, message });
    return message !== null;
  }

  /** What was counted of calls. */
  get meters(): Meters {
    return this.running.gateway.meters;
  }

  /** How far back the state can be looked up, and what it takes. */
  get past(): Past {
    const { node, replica } = this.running;
    return new Past(this.found.genesis, node, replica, this.options.storage);
  }

  /** @param objectsMax how many objects it names at most */
  status(objectsMax?: number): Status {
    const { node, replica, newcomer } = this.running;
    const { now } = this.options.clock.moment();
    return statusOf(node, replica.machine, now, objectsMax, {
      cluster: this.cluster,
      addr: this.options.addr,
      version: this.options.version,
      uptimeMs: Math.round(now - this.startedAt),
      role: this.member.role,
      problems: newcomer.problem === null ? replica.problems : [...replica.problems, newcomer.problem],
    });
  }

  /** This node as the view shall show it, but for its id. */
  private get member(): Omit<Member, "id"> {
    const { addr, role = "replica", domain = "", groups = [] } = this.options;
    return { role, addr, domain, groups, away: false };
  }

  private get found(): Recovered {
    must(this.genesisOf !== null, "the server has not started");
    return this.genesisOf;
  }

  private get running(): Parts {
    must(this.parts !== null, "the server has not started");
    return this.parts;
  }

  private async run(opened: Opened): Promise<void> {
    const { found, told, snapshot } = opened;
    const { transport, clock, storage } = this.options;
    this.addresses = new Addresses(this.options.addr, transport, told);
    const known = (told?.members ?? []).filter(takesPart).map((m) => m.id);
    const node = new PaxosNode(found, clock.moment().now, known);
    const driver = new Driver(node, storage, transport, clock, {
      decided: (decision) => this.decided(decision),
      confirmed: (reads) => this.running.gateway.confirmed(reads),
      trimmed: (slot) => this.running.replica.trimmed(slot),
      turned: () => this.turned(),
      failed: (error) => this.failed(error),
    });
    this.parts = compose({ ...this.options, member: this.member }, opened, node, driver, {
      restored: (head) => this.restored(head),
      refused: (error) => this.reject(error),
      gone: (reason) => this.leave(reason),
      failed: (error) => this.failed(error),
    });
    const { replica } = this.parts;
    await replica.begin(snapshot);
    this.addresses.begin(node.views.newest);
    transport.start({
      receive: (from, message, reply) =>
        receive(this.running, found.genesis, transport, from, message, reply),
      refused: (peer) => driver.push({ type: "refused", peer }),
    });
    driver.push({ type: "wake" });
  }

  private decided(decision: Decision): void {
    const { gateway, farewell, replica } = this.running;
    const { change } = decision.proposal;
    if (change !== null) {
      farewell.decided(decision.slot, change);
      // Not all members: what one of them told since may be newer than the view.
      if ("member" in change && takesPart(change.member))
        this.options.transport.learn(change.member.id, change.member.addr);
    }
    this.options.slots?.begin(decision.slot);
    const applied = replica.execute(decision);
    if (applied !== null) gateway.applied(applied);
    this.options.slots?.end();
  }

  /** A snapshot stands for decisions that this node did not see. */
  private restored(head: SnapshotHead): void {
    const { gateway, feeds, farewell, node } = this.running;
    gateway.restored();
    feeds.restored();
    if (head.slot <= node.log.decided) return;
    farewell.installed(head);
    this.addresses?.restored(head.views);
  }

  private turned(): void {
    const { node, replica, gateway, feeds, followers, newcomer, membership } = this.running;
    replica.turned();
    feeds.turned();
    gateway.turned();
    followers.turned();
    if (this.handedOver !== null && !node.leader.active && node.leaderId !== null) this.handedOver();
    newcomer.turned();
    membership.turned();
    gateway.meters.turned(node.election.leader.round);
    if (this.waiting.length > 0 && this.ready) {
      for (const { resolve } of this.waiting) resolve();
      this.waiting = [];
    }
  }

  private reject(error: unknown): void {
    for (const { reject } of this.waiting) reject(error);
    this.waiting = [];
  }

  /** The cluster goes on without this node. */
  private leave(reason: Gone): void {
    const done = () => this.failed(reason);
    this.running.membership.stop();
    this.running.driver.stop().then(done, (error: unknown) => this.failed(error));
  }

  private failed(error: unknown): void {
    if (this.parts !== null) hangUp(this.parts);
    void this.options.transport.close();
    this.reject(error);
    this.options.onStop(error);
  }
}
