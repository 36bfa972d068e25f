/** Whether a cluster of real processes is unharmed: its nodes live, have nothing to say, and agree. */
import { randomBytes } from "node:crypto";
import { expect } from "vitest";
import { WsPeerProbe } from "../../src/node/net/probe.ts";
import { nodeId } from "../../src/shared/paxos/ids.ts";
import type { Cluster } from "../process/cluster.ts";
import { until } from "../process/processes.ts";

const waitMillis = 20_000;

interface Told {
  readonly executed: number;
  readonly snapshot: number;
  readonly blocked: number;
  readonly problems: readonly string[];
  readonly leader: unknown;
}

async function told(cluster: Cluster): Promise<readonly Told[]> {
  const all = cluster.replicas.map(async ({ addr }) => {
    const answer = await fetch(`http://${addr}/status.json`, { signal: AbortSignal.timeout(waitMillis) });
    return (await answer.json()) as Told;
  });
  return Promise.all(all);
}

/** All replicas live, lead or follow, and have nothing to say. */
export async function unharmed(cluster: Cluster): Promise<void> {
  for (const { problems, leader } of await told(cluster)) {
    expect(problems).toEqual([]);
    expect(leader).not.toBeNull();
  }
  for (const { process } of cluster.replicas) expect(unexpected(process?.errors() ?? "")).toEqual([]);
}

/** What nodes say of themselves; who leads and who joined, and what classes left behind, are expected. */
function unexpected(errors: string): readonly string[] {
  const left = /^concoord: code of a class failed and nobody waits for it: left (behind|too|at last)$/;
  const news = /"level":[34]0,.*"msg":"(this node leads|\S+ leads|nobody is known to lead|view \d+: [^"]*)"/;
  return errors.split("\n").filter((line) => line !== "" && !left.test(line) && !news.test(line));
}

/** A snapshot holds the state of all objects and the digest of all outcomes: each replica makes it for itself. */
export async function agree(cluster: Cluster): Promise<void> {
  const id = nodeId(randomBytes(8).toString("hex"));
  const probe = new WsPeerProbe({ id, addr: "", token: null, cluster: null });
  const [first = "", ...others] = cluster.replicas.map(({ addr }) => addr);
  const took = await probe.ask(first, { type: "takeSnapshot" }, waitMillis);
  if (took.type !== "tookSnapshot") throw new Error(`unexpected answer ${took.type}`);
  const { slot, hash } = took.head;
  await until("a snapshot of all", waitMillis, async () => {
    return (await told(cluster)).every(({ snapshot }) => snapshot >= slot) ? true : undefined;
  });
  for (const addr of others) {
    const piece = await probe.ask(addr, { type: "askSnapshot", slot, hash, offset: 0 }, waitMillis);
    expect(piece).toMatchObject({ type: "snapshotPiece", head: { slot, hash } });
  }
}

/** Calls that wait, as the replica says that knows of most. */
export async function blocked(cluster: Cluster): Promise<number> {
  return Math.max(...(await told(cluster)).map((status) => status.blocked));
}
