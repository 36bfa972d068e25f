/** The Worker of a cluster in workerd; and that it asks nobody but the nodes that it was given. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Cluster } from "../process/cluster.ts";
import { asked, byMiniflare, byWrangler } from "./runtimes.ts";
import { suite } from "./suite.ts";

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start(3);
});
afterAll(() => cluster?.stop());

suite("by Miniflare", byMiniflare, () => cluster);
suite("by wrangler", byWrangler, () => cluster);

test("it asks nobody but the nodes that it was given", async () => {
  // Those of the clusters above; then these.
  expect([...asked].filter((url) => !/^http:\/\/127\.0\.0\.1:\d+\/concoord$/.test(url))).toEqual([]);
  asked.clear();
  const vars = { DOMAIN: "counter.example", NAMESERVERS: "", TTL: "", TOKEN: "" };
  const worker = await byMiniflare({ ...vars, BOOT: "127.0.0.1:1,wss://node.example/at,[::1]:14000" }, true);
  try {
    expect((await worker.ask("/dns-query?name=counter.example")).status).toBe(503);
    await expect.poll(() => asked.size, { timeout: 10_000 }).toBe(3);
    const nodes = ["http://127.0.0.1:1/concoord", "http://[::1]:14000/concoord", "https://node.example/at"];
    expect([...asked].toSorted()).toEqual(nodes);
  } finally {
    await worker.close();
  }
});
