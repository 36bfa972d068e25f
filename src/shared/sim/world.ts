/**
 * A simulated world: nodes, clients, network, disks and clocks of one cluster, in one process, from one seed. It
 * starts, kills, pauses and restarts processes; when that happens is the business of faults.ts.
 */
import { must, nodeId } from "../paxos/ids.ts";
import { isVoter, type Role, type View } from "../paxos/view.ts";
import { StorageError } from "../server/storage.ts";
import type { PeerMessage, ServerMessage } from "../wire/messages.ts";
import { Agenda, type Event, type Owner } from "./agenda.ts";
import { Checker } from "./checker.ts";
import { Dice } from "./dice.ts";
import { Freezer } from "./freezer.ts";
import { launch } from "./launch.ts";
import type { LinkNet, SimLink } from "./links.ts";
import { Machine, Process } from "./machine.ts";
import { Nameservers } from "./nameservers.ts";
import { calm, Network } from "./network.ts";
import { type PeerNet, transportOf } from "./peers.ts";
import type { Play, Program } from "./play.ts";
import { Shadow } from "./shadow.ts";
import type { Quartz } from "./sim-clock.ts";
import { SimDisk } from "./sim-storage.ts";
import type { Conditions } from "./swarm.ts";
import { short, type Trace } from "./trace.ts";

/** Reasons for which a program may end by itself. */
const mildErrors: ReadonlySet<string> = new Set(["NobodyAnswered", "Gone", "Useless"]);
/** Ticks of the microtask queue after each event: more than the longest chain of promises in the code under test. */
const ticks = 4;

export class World {
  readonly seed: number;
  readonly swarm: Conditions;
  readonly play: Play;
  readonly agenda = new Agenda();
  readonly dice: Dice;
  readonly network: Network;
  readonly nodes: Machine[] = [];
  readonly clients: Program[] = [];
  readonly nameservers: Nameservers;
  readonly checker: Checker;
  readonly links = new Set<SimLink>();
  readonly disks = new Map<Machine, SimDisk>();
  events = 0;
  private failure: Error | null = null;
  private readonly trace: Trace | null;
  private readonly machines = new Map<string, Machine>();
  private readonly peerNet: PeerNet;
  private readonly linkNet: LinkNet;

  constructor(seed: number, swarm: Conditions, play: Play, trace: Trace | null = null) {
    this.seed = seed;
    this.swarm = swarm;
    this.play = play;
    this.trace = trace;
    this.dice = new Dice(seed, 1);
    this.network = new Network(this.agenda, this.dice);
    this.checker = new Checker(this.nodes);
    const { network, machines, dice, links } = this;
    const { coded } = swarm;
    const freezer = new Freezer(swarm.frozen);
    this.peerNet = { network, machines, freezer, coded, watch: { sent: (p, m) => this.sent(p, m) } };
    const told = (process: Process, message: ServerMessage) => this.told(process, message);
    this.linkNet = { network, machines, dice, freezer, coded, links, watch: { told } };
    swarm.roles.forEach((role, i) => {
      const machine = this.machine(`10.0.0.${i + 1}:14000`, role, new Shadow());
      this.nodes.push(machine);
      this.disks.set(machine, this.newDisk());
    });
    const names = Array.from({ length: swarm.nameservers }, (_, i) =>
      this.machine(`10.0.3.${i + 1}:8053`, "nameserver", null),
    );
    this.nameservers = new Nameservers(this, names, { peers: this.peerNet, links: this.linkNet });
  }

  private newDisk(): SimDisk {
    const disk = new SimDisk(this.swarm.fsyncMillis);
    disk.trailerFirst = this.swarm.trailerFirst;
    return disk;
  }

  private machine(addr: string, role: Role, shadow: Shadow | null): Machine {
    const { drift, skewMillis } = this.swarm;
    const quartz: Quartz = {
      rate: 1 + this.dice.between(-drift, drift),
      start: this.dice.below(1_000_000),
      wall: 1_700_000_000_000 + this.dice.between(-skewMillis, skewMillis),
    };
    const machine = new Machine(this.machines.size, addr, role, quartz, shadow);
    this.machines.set(addr, machine);
    return machine;
  }

  addClients(): void {
    const bootstrap = this.nodes.map((m) => m.addr).join(",");
    for (let i = 0; i < this.play.programs; i++) {
      const machine = this.machine(`10.0.1.${i + 1}:0`, "nameserver", null);
      this.clients.push(this.play.program(this.linkNet, machine, bootstrap));
    }
  }

  tell(who: string, what: string): void {
    this.trace?.(this.agenda.now, who, what);
  }

  private sent(process: Process, message: PeerMessage): void {
    if (this.trace !== null) this.tell(process.machine.addr, `sends ${short(message)}`);
    this.checker.sent(process, message);
  }

  private told(process: Process, message: ServerMessage): void {
    if (this.trace !== null) this.tell(process.machine.addr, `tells a client ${short(message)}`);
    const executed = process.server?.machine.executed;
    if (message.type === "ended" && executed !== undefined) this.play.ended(message.session, executed);
  }

  /** Starts a node's program. */
  start(machine: Machine): void {
    if (machine.process !== null || machine.lost) return;
    const process = new Process(machine);
    machine.process = process;
    this.tell(machine.addr, `starts, life ${process.incarnation}`);
    launch(this, this.peerNet, process, {
      turned: () => this.turned(process),
      stopped: (error) => this.stopped(process, error),
    });
  }

  /** The process gave up by itself. Only the disk and a cluster that does not answer are reasons. */
  private stopped(process: Process, error: unknown): void {
    if (!process.alive) return;
    // Its data is damaged: it may only come back as another node, at another address.
    process.machine.lost = error instanceof StorageError && error.kind === "damage";
    const mild = error instanceof StorageError || (error instanceof Error && mildErrors.has(error.name));
    if (!mild) return this.fail(error);
    this.tell(process.machine.addr, `gives up: ${error.message}`);
    this.kill(process.machine);
    // Who left, or whose place was taken, comes back with an empty disk.
    if (error.name === "Gone" || error.name === "Useless") this.replaceDisk(process.machine);
    this.agenda.after(200, null, () => this.start(process.machine));
  }

  /** The machine gets an empty disk: what starts there is a new node. */
  replaceDisk(machine: Machine): void {
    must(machine.process === null && machine.shadow !== null, "a disk is replaced while nothing runs on it");
    this.tell(machine.addr, "gets an empty disk");
    this.checker.graves.push(machine.shadow);
    machine.shadow = new Shadow();
    machine.lost = false;
    this.disks.set(machine, this.newDisk());
  }

  /** The machine is reached at another address from now on. */
  move(machine: Machine, addr: string): void {
    this.tell(machine.addr, `moves to ${addr}`);
    this.machines.delete(machine.addr);
    machine.addr = addr;
    this.machines.set(addr, machine);
  }

  /** Asks a running node as an operator does. */
  ask(
    process: Process,
    message: PeerMessage,
    answered: (answer: PeerMessage) => void = () => undefined,
  ): void {
    process.peers?.receive(nodeId(this.dice.hex(8)), message, answered);
  }

  private turned(process: Process): void {
    if (!process.alive) return;
    this.checker.turned(process);
    this.play.turned(process);
  }

  /** A damaged disk is a node lost for good: one a run, and only where the others are a majority. */
  private mayLoseOne(): boolean {
    if ([...this.disks.values()].some((disk) => disk.isDamaged)) return false;
    const known = this.nodes.flatMap(({ process }) => (process?.started ? [process.server?.node] : []));
    const views = known.flatMap((node) => node?.views.open(node.log.decided) ?? []);
    const voters = (view: View) => view.members.filter(isVoter).length;
    return views.length > 0 && views.every((view) => voters(view) >= 3);
  }

  /** Kills a node's program; what the disk had not made durable may be lost. */
  kill(machine: Machine): void {
    const { process } = machine;
    if (process === null) return;
    this.tell(machine.addr, "is killed");
    process.alive = false;
    machine.process = null;
    const disk = this.disks.get(machine);
    if (disk !== undefined && !this.mayLoseOne()) disk.trailerFirst = 0;
    disk?.crash(this.dice);
    for (const link of this.links) if (link.process === process) link.died();
    const { id } = process;
    if (id === null || !this.network.weather.refusals) return;
    for (const other of this.nodes) {
      const peer = other.process;
      if (peer === null || this.network.isBroken(other, machine)) continue;
      this.agenda.after(this.network.latency(), peer, () => {
        if (machine.process === null) transportOf(peer)?.refused(id);
      });
    }
  }

  pause(machine: Machine, millis: number): void {
    if (machine.process === null) return;
    this.tell(machine.addr, `is paused for ${Math.round(millis)} ms`);
    machine.process.pausedUntil = this.agenda.now + millis;
  }

  fail(error: unknown): void {
    this.failure ??= error instanceof Error ? error : new Error(String(error));
  }

  /** Lets time pass until `until` holds; asked every few milliseconds. @throws what broke, or what did not happen */
  async run(until: () => boolean, limitMillis: number, what: string): Promise<void> {
    const limit = this.agenda.now + limitMillis;
    let askAt = this.agenda.now;
    let last: Event | null = null;
    for (;;) {
      if (this.play.drain === null) for (let i = 0; i < ticks; i++) await null;
      else await this.settle(last?.owner ?? null, this.play.drain);
      if (this.failure !== null) throw this.failure;
      if (this.agenda.now >= askAt) {
        if (until()) return;
        askAt = this.agenda.now + 20;
      }
      must(
        this.agenda.now < limit && this.events < this.play.eventsMax,
        `${what}, after ${Math.round(this.agenda.now)} ms`,
      );
      const event = this.agenda.next() ?? (await this.afterPromises());
      must(event !== null, `${what}: nothing happens any more`);
      this.events++;
      last = event;
      (event.run as () => void)();
    }
  }

  /** Waits for the promises that an event of `owner` settled. */
  private async settle(owner: Owner | null, drain: () => Promise<void>): Promise<void> {
    if (this.clients.some((client) => client === owner)) await drain();
    else for (let i = 0; i < ticks; i++) await null;
  }

  /** Nothing is planned: perhaps a long chain of promises ends in a plan. */
  private async afterPromises(): Promise<Event | null> {
    for (let i = 0; i < 10 * ticks; i++) await null;
    return this.agenda.next();
  }

  /** Every fault ends. */
  heal(): void {
    this.tell("world", "heals");
    this.network.weather = calm;
    this.network.heal();
    for (const disk of this.disks.values()) {
      disk.slow = 0;
      disk.broken = false;
      disk.trailerFirst = 0;
    }
    for (const machine of this.nodes) this.start(machine);
    this.nameservers.heal();
  }

  /** Stops a node's program as SIGTERM does. */
  stop(machine: Machine): void {
    const { process } = machine;
    if (process?.server == null || !process.started) return;
    this.tell(machine.addr, "is stopped");
    process.server.stop().then(
      () => {
        if (!process.alive) return;
        this.kill(machine);
        this.agenda.after(100, null, () => this.start(machine));
      },
      (error: unknown) => this.stopped(process, error),
    );
  }
}
