/**
 * What the election must bear: partial partitions in which a naive one never ends or never begins (OmniPaxos, EuroSys
 * 2023, section 2), nodes that are slow, deaf or mute, clocks that run wrong. The cluster goes on while it lasts, and
 * changes its leader at most once.
 */
import { describe, expect, it } from "vitest";
import type { NodeId } from "../src/shared/paxos/ids.ts";
import { checkEnd, isAtRest } from "../src/shared/sim/ending.ts";
import { HistoryPlay } from "../src/shared/sim/history-play.ts";
import type { Machine } from "../src/shared/sim/machine.ts";
import { calm } from "../src/shared/sim/network.ts";
import { World } from "../src/shared/sim/world.ts";
import { objectCodec } from "../src/shared/wire/values.ts";
import { quiet } from "./sim/quiet.ts";

/** Four heartbeat time-outs. */
const pauseMillisMax = 600;

interface Cluster {
  readonly world: World;
  readonly leader: Machine;
  readonly others: readonly Machine[];
}

/** @param clocks the speed of each machine's clock, 1 where it says nothing */
async function founded(
  members: number,
  seed: number,
  clocks: readonly number[] = [],
  reads = 0,
): Promise<Cluster> {
  const still = quiet(members, seed);
  const swarm = { ...still, work: { ...still.work, reads } };
  const world = new World(seed, swarm, new HistoryPlay(swarm.work));
  world.nodes.forEach((machine, i) => {
    machine.quartz.rate = clocks[i] ?? 1;
  });
  for (const machine of world.nodes) world.start(machine);
  await world.run(() => world.nodes.every((m) => m.process?.server?.ready ?? false), 30_000, "founding");
  world.addClients();
  press(world);
  await pass(world, 1_200);
  const leader = world.nodes.find((m) => m.process?.server?.node.leader.ready);
  if (leader === undefined) throw new Error("no leader");
  return { world, leader, others: world.nodes.filter((m) => m !== leader) };
}

/** There is always something to decide, wherever the clients are. */
function press(world: World): void {
  const commands = [objectCodec.encodeCommand({ type: "keepAlive", sessions: [] })];
  for (const { process } of world.nodes) {
    if (process?.server?.node.leader.ready && process.pausedUntil <= world.agenda.now)
      process.peers?.receive("" as NodeId, { type: "forward", commands }, () => undefined);
  }
  world.agenda.after(10, null, () => press(world));
}

function pass(world: World, millis: number): Promise<void> {
  const end = world.agenda.now + millis;
  return world.run(() => world.agenda.now >= end, millis + 1_000, "time");
}

interface Course {
  /** The longest time in which nothing was decided, ms. */
  readonly pause: number;
  /** Ballots that led. */
  readonly leaders: number;
  /** By how much the highest round rose: also those count who stood in vain. */
  readonly rounds: number;
}

async function watch({ world }: Cluster, millis: number): Promise<Course> {
  const { agenda, checker, nodes } = world;
  const end = agenda.now + millis;
  const known = () => nodes.map((m) => m.process?.server?.node.election.leader.round ?? 0);
  const before = Math.max(...known());
  const led = new Set<string>();
  let [seen, movedAt, pause] = [checker.log.length, agenda.now, 0];
  const look = () => {
    if (checker.log.length > seen) [seen, movedAt] = [checker.log.length, agenda.now];
    pause = Math.max(pause, agenda.now - movedAt);
    for (const { process } of nodes) {
      const leader = process?.server?.node.leader;
      if (leader?.active && leader.ballot !== null && leader.ballot.round > before)
        led.add(`${leader.ballot.round} ${leader.ballot.leader}`);
    }
    return agenda.now >= end;
  };
  await world.run(look, millis * 2, "the fault");
  return { pause, leaders: led.size, rounds: Math.max(...known()) - before };
}

type Linked = (a: Machine, b: Machine) => boolean;

/** Cuts all pairs of nodes for which `linked` says no. */
function shape({ world }: Cluster, linked: Linked): void {
  for (const a of world.nodes)
    for (const b of world.nodes) if (a !== b && !linked(a, b)) world.network.cut(a, b);
}

/** The n-th order of the followers, the leader put in at `at`: a chain. */
function chain({ leader, others }: Cluster, n: number, at: number): Linked {
  const row = others.map((_, i) => others[(i * (1 + (n % 2) * 2) + n) % others.length] as Machine);
  row.splice(at, 0, leader);
  return (a, b) => Math.abs(row.indexOf(a) - row.indexOf(b)) === 1;
}

interface Scenario {
  readonly name: string;
  readonly members: number;
  /** How often the leader may change: at most this often. */
  readonly changes: number;
  /** @param one a node that does not lead, each in its turn */
  fault(cluster: Cluster, one: Machine, n: number): void;
}

function among(members: number, changes: number, name: string, fault: Scenario["fault"]): Scenario {
  return { name: `${name}, ${members} nodes`, members, changes, fault };
}

const partitions: readonly Scenario[] = [
  among(5, 1, "quorum loss: all reach one node only, which is not the leader", (c, hub) =>
    shape(c, (a, b) => a === hub || b === hub),
  ),
  among(
    5,
    1,
    "constrained: the leader is cut off, one node that fell behind reaches a majority",
    (c, hub) => {
      c.world.network.cut(c.leader, hub);
      const linked: Linked = (a, b) => a !== c.leader && b !== c.leader && (a === hub || b === hub);
      c.world.agenda.after(100, null, () => shape(c, linked));
    },
  ),
  among(3, 0, "a chain, the leader at its end", (c, _, n) => shape(c, chain(c, n, 0))),
  among(3, 0, "a chain, the leader in the middle", (c, _, n) => shape(c, chain(c, n, 1))),
  among(5, 1, "a chain, the leader at its end", (c, _, n) => shape(c, chain(c, n, 0))),
  among(5, 0, "a chain, the leader next to its end", (c, _, n) => shape(c, chain(c, n, 1))),
  among(5, 0, "a chain, the leader in the middle", (c, _, n) => shape(c, chain(c, n, 2))),
  among(5, 0, "one link of the leader is cut", (c, one) =>
    shape(c, (a, b) => !((a === c.leader && b === one) || (b === c.leader && a === one))),
  ),
  among(5, 1, "the leader is cut off", (c) => shape(c, (a, b) => a !== c.leader && b !== c.leader)),
  among(3, 1, "the leader hears nobody", (c) => shape(c, (_, b) => b !== c.leader)),
  among(3, 1, "nobody hears the leader", (c) => shape(c, (a) => a !== c.leader)),
  among(5, 0, "one hears nobody", (c, one) => shape(c, (_, b) => b !== one)),
  among(5, 0, "nobody hears one", (c, one) => shape(c, (a) => a !== one)),
  among(3, 0, "the leader hears one that does not hear it", ({ world, leader }, one) =>
    world.network.cut(leader, one),
  ),
];

/** A process that stands still for 120 of 200 ms, again and again. */
function drag(world: World, machine: Machine): void {
  world.pause(machine, 120);
  world.agenda.after(200, null, () => drag(world, machine));
}

const slowness: readonly Scenario[] = [
  among(3, 0, "a slow disk of the leader", ({ world, leader }) => {
    (world.disks.get(leader) as { slow: number }).slow = 300;
  }),
  among(5, 0, "a slow disk of another", ({ world }, one) => {
    (world.disks.get(one) as { slow: number }).slow = 300;
  }),
  among(3, 0, "slow turns of one that does not lead", ({ world }, one) => drag(world, one)),
  among(5, 1, "slow turns of the leader", ({ world, leader }) => drag(world, leader)),
  among(3, 1, "the leader is killed", ({ world, leader }) => world.kill(leader)),
  among(5, 1, "the leader hangs", ({ world, leader }) => world.pause(leader, 1_000_000)),
];

async function run({ members, changes, fault }: Scenario, seed: number, millis: number): Promise<Cluster> {
  const cluster = await founded(members, seed);
  fault(cluster, cluster.others[seed % (members - 1)] as Machine, seed);
  const course = await watch(cluster, millis);
  expect(course.pause).toBeLessThan(pauseMillisMax);
  expect(course.leaders).toBeLessThanOrEqual(changes);
  expect(course.rounds).toBeLessThanOrEqual(2 * changes);
  return cluster;
}

const seeds = [1, 2, 3];

describe("the cluster goes on, with at most one other leader", () => {
  it.each(partitions)("$name", async (scenario) => {
    for (const seed of seeds) {
      const { world } = await run(scenario, seed, seed === 1 ? 8_000 : 1_500);
      world.network.heal();
      await world.run(() => isAtRest(world), 60_000, "the healed world does not come to rest");
      checkEnd(world);
    }
  });

  it.each(slowness)("$name", async (scenario) => {
    for (const seed of seeds) await run(scenario, seed, 1_500);
  });
});

it.each([
  [3, 0],
  [5, 0],
  [3, 1],
  [5, 1],
])(
  "clients that reach only a node which does not hear the leader, %i nodes, each call with %i reads",
  async (members, reads) => {
    for (const seed of seeds) {
      const cluster = await founded(members, seed, [], reads);
      const { world, leader, others } = cluster;
      const one = others[seed % (members - 1)] as Machine;
      const apart = (a: Machine, b: Machine) => a === one && b === leader;
      shape(cluster, (a, b) => !apart(a, b) && !apart(b, a));
      for (const { machine } of world.clients)
        for (const node of world.nodes) if (node !== one) world.network.cut(machine, node);
      const { leaders } = await watch(cluster, 1_000);
      expect(leaders).toBe(0);
      await world.run(() => world.clients.every((c) => c.done), 30_000, "not all calls are answered");
    }
  },
);

/** Ways of 7 ms at most: round trips stay under a tenth of the time-out. */
const ways = { ...calm, detour: 0.5, detourMillis: 6, delayMean: 0.1 };

describe.each([3, 5])("no clock changes the leader of %i nodes", (members) => {
  it.each([10, 0.1])("one runs %f times as fast as the others", async (rate) => {
    for (let i = 0; i < members; i++) {
      const clocks = Array.from({ length: members }, (_, at) => (at === i ? rate : 1));
      const cluster = await founded(members, i + 1, clocks);
      cluster.world.network.weather = ways;
      const { pause, leaders, rounds } = await watch(cluster, 1_500);
      expect([leaders, rounds]).toEqual([0, 0]);
      expect(pause).toBeLessThan(pauseMillisMax);
    }
  });

  it("the wall clock of one jumps by an hour", async () => {
    for (const hours of [1, -1]) {
      const cluster = await founded(members, 3);
      for (const machine of [cluster.leader, cluster.others[0] as Machine]) {
        machine.quartz.wall += hours * 3_600_000;
        const { leaders, rounds } = await watch(cluster, 1_000);
        expect([leaders, rounds]).toEqual([0, 0]);
      }
    }
  });
});
