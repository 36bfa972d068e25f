/**
 * Partial partitions in which a naive election never ends or never begins (OmniPaxos, EuroSys 2023, section 2): the
 * cluster goes on while they last.
 */
import { describe, expect, it } from "vitest";
import { Dice } from "../src/shared/sim/dice.ts";
import { checkEnd, isAtRest } from "../src/shared/sim/ending.ts";
import { HistoryPlay } from "../src/shared/sim/history-play.ts";
import type { Machine } from "../src/shared/sim/machine.ts";
import { calm } from "../src/shared/sim/network.ts";
import { drawSwarm, type Swarm } from "../src/shared/sim/swarm.ts";
import type { Ledger } from "../src/shared/sim/workload.ts";
import { World } from "../src/shared/sim/world.ts";

function quiet(members: number, seed: number): Swarm {
  const work = { clients: 2, callsEach: 300, outstanding: 4, thinkMillis: 15, objects: 1, padding: 0 };
  return {
    ...drawSwarm(new Dice(seed)),
    roles: Array.from({ length: members }, () => "replica" as const),
    early: members,
    weather: calm,
    coded: false,
    drift: 0,
    turnMillis: 0.2,
    fsyncMillis: 0.5,
    trailerFirst: 0,
    faults: [],
    work: { ...work, impatience: 0, timeoutMillis: 0, ttl: 10_000, reopen: 0 },
  };
}

interface Cluster {
  readonly world: World;
  readonly ledger: Ledger;
  readonly leader: Machine;
  readonly others: readonly Machine[];
}

async function founded(members: number, seed: number): Promise<Cluster> {
  const swarm = quiet(members, seed);
  const play = new HistoryPlay(swarm.work);
  const world = new World(seed, swarm, play);
  for (const machine of world.nodes) world.start(machine);
  await world.run(() => world.nodes.every((m) => m.process?.server?.ready ?? false), 30_000, "founding");
  world.addClients();
  const leader = leaderOf(world);
  if (leader === null) throw new Error("no leader");
  return { world, ledger: play.ledger, leader, others: world.nodes.filter((m) => m !== leader) };
}

function leaderOf({ nodes }: World): Machine | null {
  return nodes.find((m) => m.process?.server?.node.leader.ready) ?? null;
}

/** Cuts all pairs of nodes for which `linked` says no. */
function shape(world: World, linked: (a: Machine, b: Machine) => boolean): void {
  for (const a of world.nodes)
    for (const b of world.nodes) if (a !== b && !linked(a, b)) world.network.cut(a, b);
}

/** Lets the partition last; the cluster must decide most of that time, with few changes of leader. */
async function goesOn({ world, ledger }: Cluster, millis: number): Promise<{ leaders: number }> {
  const { agenda, checker } = world;
  const end = agenda.now + millis;
  let seen = checker.log.length;
  let movedAt = agenda.now;
  let longest = 0;
  let leaders = 0;
  let last: Machine | null = leaderOf(world);
  await world.run(
    () => {
      if (checker.log.length > seen || ledger.open === 0) movedAt = agenda.now;
      seen = checker.log.length;
      longest = Math.max(longest, agenda.now - movedAt);
      const now = leaderOf(world);
      if (now !== null && now !== last) {
        last = now;
        leaders++;
      }
      return agenda.now >= end;
    },
    millis * 2,
    "the partition",
  );
  expect(longest).toBeLessThan(2_500);
  world.network.heal();
  await world.run(() => isAtRest(world), 60_000, "the healed world does not come to rest");
  checkEnd(world);
  return { leaders };
}

const seeds = [1, 2, 3, 4, 5];

describe("the cluster goes on", () => {
  it.each(seeds)("when all nodes reach one node only, and that is not the leader (seed %i)", async (seed) => {
    const cluster = await founded(5, seed);
    const hub = cluster.others[0] as Machine;
    shape(cluster.world, (a, b) => a === hub || b === hub);
    expect((await goesOn(cluster, 6_000)).leaders).toBeLessThanOrEqual(3);
  });

  it.each(seeds)("when the leader is gone and only one node reaches a majority (seed %i)", async (seed) => {
    const cluster = await founded(5, seed);
    const hub = cluster.others[1] as Machine;
    shape(cluster.world, (a, b) => a !== cluster.leader && b !== cluster.leader && (a === hub || b === hub));
    expect((await goesOn(cluster, 6_000)).leaders).toBeLessThanOrEqual(3);
  });

  it.each(seeds)("in a chain with the leader at its end (seed %i)", async (seed) => {
    const cluster = await founded(3, seed);
    const end = cluster.others[0] as Machine;
    shape(
      cluster.world,
      (a, b) => !(a === cluster.leader && b === end) && !(a === end && b === cluster.leader),
    );
    expect((await goesOn(cluster, 6_000)).leaders).toBeLessThanOrEqual(2);
  });

  it.each(seeds)("in a chain of five (seed %i)", async (seed) => {
    const cluster = await founded(5, seed);
    const row = [cluster.leader, ...cluster.others];
    shape(cluster.world, (a, b) => Math.abs(row.indexOf(a) - row.indexOf(b)) === 1);
    expect((await goesOn(cluster, 6_000)).leaders).toBeLessThanOrEqual(4);
  });
});
