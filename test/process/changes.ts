/** Members come, go, move and lose their disks while clients write. */
import type { Cluster } from "./cluster.ts";
import { killOne, some } from "./outages.ts";
import type { Writers } from "./writers.ts";

type Change = (cluster: Cluster, writers: Writers, who: number) => Promise<void>;

/** In this order: three members, then four, then three again. */
const changes: readonly Change[] = [
  /** A node joins while the leader is killed. */
  async (cluster, writers) => {
    const leader = await cluster.leader();
    await Promise.all([cluster.add(), killOne(cluster, writers, leader)]);
  },
  /** One leaves, now and then the one that leads. */
  (cluster, _writers, who) => cluster.leave(who),
  /** One loses its disk: a new node takes its place. */
  async (cluster, writers, who) => {
    await cluster.kill(who);
    cluster.wipe(who);
    await writers.more(some);
    await cluster.run(who);
  },
  /** One comes back on another port. */
  async (cluster, _writers, who) => {
    await cluster.kill(who);
    await cluster.move(who);
    await cluster.run(who);
  },
  /** One is evicted while it is down, and joins again. */
  async (cluster, writers, who) => {
    await cluster.kill(who);
    await cluster.evict(who);
    await writers.more(some);
    await cluster.run(who);
  },
];

/** One change of the members, then one of them is killed and comes back. */
export async function changeMembers(
  cluster: Cluster,
  writers: Writers,
  round: number,
): Promise<readonly number[]> {
  const change = changes[round % changes.length] as Change;
  writers.watch();
  await change(cluster, writers, Math.floor(round / changes.length) % cluster.replicas.length);
  await writers.more(some);
  const silence = writers.worstSilenceMillis;
  return [silence, await killOne(cluster, writers, round % cluster.replicas.length)];
}

/** Every member is replaced, one by one: a new node joins, then the old one leaves. */
export async function replaceAll(cluster: Cluster, writers: Writers): Promise<readonly number[]> {
  const before = (await cluster.status()).view.members.map((m) => m.id);
  const silences: number[] = [];
  for (const _ of before) {
    writers.watch();
    await cluster.add();
    await cluster.leave(0);
    await writers.more(some);
    silences.push(writers.worstSilenceMillis);
  }
  const { members } = (await cluster.status()).view;
  if (members.length !== before.length || members.some((m) => before.includes(m.id)))
    throw new Error(`of ${before} there are still some in ${members.map((m) => m.id)}`);
  return silences;
}
