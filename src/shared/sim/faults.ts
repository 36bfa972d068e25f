/** What befalls a simulated cluster, one thing after the other, until the world heals. */

import type { Machine } from "./machine.ts";
import type { FaultKind } from "./swarm.ts";
import type { World } from "./world.ts";

export class Faults {
  private readonly world: World;
  private on = true;

  constructor(world: World) {
    this.world = world;
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
    const { dice, network, nodes, clients } = world;
    const node = dice.pick(nodes);
    switch (kind) {
      case "crash":
        return this.crash(node);
      case "crashLeader":
        return this.crash(
          nodes.find((m) => m.process?.started && m.process.server?.node.leader.active) ?? node,
        );
      case "crashAll":
        if (dice.chance(0.3)) for (const machine of nodes) this.crash(machine);
        return;
      case "pause":
        return world.pause(node, dice.exponential(300));
      case "cut":
        return this.cut(node, dice.pick(nodes));
      case "oneWay":
        world.tell(node.addr, "is cut one way");
        return network.cut(node, dice.pick([...nodes, ...clients.map((c) => c.machine)]));
      case "isolate":
        for (const other of nodes) this.cut(node, other);
        if (dice.chance(0.5)) for (const { machine } of clients) this.cut(node, machine);
        return;
      case "partial":
        world.tell("world", "loses many links");
        for (const a of nodes) for (const b of nodes) if (a !== b && dice.chance(0.3)) network.cut(a, b);
        return;
      case "stop":
        return world.stop(node);
      case "heal":
        world.tell("world", "ends all cuts");
        return network.heal();
      case "jump":
        world.tell(node.addr, "has its wall clock set");
        node.quartz.wall += dice.between(-100_000, 100_000);
        return;
      case "slowDisk": {
        const disk = world.disks.get(node);
        if (disk !== undefined) disk.slow = disk.slow === 0 ? 300 : 0;
        return;
      }
      case "brokenDisk": {
        const disk = world.disks.get(node);
        if (disk === undefined) return;
        disk.broken = true;
        world.agenda.after(dice.exponential(500), null, () => {
          disk.broken = false;
        });
        return;
      }
      case "reset":
        for (const link of [...world.links]) if (dice.chance(0.4)) link.reset();
        return;
      case "pauseClient": {
        if (clients.length === 0) return;
        const client = dice.pick(clients);
        client.pausedUntil = world.agenda.now + dice.exponential(800);
        return;
      }
    }
  }

  private crash(machine: Machine): void {
    const { world } = this;
    world.kill(machine);
    const down = world.dice.exponential(world.swarm.downMillis);
    world.agenda.after(down, null, () => world.start(machine));
  }

  private cut(a: Machine, b: Machine): void {
    if (a === b) return;
    this.world.tell(a.addr, `is cut from ${b.addr}`);
    this.world.network.cut(a, b);
    this.world.network.cut(b, a);
  }
}
