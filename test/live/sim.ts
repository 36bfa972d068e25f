/** One seed of a simulated world with live objects: faults, then everything heals and must come to rest. */
import { Dice } from "../../src/shared/sim/dice.ts";
import { checkEnd, isAtRest, isQuorate } from "../../src/shared/sim/ending.ts";
import { Faults } from "../../src/shared/sim/faults.ts";
import { drawSwarm } from "../../src/shared/sim/swarm.ts";
import { World } from "../../src/shared/sim/world.ts";
import { LivePlay } from "./live-play.ts";

const healedMillisMax = 60_000;
const stoppingMillisMax = 2_000;

export async function runLive(seed: number): Promise<LivePlay> {
  const dice = new Dice(seed, 5);
  const swarm = { ...drawSwarm(dice), nameservers: 0 };
  const callsEach = 5 + dice.below(60);
  const work = { callers: 1 + dice.below(3), followers: 1 + dice.below(3), callsEach };
  const play = new LivePlay(seed, { ...work, thinkMillis: swarm.faultsMillis / callsEach });
  const world = new World(seed, swarm, play);
  const { nodes, agenda } = world;
  const early = nodes.slice(0, swarm.early);
  for (const machine of early) world.start(machine);
  const ready = () => early.every((m) => m.process?.started && m.process.server?.ready);
  await world.run(ready, 30_000, "founding");
  world.addClients();
  const end = agenda.now + swarm.faultsMillis;
  for (const machine of nodes.slice(swarm.early))
    agenda.after(world.dice.fraction() * swarm.faultsMillis, null, () => world.start(machine));
  const faults = new Faults(world);
  await world.run(() => agenda.now >= end, swarm.faultsMillis * 2, "the faults");
  faults.end();
  if (!isQuorate(world)) return play;
  // A node that is being stopped may end a while after all else is over.
  const stopped = agenda.now + stoppingMillisMax;
  const isOver = () => agenda.now >= stopped && isAtRest(world);
  await world.run(isOver, healedMillisMax, "it does not come to rest");
  checkEnd(world);
  return play;
}
