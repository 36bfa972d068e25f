/** One replica is down for a while. */
import type { Cluster } from "./cluster.ts";
import type { Writers } from "./writers.ts";

/** Calls that show that the cluster serves. */
export const some = 200;

/** SIGKILL; it comes back when the others serve. @returns the worst silence, in ms */
export function killOne(cluster: Cluster, writers: Writers, i: number): Promise<number> {
  return downAndUp(cluster, writers, i, () => cluster.kill(i));
}

/** @returns the worst silence until the others serve, in ms */
export async function downAndUp(
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
