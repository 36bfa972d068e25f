/**
 * Programs in a simulated world, as `simulate` runs them, that may do more than users' may: they open sessions of their
 * own with a short life, and stand still or are cut off for longer than those live.
 */
import { type Client, createClient } from "../../src/shared/client/connect.ts";
import { must } from "../../src/shared/paxos/ids.ts";
import { Dice } from "../../src/shared/sim/dice.ts";
import { checkEnd, unrest } from "../../src/shared/sim/ending.ts";
import { Faults } from "../../src/shared/sim/faults.ts";
import type { LinkNet } from "../../src/shared/sim/links.ts";
import type { Machine, Process } from "../../src/shared/sim/machine.ts";
import type { Program } from "../../src/shared/sim/play.ts";
import { simRuntime } from "../../src/shared/sim/sim-runtime.ts";
import { UserPlay } from "../../src/shared/sim/user-play.ts";
import { drawConditions } from "../../src/shared/sim/user-swarm.ts";
import { World } from "../../src/shared/sim/world.ts";

/** As in `simulate`: streams of dice, and simulated ms. */
const conditionsStream = 2;
const firstStream = 100;
const startMillis = 100;
const foundingMillisMax = 30_000;
const programsMillisMax = 120_000;
const restMillisMax = 60_000;

export interface Script {
  readonly type: new () => object;
  readonly clients: number;
  /** Once for each client. Waits for calls and `sleep` alone. */
  run(client: TestClient): Promise<void>;
  /** After each turn of a node. */
  turned?(process: Process): void;
}

/** A program on a machine of its own. */
export class TestClient implements Program {
  readonly id: number;
  readonly machine: Machine;
  readonly dice: Dice;
  readonly client: Client;
  alive = true;
  pausedUntil = 0;
  done = false;
  private readonly world: World;

  constructor(world: World, net: LinkNet, machine: Machine, bootstrap: string, id: number, script: Script) {
    this.world = world;
    this.machine = machine;
    this.id = id;
    this.dice = new Dice(world.seed, firstStream + id);
    this.client = createClient(simRuntime(net, this, bootstrap));
    world.agenda.after(this.dice.fraction() * startMillis, this, () => {
      script.run(this).then(
        () => {
          this.done = true;
        },
        (error: unknown) => world.fail(error),
      );
    });
  }

  /** Simulated ms since the world began. */
  get now(): number {
    return this.world.agenda.now;
  }

  async sleep(millis: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.world.agenda.after(millis, this, resolve);
    });
  }

  /** Some time later the program stands still, or is cut off, for longer than a session lives. */
  async vanish(afterMillis: number, millis: number): Promise<void> {
    await this.sleep(afterMillis);
    if (this.dice.chance(0.5)) this.stop(millis);
    else this.cutOff(millis);
  }

  /** Nothing happens in this program for a while, as on a machine that stands still. */
  private stop(millis: number): void {
    this.pausedUntil = this.now + millis;
  }

  /** The program is gone for good, without a word: nothing that it waits for ever comes. */
  die(): Promise<never> {
    this.alive = false;
    this.done = true;
    return new Promise(() => undefined);
  }

  /** No node is reached from here, nor reaches it, for a while. */
  private cutOff(millis: number): void {
    const { network, nodes, agenda } = this.world;
    const pairs = nodes.flatMap((node) => [[node, this.machine] as const, [this.machine, node] as const]);
    for (const [from, to] of pairs) network.cut(from, to);
    agenda.after(millis, null, () => {
      for (const [from, to] of pairs) network.uncut(from, to);
    });
  }
}

class TestPlay extends UserPlay<new () => object> {
  private readonly own: Script;
  private inhabited: World | null = null;
  private begun = 0;

  constructor(seed: number, script: Script) {
    super(seed, {
      type: script.type,
      programs: script.clients,
      run: () => Promise.resolve(),
      always: null,
      drain: () => new Promise((resolve) => void setImmediate(resolve)),
      isProxy: () => false,
    });
    this.own = script;
  }

  override enter(world: World): void {
    super.enter(world);
    this.inhabited = world;
  }

  override program(net: LinkNet, machine: Machine, bootstrap: string): Program {
    must(this.inhabited !== null, "a play needs a world");
    return new TestClient(this.inhabited, net, machine, bootstrap, this.begun++, this.own);
  }

  override turned(process: Process): void {
    super.turned(process);
    if (process.server !== null && process.started) this.own.turned?.(process);
  }
}

/** Runs programs under the faults that the seed draws, until all have ended. @returns calls that were executed */
export async function live(seed: number, script: Script): Promise<number> {
  const play = new TestPlay(seed, script);
  const conditions = drawConditions(new Dice(seed, conditionsStream), 3, true);
  const world = new World(seed, conditions, play);
  play.enter(world);
  const { nodes, clients, agenda } = world;
  const done = () => clients.every((client) => client.done);
  for (const machine of nodes) world.start(machine);
  const ready = () => nodes.every((m) => m.process?.server?.ready ?? false);
  await world.run(ready, foundingMillisMax, "the cluster is not founded");
  world.addClients();
  if (conditions.faultsMillis > 0) {
    const faults = new Faults(world);
    const end = agenda.now + conditions.faultsMillis;
    await world.run(() => done() || agenda.now >= end, 2 * conditions.faultsMillis, "the faults do not end");
    faults.end();
  }
  await world.run(done, programsMillisMax, "a program waits for ever");
  world.heal();
  await world.run(() => unrest(world) === null, restMillisMax, "the healed cluster does not come to rest");
  checkEnd(world);
  return play.calls;
}
