/**
 * The suite in a tab of Chromium: a page that comes from the address of a node, under a policy without `unsafe-
 * eval`.
 */
import { bundleOf } from "./bundle.ts";
import type { Chromium } from "./chromium.ts";
import type { GatedCluster } from "./cluster.ts";
import type { Runtime } from "./runtime.ts";

const script = `
  Object.assign(globalThis, { api, suite: (name, kit) => run(name, { api, ...kit }) });`;
const policy = "content-security-policy: default-src 'none'; script-src 'self'; connect-src *";
const html = '<!doctype html><script type="module" src="/suite.js"></script>';

/** A page with `api`, and `suite(name, kit)`. @returns the session of the page */
export async function openPage(browser: Chromium, cluster: GatedCluster): Promise<string> {
  const bundled = await bundleOf("browser", ["browser"], script);
  const { origin } = cluster.serve({
    "/suite": { head: ["content-type: text/html; charset=utf-8", policy], body: html },
    "/suite.js": { head: ["content-type: text/javascript; charset=utf-8", policy], body: bundled },
  });
  const page = await browser.open();
  const loaded = new Promise<void>((resolve) => browser.on(page, "Page.loadEventFired", () => resolve()));
  await browser.send("Page.enable", {}, page);
  await browser.send("Page.navigate", { url: `${origin}/suite` }, page);
  await loaded;
  return page;
}

export async function startPage(browser: Chromium, cluster: GatedCluster): Promise<Runtime> {
  const page = await openPage(browser, cluster);
  const kit = JSON.stringify({ bootstrap: cluster.bootstrap, control: cluster.controlUrl });
  return {
    run: async (name) => {
      const found = await browser.evaluate(page, `suite(${JSON.stringify(name)}, ${kit})`);
      return found as string | null;
    },
    stop: () => browser.stop(),
  };
}
