/** One seed, from the founding to the end: first safety under faults, then everything heals and must come to rest. */
import { Dice } from "./dice.ts";
import { checkEnd, isAtRest, isQuorate, unrest } from "./ending.ts";
import { Faults } from "./faults.ts";
import { HistoryPlay } from "./history-play.ts";
import { drawSwarm } from "./swarm.ts";
import type { Trace } from "./trace.ts";
import { World } from "./world.ts";

export interface SeedResult {
  readonly seed: number;
  readonly error: Error | null;
  readonly events: number;
  readonly calls: number;
  readonly slots: number;
  /** Simulated milliseconds. */
  readonly millis: number;
}

/** Within this time after the faults everything must be answered, simulated ms. */
const healedMillisMax = 60_000;
/** Then late messages are over, and nameservers know how often they must ask; not all leaders are watched. */
const settlingMillis = 8_000;
const patientMillisMax = 3_000;

/**
 * Runs the world of one seed. Never throws for what the world does: a broken promise is in the result.
 * @example const { error } = await runSeed(1);
 */
export async function runSeed(seed: number, trace: Trace | null = null): Promise<SeedResult> {
  const swarm = drawSwarm(new Dice(seed));
  const play = new HistoryPlay(swarm.work);
  const world = new World(seed, swarm, play, trace);
  let error: Error | null = null;
  try {
    await live(world);
  } catch (cause) {
    error = cause instanceof Error ? cause : new Error(String(cause));
    if (error.message.includes("come to rest")) error.message += `: ${unrest(world) ?? "it does now"}`;
  }
  const { events, checker, agenda } = world;
  return {
    seed,
    error,
    events,
    calls: play.ledger.calls.length,
    slots: checker.log.length,
    millis: agenda.now,
  };
}

async function live(world: World): Promise<void> {
  const { swarm, nodes, agenda, dice } = world;
  world.tell("world", JSON.stringify(swarm));
  const early = nodes.slice(0, swarm.early);
  for (const machine of early) world.start(machine);
  await world.run(
    () => early.every((m) => m.process?.started && m.process.server?.ready),
    30_000,
    "founding",
  );
  world.addClients();
  const end = agenda.now + swarm.faultsMillis;
  for (const machine of nodes.slice(swarm.early)) {
    agenda.after(dice.fraction() * swarm.faultsMillis, null, () => world.start(machine));
  }
  world.nameservers.begin();
  const faults = new Faults(world);
  await world.run(() => agenda.now >= end, swarm.faultsMillis * 2, "the faults");
  faults.end();
  // With too many disks lost, safety is all that is left to ask for.
  if (!isQuorate(world)) return;
  await world.run(() => isAtRest(world), healedMillisMax, "the healed world does not come to rest");
  await stay(world);
  checkEnd(world);
}

/** Nothing is wrong with the nameservers any more: no leader may take one for away. */
async function stay(world: World): Promise<void> {
  const { agenda, nameservers, checker, swarm } = world;
  if (nameservers.machines.length === 0 || swarm.evictAfterMillis > patientMillisMax) return;
  const pass = (millis: number) => {
    const end = agenda.now + millis;
    return world.run(() => agenda.now >= end, 2 * millis, "time");
  };
  await pass(settlingMillis);
  const from = checker.views.length;
  await pass(2 * swarm.evictAfterMillis);
  nameservers.mustBeShown(from);
  await world.run(() => isAtRest(world), healedMillisMax, "the world does not stay at rest");
}
