/** What befalls a simulated cluster, one thing after the other, until the world heals. */
import { unreachable } from "../paxos/ids.ts";
import type { Machine } from "./machine.ts";
import { Operator } from "./operator.ts";
import type { Program } from "./play.ts";
import type { FaultKind } from "./swarm.ts";
import type { World } from "./world.ts";

/** How long cuts and slow disks last on average, ms. */
const lastingMillis = 600;
const slowMillis = 300;

export class Faults {
  private readonly world: World;
  private readonly operator: Operator;
  private on = true;

  constructor(world: World) {
    this.world = world;
    this.operator = new Operator(world);
    world.network.weather = world.swarm.weather;
    this.next();
  }

  end(): void {
    this.on = false;
    this.world.heal();
  }

  private next(): void {
    const { agenda, dice, swarm } = this.world;
    if (swarm.faults.length === 0) return;
    agenda.after(dice.exponential(swarm.faultEveryMillis), null, () => {
      if (!this.on) return;
      this.strike(dice.pick(swarm.faults));
      this.next();
    });
  }

  private strike(kind: FaultKind): void {
    const { world } = this;
    const { dice, nodes } = world;
    const node = this.victim();
    switch (kind) {
      case "crash":
        return this.crash(node);
      case "crashAll":
        if (dice.chance(0.3)) for (const machine of nodes) this.crash(machine);
        return;
      case "stop":
        return world.stop(node);
      case "pause":
        return world.pause(node, dice.exponential(400));
      case "cut":
      case "oneWay":
      case "isolate":
      case "partial":
        return this.cuts(kind, node);
      case "chain":
      case "star":
        return this.shape(kind, node);
      case "jump":
        world.tell(node.addr, "has its wall clock set");
        node.quartz.wall += dice.between(-100_000, 100_000);
        return;
      case "slowDisk":
      case "brokenDisk":
        return this.disk(kind, node);
      case "reset":
        for (const link of [...world.links]) if (dice.chance(0.4)) link.reset();
        return;
      case "wipe":
      case "move":
      case "leave":
      case "snapshot":
        return this.operator.act(kind, node);
      case "pauseClient":
        if (world.clients.length > 0)
          pauseLonger(dice.pick(world.clients), world.agenda.now + dice.exponential(800));
        return;
      default:
        return unreachable(kind);
    }
  }

  /** Any node; the leader more often than the others, for that hurts more. */
  private victim(): Machine {
    const { dice, nodes } = this.world;
    const leader = nodes.find((m) => m.process?.started && m.process.server?.node.leader.active);
    return leader !== undefined && dice.chance(0.4) ? leader : dice.pick(nodes);
  }

  private cuts(kind: "cut" | "oneWay" | "isolate" | "partial", node: Machine): void {
    const { dice, nodes, clients } = this.world;
    const all = [...nodes, ...clients.map((c) => c.machine)];
    if (kind === "oneWay")
      return dice.chance(0.5) ? this.cut(node, dice.pick(all)) : this.cut(dice.pick(all), node);
    if (kind === "cut") return this.cutBoth(node, dice.pick(nodes));
    if (kind === "isolate") {
      // From all, or from so many that those who are left to it are few.
      const p = dice.pick([0.6, 1]);
      for (const other of dice.chance(0.5) ? all : nodes) if (dice.chance(p)) this.cutBoth(node, other);
      return;
    }
    for (const a of nodes) for (const b of nodes) if (dice.chance(0.3)) this.cut(a, b);
  }

  /** Only neighbours in a row hear each other, or all hear one only. */
  private shape(kind: "chain" | "star", hub: Machine): void {
    const { dice, nodes } = this.world;
    const row = [...nodes];
    for (let i = row.length - 1; i > 0; i--) {
      const j = dice.below(i + 1);
      [row[i], row[j]] = [row[j] as Machine, row[i] as Machine];
    }
    row.forEach((a, i) => {
      row.forEach((b, j) => {
        const linked = kind === "chain" ? Math.abs(i - j) === 1 : a === hub || b === hub;
        if (!linked) this.cut(a, b);
      });
    });
  }

  private cutBoth(a: Machine, b: Machine): void {
    this.cut(a, b);
    this.cut(b, a);
  }

  private cut(from: Machine, to: Machine): void {
    const { world } = this;
    if (from === to) return;
    world.tell(from.addr, `does not reach ${to.addr}`);
    world.network.cut(from, to);
    world.agenda.after(world.dice.exponential(lastingMillis), null, () => {
      world.tell(from.addr, `reaches ${to.addr}`);
      world.network.uncut(from, to);
    });
  }

  private crash(machine: Machine): void {
    const { world } = this;
    world.kill(machine);
    const down = world.dice.exponential(world.swarm.downMillis);
    world.agenda.after(down, null, () => world.start(machine));
  }

  private disk(kind: "slowDisk" | "brokenDisk", machine: Machine): void {
    const { world } = this;
    const disk = world.disks.get(machine);
    if (disk === undefined) return;
    world.tell(machine.addr, `has a ${kind}`);
    if (kind === "slowDisk") disk.slow = slowMillis;
    else disk.broken = true;
    world.agenda.after(world.dice.exponential(lastingMillis), null, () => {
      disk.slow = 0;
      disk.broken = false;
    });
  }
}

/** A pause within a pause does not end it: what arrived first is still read first. */
function pauseLonger(client: Program, until: number): void {
  client.pausedUntil = Math.max(client.pausedUntil, until);
}
