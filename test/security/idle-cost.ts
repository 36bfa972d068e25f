/** Idle connections to a real node, and how its memory grows by them. */
import { readFileSync } from "node:fs";
import { descriptorLimit } from "../../src/node/net/descriptors.ts";
import type { Cluster } from "../process/cluster.ts";
import { until } from "../process/processes.ts";
import { client, type Knock } from "./knock.ts";

export const idleKilobytesMax = 20;
/** Descriptors that this process needs for itself. */
const spared = 200;
/** Dialled at once. */
const atOnce = 100;
const first = 1_500;

export interface IdleCost {
  readonly connections: number;
  readonly kilobytesEach: number;
  readonly before: number;
  readonly after: number;
}

/** Resident memory of a process, in bytes (Linux). */
export function residentBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+([0-9]+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kilobytes === undefined) throw new Error(`process ${pid} does not tell its memory`);
  return Number(kilobytes) * 1024;
}

/** Opens so many, as far as descriptors last, and waits until the node has them all. */
export async function idleCost(cluster: Cluster, wanted: number): Promise<IdleCost> {
  const n = Math.min(wanted, (descriptorLimit() ?? wanted) - spared);
  const [replica] = cluster.replicas;
  const pid = replica?.process?.pid;
  if (replica === undefined || pid === undefined) throw new Error("the first replica is down");
  const sockets: Knock[] = [];
  try {
    const dial = async (upTo: number) => {
      while (sockets.length < upTo)
        sockets.push(...(await Promise.all(seats(sockets.length).map((seat) => client(replica.addr, seat)))));
      await connected(replica.addr, sockets.length);
    };
    // What the first ones make the node load and compile, and the room that its heap takes then, are nobody's cost.
    await dial(first);
    const before = residentBytes(pid);
    await dial(n);
    const after = residentBytes(pid);
    return { connections: n, kilobytesEach: (after - before) / (n - first) / 1024, before, after };
  } finally {
    for (const { socket } of sockets) socket.destroy();
  }
}

function seats(from: number): number[] {
  return Array.from({ length: atOnce }, (_, i) => from + i);
}

async function connected(addr: string, n: number): Promise<void> {
  await until(`${n} connections`, 60_000, async () => {
    const text = await (await fetch(`http://${addr}/metrics`)).text();
    const found = /^concoord_connections(?:\{[^}]*\})? ([0-9]+)/m.exec(text)?.[1];
    return Number(found) >= n ? true : undefined;
  });
}
