/**
 * `simulate` of `concoord/testing`: runs users' classes and programs in the same simulated worlds in which concoord
 * tests itself, one for each seed.
 */
import { classNameOf } from "../object/registry.ts";
import { must } from "../paxos/ids.ts";
import { Dice } from "./dice.ts";
import { checkEnd, isAtRest } from "./ending.ts";
import { Faults } from "./faults.ts";
import type { Trace } from "./trace.ts";
import { UserPlay } from "./user-play.ts";
import type { UserFunction } from "./user-program.ts";
import { drawConditions, type Fault, faults } from "./user-swarm.ts";
import { World } from "./world.ts";

export interface SimulateOptions<T> {
  /** How many replicas the cluster has: 3 unless given. */
  readonly replicas?: number;
  /** How many programs run at the same time: 3 unless given. */
  readonly clients?: number;
  /** The first seed, an integer from 0 to 2^32 - 1: another one each time unless given. */
  readonly seed?: number;
  /** How many seeds are run, one after the other: 1 unless given. */
  readonly seeds?: number;
  /** true, unless given: each seed draws its faults; false: none; a list: these, in every seed. */
  readonly faults?: boolean | readonly Fault[];
  /** Called with each object of the class, read-only, whenever a replica has executed something. Fails by throwing. */
  always?(state: T): void;
}

export interface Simulated {
  /** How many seeds were run. */
  readonly seeds: number;
  /** Calls that went through the log, of all seeds. */
  readonly calls: number;
  /** How often another replica took the lead. */
  readonly failovers: number;
}

/** Said where users find it: src/node/testing.ts. */
export type Simulate = <C extends new () => object>(
  type: C,
  options: SimulateOptions<InstanceType<C>>,
  program: UserFunction<C>,
) => Promise<Simulated>;

/** What a simulation needs of the platform. */
export interface SimulationHost {
  /** Resolves when no promise is left to settle by itself. */
  drain(): Promise<void>;
  /** A seed that nobody knows: 32 bits, unsigned. */
  newSeed(): number;
  isProxy(value: object): boolean;
  /** From now on programs see this clock (ms since 1970) and these dice. @returns what ends that */
  exchange(now: () => number, random: () => number): () => void;
  readonly trace?: Trace;
}

const replicasMax = 9;
const clientsMax = 100;
const seedsMax = 2 ** 32;
/** Until then all programs must have ended after the faults, simulated ms. */
const programsMillisMax = 300_000;
const foundingMillisMax = 30_000;
/** Within this time after the last program the cluster must come to rest, simulated ms. */
const restMillisMax = 60_000;
/** When every world begins, for its programs. */
const epoch = 1_700_000_000_000;
/** The stream of dice from which conditions are drawn, and that of Math.random in programs. */
const conditionsStream = 2;
const programsStream = 3;

interface Setting {
  readonly type: new () => object;
  readonly replicas: number;
  readonly clients: number;
  readonly faults: boolean | readonly Fault[];
}

interface Settings<C extends new () => object> extends Setting {
  readonly type: C;
  readonly always: ((state: InstanceType<C>) => void) | null;
  readonly run: UserFunction<C>;
}

/** @example export const simulate = createSimulate(nodeHost); */
export function createSimulate(host: SimulationHost): Simulate {
  // Programs see exchanged globals, of which there is one set.
  let before: Promise<unknown> = Promise.resolve();
  return (type, options, program) => {
    const result = before.then(() => simulateAll(host, type, options, program));
    before = result.catch((error: unknown) => error);
    return result;
  };
}

async function simulateAll<C extends new () => object>(
  host: SimulationHost,
  type: C,
  options: SimulateOptions<InstanceType<C>>,
  run: UserFunction<C>,
): Promise<Simulated> {
  const { replicas = 3, clients = 3, seed = host.newSeed(), seeds = 1, faults = true, always } = options;
  check({ replicas, clients, seeds, seed, faults });
  const settings = { type, replicas, clients, faults, run, always: always?.bind(options) ?? null };
  let [calls, failovers] = [0, 0];
  for (let i = 0; i < seeds; i++) {
    const play = await simulateSeed(host, (seed + i) >>> 0, settings);
    calls += play.calls;
    failovers += play.failovers;
  }
  return { seeds, calls, failovers };
}

function check(options: Required<Omit<SimulateOptions<never>, "always">>): void {
  const { seed, faults: wanted } = options;
  const bounds = { replicas: replicasMax, clients: clientsMax, seeds: seedsMax } as const;
  for (const key of ["replicas", "clients", "seeds"] as const) {
    const value = options[key];
    if (!Number.isSafeInteger(value) || value < 1 || value > bounds[key])
      throw new RangeError(`${key}: 1 to ${bounds[key]}, not ${String(value)}`);
  }
  if (seed >>> 0 !== seed) throw new RangeError(`seed: an integer from 0 to 2^32 - 1, not ${String(seed)}`);
  for (const fault of typeof wanted === "boolean" ? [] : wanted) {
    if (!faults.includes(fault))
      throw new RangeError(`faults: ${JSON.stringify(fault)} is none of ${faults.join(", ")}`);
  }
}

async function simulateSeed<C extends new () => object>(
  host: SimulationHost,
  seed: number,
  settings: Settings<C>,
): Promise<UserPlay<C>> {
  const { type, clients: programs, always, run } = settings;
  const { drain, isProxy } = host;
  const play = new UserPlay(seed, { type, programs, run, always, drain, isProxy });
  const conditions = drawConditions(new Dice(seed, conditionsStream), settings.replicas, settings.faults);
  const world = new World(seed, conditions, play, host.trace ?? null);
  const dice = new Dice(seed, programsStream);
  const restore = host.exchange(
    () => epoch + Math.floor(world.agenda.now),
    () => dice.fraction(),
  );
  try {
    play.enter(world);
    await live(world, play.programs);
  } catch (cause) {
    throw failure(cause, seed, conditions.on, settings);
  } finally {
    restore();
  }
  return play;
}

async function live(world: World, programs: number): Promise<void> {
  const { nodes, clients, swarm, agenda } = world;
  const done = () => clients.every((client) => client.done);
  for (const machine of nodes) world.start(machine);
  const ready = () => nodes.every((m) => m.process?.server?.ready ?? false);
  await world.run(ready, foundingMillisMax, "the cluster is not founded");
  world.addClients();
  must(clients.length === programs, "all programs are there");
  if (swarm.faultsMillis > 0) {
    const faults = new Faults(world);
    const end = agenda.now + swarm.faultsMillis;
    await world.run(() => done() || agenda.now >= end, 2 * swarm.faultsMillis, "the faults do not end");
    faults.end();
  }
  const limit = agenda.now + programsMillisMax;
  await world.run(() => done() || agenda.now >= limit, 2 * programsMillisMax, "the programs do not end");
  if (!done()) throw new Error(endless(world));
  world.heal();
  await world.run(() => isAtRest(world), restMillisMax, "the healed cluster does not come to rest");
  checkEnd(world);
  for (const { process } of nodes) {
    const problems = process?.server?.status().problems ?? [];
    if (problems.length > 0) throw new Error(problems.join("; "));
  }
}

function endless({ clients }: World): string {
  const left = clients.flatMap((client, id) => (client.done ? [] : [id]));
  const who = left.length === 1 ? `client ${left[0]} has` : `clients ${left.join(", ")} have`;
  return (
    `${who} not ended ${programsMillisMax / 1_000} simulated seconds after the last fault; ` +
    "programs may wait for calls and client.sleep alone"
  );
}

/** What a user reads of a seed that failed. */
function failure(cause: unknown, seed: number, on: readonly Fault[], setting: Setting): Error {
  const { type, replicas, clients, faults: wanted } = setting;
  const name = classNameOf(type);
  const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const options = [`seed: ${seed}`];
  if (replicas !== 3) options.push(`replicas: ${replicas}`);
  if (clients !== 3) options.push(`clients: ${clients}`);
  if (wanted !== true) options.push(`faults: ${JSON.stringify(wanted)}`);
  const drawn = on.length === 0 ? "without faults" : `with the faults ${on.join(", ")}`;
  const hint = what.includes("P5:") ? " (docs/determinism.md says what makes replicas differ)" : "";
  const replay = `replay: simulate(${name}, { ${options.join(", ")}, … }, …)`;
  return new Error(`${name} failed with seed ${seed}, ${drawn}: ${what}${hint}\n${replay}`, { cause });
}
