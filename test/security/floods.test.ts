/**
 * Hostile programs against real nodes: whatever they do, no node dies or fills the memory, and a client that means well
 * is answered all the while.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession } from "../../src/node/index.ts";
import { Cluster } from "../process/cluster.ts";
import { startNode } from "../process/processes.ts";
import { idleCost, idleKilobytesMax, residentBytes } from "./idle-cost.ts";

const floodSeconds = 3;
const growthMax = 200 * 1024 * 1024;
const callMillisMax = 2_000;

const kinds = [
  "garbage",
  "garbage behind the hello",
  "bombs",
  "bombs as calls",
  "oversize",
  "half-open",
  "frames without an end",
  "fragments without an end",
  "never reading",
  "a byte at a time",
  "requests by HTTP",
];

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start(3, ["concoord.object.keyvalue.KeyValue"]);
}, 120_000);
afterAll(() => cluster?.stop());

/** The memory of nodes that serve: a heap that has never been used grows whoever fills it. */
async function warmUp(): Promise<void> {
  await using session = openSession(cluster.bootstrap);
  const large = "x".repeat(500_000);
  for (let n = 0; n < 5; n++)
    await Promise.all(
      Array.from({ length: 64 }, () => session.call("KeyValue/main", "put", ["large", large])),
    );
}

const pids = () => cluster.replicas.map(({ process }) => process?.pid ?? 0);
const isUp = () => cluster.replicas.every(({ process }) => process?.child.exitCode === null);

/** Calls one after the other until the flood is over. @returns the longest that one took, in ms */
async function served(until: Promise<unknown>): Promise<number> {
  await using session = openSession(cluster.bootstrap);
  let isOver = false;
  void until.then(() => {
    isOver = true;
  });
  let worst = 0;
  for (let n = 0; !isOver || n < 3; n++) {
    const began = performance.now();
    await session.call("KeyValue/main", "put", ["small", n]);
    if (n > 0) worst = Math.max(worst, performance.now() - began);
  }
  return worst;
}

test("an idle connection costs little", { timeout: 120_000 }, async () => {
  const { connections, kilobytesEach } = await idleCost(cluster, 10_000);
  console.info(`${connections} idle connections: ${kilobytesEach.toFixed(1)} kB each`);
  expect(kilobytesEach).toBeLessThan(idleKilobytesMax);
});

describe("floods", { timeout: 120_000 }, () => {
  beforeAll(warmUp, 120_000);

  test.each(kinds)("%s", async (kind) => {
    const before = pids().map(residentBytes);
    const leader = cluster.replicas[await cluster.leader()];
    const flooder = startNode(["test/security/flooder.ts", kind, leader?.addr ?? "", String(floodSeconds)]);
    const worst = await served(flooder.over);
    const told = `${flooder.output()}${flooder.errors()}`;
    expect(await flooder.over, told).toBe(0);
    const growth = pids().map((pid, i) => residentBytes(pid) - (before[i] ?? 0));
    expect(isUp()).toBe(true);
    expect(JSON.parse(flooder.output()).done, told).toBeGreaterThan(0);
    expect(Math.max(...growth), `${told} grew by ${growth}`).toBeLessThan(growthMax);
    expect(worst, told).toBeLessThan(callMillisMax);
    console.info(
      `${told.trim()} slowest call ${worst.toFixed(0)} ms, grew by ${Math.max(...growth) >> 20} MiB`,
    );
  });
});
