/** The example Worker before three real nodes: calls of its own, through its Relay, and of programs behind it. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Counter } from "../../examples/counter/counter.ts";
import { openSession } from "../../src/node/index.ts";
import { Cluster } from "../process/cluster.ts";
import { ExampleWorker } from "./worker.ts";

let cluster: Cluster;
let worker: ExampleWorker;
beforeAll(async () => {
  cluster = await Cluster.start(3);
  worker = await ExampleWorker.start(cluster.bootstrap);
});
afterAll(async () => {
  await worker?.stop();
  await cluster?.stop();
});

test("the Worker calls the cluster, by itself and through its Relay", async () => {
  expect(await worker.get("/")).toBe("1");
  expect(await worker.get("/relayed")).toBe("2");
});

test("no call of anybody is lost or doubled while the leader is killed", async () => {
  await using session = openSession(worker.bootstrap);
  const counter = session.object(Counter);
  const before = await counter.getvalue();
  let done = 0;
  const leader = await cluster.leader();
  const requests = 10;
  const calls = 300;
  const fromWorker = async (path: string) => {
    for (let i = 0; i < requests; i++) {
      await worker.get(path);
      done++;
    }
  };
  const fromOutside = async () => {
    for (let i = 0; i < calls; i++) {
      await counter.increment();
      done++;
      if (i === 100) await cluster.kill(leader);
    }
  };
  await Promise.all([fromWorker("/"), fromWorker("/relayed"), fromOutside()]);
  expect(done).toBe(2 * requests + calls);
  expect(await counter.getvalue()).toBe(before + 2 * requests + calls);
  await cluster.run(leader);
});
