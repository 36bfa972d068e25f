/** The client against three real nodes, in Node, in workerd and in Chromium: one suite for all of them. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as api from "../../src/node/index.ts";
import { Chromium, chromiumPath } from "./chromium.ts";
import { GatedCluster } from "./cluster.ts";
import { startPage } from "./page.ts";
import type { Runtime } from "./runtime.ts";
import { cases, run } from "./suite.ts";
import { startWorkerd } from "./workerd.ts";

let cluster: GatedCluster;
beforeAll(async () => {
  cluster = await GatedCluster.start();
});
afterAll(() => cluster.stop());

function startNode({ bootstrap, controlUrl: control }: GatedCluster): Promise<Runtime> {
  return Promise.resolve({
    run: (name) => run(name, { api, bootstrap, control }),
    stop: () => Promise.resolve(),
  });
}

async function startChromium(of: GatedCluster): Promise<Runtime> {
  const browser = new Chromium(chromiumPath ?? "");
  try {
    return await startPage(browser, of);
  } catch (error) {
    await browser.stop();
    throw error;
  }
}

if (chromiumPath === null)
  console.warn("left out: the client in Chromium (set CHROMIUM, or install the package chromium)");

describe.each([
  { name: "Node", start: startNode, isHere: true },
  { name: "workerd", start: startWorkerd, isHere: true },
  { name: "Chromium", start: startChromium, isHere: chromiumPath !== null },
])("$name", ({ start, isHere }) => {
  let runtime: Runtime;
  beforeAll(async () => {
    if (isHere) runtime = await start(cluster);
  });
  afterAll(() => runtime?.stop());

  test.skipIf(!isHere).each(Object.keys(cases))("%s", async (name) => {
    expect(await runtime.run(name)).toBe(null);
  });
});
