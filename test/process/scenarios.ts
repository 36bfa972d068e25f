/** What may happen to real processes under load, and what must hold afterwards. */
import { Cluster } from "./cluster.ts";
import { Writers } from "./writers.ts";

/** Calls that show that the cluster serves. */
const some = 200;

export interface Outcome {
  readonly scenario: string;
  readonly times: number;
  readonly acknowledged: number;
  /** Calls that may or may not have been executed. */
  readonly unknown: number;
  /** What the counter said at the end. */
  readonly value: number;
  /** The longest time without an answer to anybody, and the longest that one call took. */
  readonly worstSilenceMillis: number;
  readonly worstCallMillis: number;
  readonly silencesMillis: readonly number[];
  /** No acknowledged call lost, none executed twice. */
  readonly exact: boolean;
}

export const scenarios = ["leader-kill", "leader-term", "rolling", "kill-all"] as const;
export type Scenario = (typeof scenarios)[number];

/** What one round of a scenario does to a cluster under load; returns the worst silence of each disturbance, in ms. */
type Round = (cluster: Cluster, writers: Writers) => Promise<readonly number[]>;

const rounds: Readonly<Record<Scenario, Round>> = {
  /** SIGKILL of the leader; it comes back when the others serve. */
  "leader-kill": async (cluster, writers) => [await killOne(cluster, writers, await cluster.leader())],
  /** SIGTERM of the leader, which hands over. */
  "leader-term": async (cluster, writers) => {
    const leader = await cluster.leader();
    return [await downAndUp(cluster, writers, leader, () => cluster.end(leader))];
  },
  /** SIGKILL of each in turn. */
  rolling: async (cluster, writers) => {
    const silences = [];
    for (const i of cluster.replicas.keys()) silences.push(await killOne(cluster, writers, i));
    return silences;
  },
  /** SIGKILL of all at once, as a power cut would, but for what the system's cache still holds. */
  "kill-all": async (cluster, writers) => {
    writers.watch();
    await Promise.all(cluster.replicas.map((_, i) => cluster.kill(i)));
    await Promise.all(cluster.replicas.map((_, i) => cluster.run(i)));
    await writers.more(some);
    return [writers.worstSilenceMillis];
  },
};

function killOne(cluster: Cluster, writers: Writers, i: number): Promise<number> {
  return downAndUp(cluster, writers, i, () => cluster.kill(i));
}

async function downAndUp(
  cluster: Cluster,
  writers: Writers,
  i: number,
  down: () => Promise<void>,
): Promise<number> {
  writers.watch();
  await down();
  await writers.more(some);
  const silence = writers.worstSilenceMillis;
  await cluster.run(i);
  await writers.more(some);
  return silence;
}

/** Runs a scenario `times` times on one cluster of three, under the load of `n` writers. */
export async function play(scenario: Scenario, times: number, n = 16): Promise<Outcome> {
  const cluster = await Cluster.start(3);
  const writers = new Writers(cluster.bootstrap, n);
  try {
    await writers.more(some);
    const silences: number[] = [];
    for (let round = 0; round < times; round++) silences.push(...(await rounds[scenario](cluster, writers)));
    const value = await writers.finish();
    const { acknowledged, unknown } = writers;
    return {
      scenario,
      times,
      acknowledged,
      unknown,
      value,
      worstSilenceMillis: Math.round(Math.max(...silences)),
      worstCallMillis: Math.round(writers.worstCallMillis),
      silencesMillis: silences.map(Math.round),
      exact: value >= acknowledged && value <= acknowledged + unknown,
    };
  } finally {
    await writers.close();
    await cluster.stop();
  }
}
