/** What may happen to real processes under load, and what must hold afterwards. */
import { changeMembers, replaceAll } from "./changes.ts";
import { Cluster } from "./cluster.ts";
import { downAndUp, killOne, some } from "./outages.ts";
import { Writers } from "./writers.ts";

export interface Outcome {
  readonly scenario: string;
  readonly times: number;
  readonly writers: number;
  readonly acknowledged: number;
  /** Calls that may or may not have been executed. */
  readonly unknown: number;
  /** What the counter said at the end. */
  readonly value: number;
  /** The longest time without an answer to anybody after each disturbance: the middle one and the longest. */
  readonly medianSilenceMillis: number;
  readonly worstSilenceMillis: number;
  /** The longest that one call took. */
  readonly worstCallMillis: number;
  readonly silencesMillis: readonly number[];
  /** The number of the view at the end: how many changes there were. */
  readonly view: number;
  /** No acknowledged call lost, none executed twice. */
  readonly exact: boolean;
}

export const scenarios = [
  "leader-kill",
  "leader-term",
  "rolling",
  "kill-all",
  "membership",
  "rolling-replace",
] as const;
export type Scenario = (typeof scenarios)[number];

/** What one round of a scenario does to a cluster under load; returns the worst silence of each disturbance, in ms. */
type Round = (cluster: Cluster, writers: Writers, round: number) => Promise<readonly number[]>;

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
  membership: changeMembers,
  "rolling-replace": replaceAll,
};

/** Runs a scenario `times` times on one cluster of three, under the load of `n` writers. */
export async function play(scenario: Scenario, times: number, n = 16): Promise<Outcome> {
  const cluster = await Cluster.start(3);
  const writers = new Writers(cluster.bootstrap, n);
  try {
    await writers.more(some);
    const silences: number[] = [];
    for (let round = 0; round < times; round++)
      silences.push(...(await rounds[scenario](cluster, writers, round)));
    const value = await writers.finish();
    const { acknowledged, unknown } = writers;
    const sorted = silences.toSorted((a, b) => a - b);
    return {
      scenario,
      times,
      writers: n,
      acknowledged,
      unknown,
      value,
      medianSilenceMillis: Math.round(sorted[Math.floor(sorted.length / 2)] ?? 0),
      worstSilenceMillis: Math.round(sorted.at(-1) ?? 0),
      worstCallMillis: Math.round(writers.worstCallMillis),
      silencesMillis: silences.map(Math.round),
      view: (await cluster.status()).view.number,
      exact: value >= acknowledged && value <= acknowledged + unknown,
    };
  } finally {
    await writers.close();
    await cluster.stop();
  }
}
