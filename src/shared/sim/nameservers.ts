/**
 * The nameservers of a simulated world, and what befalls them: they come, go, move, lose their id, leave, and are cut
 * off. Whatever happens, each tells of decided views alone and never goes back to an older one.
 */
import { must, nodeId } from "../paxos/ids.ts";
import { type Machine, Process } from "./machine.ts";
import { sameView } from "./membership.ts";
import { type Copy, type Nets, SimNameserver } from "./nameserver.ts";
import type { World } from "./world.ts";

const troubles = ["restart", "anew", "move", "pause", "cutOff", "leave"] as const;
/** How long one is cut off on average, ms, and how much more seldom something befalls it than the nodes. */
const cutOffMillis = 3_000;
const seldom = 4;

interface Seat {
  readonly machine: Machine;
  copy: Copy | null;
  nameserver: SimNameserver | null;
}

export class Nameservers {
  readonly machines: readonly Machine[];
  private readonly world: World;
  private readonly nets: Nets;
  private readonly bootstrap: string;
  private readonly seats: readonly Seat[];
  private moves = 0;
  private calm = false;

  constructor(world: World, machines: readonly Machine[], nets: Nets) {
    this.world = world;
    this.machines = machines;
    this.nets = nets;
    this.bootstrap = world.nodes.map((m) => m.addr).join(",");
    this.seats = machines.map((machine) => ({ machine, copy: null, nameserver: null }));
  }

  /** They come at some time, and things befall them from then on. */
  begin(): void {
    const { agenda, dice, swarm } = this.world;
    for (const seat of this.seats)
      agenda.after((dice.fraction() * swarm.faultsMillis) / 2, null, () => this.start(seat));
    if (this.seats.length > 0 && swarm.faults.length > 0) this.next();
  }

  /** Nothing befalls them any more, and all run. */
  heal(): void {
    this.calm = true;
    for (const seat of this.seats) this.start(seat);
  }

  /** What keeps them from showing the newest view and being shown in it; null when nothing does. */
  get unrest(): string | null {
    const newest = this.world.checker.views.at(-1);
    for (const { machine, nameserver } of this.seats) {
      if (nameserver === null) return `nameserver ${machine.addr} does not run`;
      const { number, cutOffSince } = nameserver.follower;
      if (number !== newest?.number)
        return `nameserver ${machine.addr} has view ${number} of ${newest?.number}`;
      if (cutOffSince !== null) return `nameserver ${machine.addr} is cut off`;
      if (!nameserver.standing.isShown) return `nameserver ${machine.addr} is not shown`;
    }
    return null;
  }

  /** All views from the `from`th on show all of them. */
  mustBeShown(from: number): void {
    for (const { number, members } of this.world.checker.views.slice(from))
      for (const { nameserver } of this.seats) {
        const self = members.find((m) => m.id === nameserver?.id);
        must(self?.away === false, `view ${number} does not show a nameserver that asks`);
      }
  }

  private start(seat: Seat): void {
    const { world } = this;
    const { machine } = seat;
    if (machine.process !== null) return;
    const process = new Process(machine);
    machine.process = process;
    const copy = seat.copy ?? { id: nodeId(world.dice.hex(8)), known: null };
    world.tell(machine.addr, `starts as nameserver ${copy.id}, life ${process.incarnation}`);
    let last = copy.known?.view.number ?? 0;
    const nameserver = new SimNameserver(process, copy, this.nets, this.bootstrap, {
      viewed: (view) => {
        world.tell(machine.addr, `knows view ${view.number}`);
        must(view.number > last, `a nameserver goes back from view ${last} to ${view.number}`);
        must(sameView(world.checker.views[view.number - 1], view), "P4: a nameserver tells of another view");
        last = view.number;
      },
      gone: () => {
        world.tell(machine.addr, "left");
        this.kill(seat);
        seat.copy = null;
        world.agenda.after(200, null, () => this.start(seat));
      },
    });
    seat.nameserver = nameserver;
    process.nameserver = nameserver;
    nameserver.start();
  }

  private kill(seat: Seat): void {
    const { machine, nameserver } = seat;
    if (machine.process === null) return;
    this.world.tell(machine.addr, "is killed");
    nameserver?.stop();
    seat.copy = nameserver?.copy ?? null;
    seat.nameserver = null;
    machine.process.alive = false;
    machine.process = null;
  }

  private next(): void {
    const { agenda, dice, swarm } = this.world;
    agenda.after(dice.exponential(seldom * swarm.faultEveryMillis), null, () => {
      if (this.calm) return;
      this.strike(dice.pick(troubles), dice.pick(this.seats));
      this.next();
    });
  }

  private strike(what: (typeof troubles)[number], seat: Seat): void {
    const { world } = this;
    const { agenda, dice, swarm } = world;
    if (what === "pause") return world.pause(seat.machine, dice.exponential(400));
    if (what === "cutOff") return this.cutOff(seat.machine);
    if (what === "leave") return this.leave(seat);
    this.kill(seat);
    if (what === "anew") seat.copy = null;
    if (what === "move") world.move(seat.machine, `10.0.4.${++this.moves}:8053`);
    agenda.after(dice.exponential(swarm.downMillis), null, () => this.start(seat));
  }

  private cutOff(machine: Machine): void {
    const { world } = this;
    const { agenda, dice, network, nodes } = world;
    world.tell(machine.addr, "is cut off");
    const cut = nodes.filter(() => dice.chance(0.8));
    for (const node of cut) {
      network.cut(node, machine);
      if (dice.chance(0.8)) network.cut(machine, node);
    }
    agenda.after(dice.exponential(cutOffMillis), null, () => {
      for (const node of cut) {
        network.uncut(node, machine);
        network.uncut(machine, node);
      }
    });
  }

  private leave({ machine, nameserver }: Seat): void {
    const { world } = this;
    const { process } = world.dice.pick(world.nodes);
    if (nameserver === null || !process?.started) return;
    world.tell(machine.addr, "shall leave");
    world.ask(process, { type: "askChange", kind: "leave", id: nameserver.id });
  }
}
