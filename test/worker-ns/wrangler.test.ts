/** wrangler.toml as operators use it: what would be deployed, and the Worker on their own machine. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { freePorts, startNode, until } from "../process/processes.ts";

/** Of all that is uploaded, in kB as wrangler counts them: 1,024 bytes. */
const gzipKBMax = 25;
const wrangler = "node_modules/wrangler/bin/wrangler.js";
const silent = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_WRITE_LOGS: "false",
};

const folder = mkdtempSync(join(tmpdir(), "concoord-wrangler-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test(`a dry run bundles at most ${gzipKBMax} kB, gzipped`, async () => {
  const run = startNode([wrangler, "deploy", "--dry-run", "--outdir", folder, "--minify"], silent);
  expect(await run.over, run.errors()).toBe(0);
  expect(run.output()).toContain("env.NAMESERVER (Nameserver)");
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const bytes = Buffer.concat(scripts.map((name) => readFileSync(join(folder, name))));
  const zipped = gzipSync(bytes).length;
  process.stdout.write(`the Worker: ${bytes.length} bytes, gzipped ${zipped}\n`);
  expect(zipped / 1_024).toBeLessThanOrEqual(gzipKBMax);
  // The codec of users' values, and what belongs to nodes, would not fit.
  expect(bytes.toString()).not.toMatch(/structuredClone|cbor-x/);
});

test("wrangler dev starts it", async () => {
  const [port = 0, inspector = 0] = await freePorts(2);
  const flags = ["--port", String(port), "--inspector-port", String(inspector), "--ip", "127.0.0.1"];
  const vars = ["--var", "BOOT:127.0.0.1:1", "--persist-to", folder];
  const dev = startNode(
    [wrangler, "dev", ...flags, ...vars, "--show-interactive-dev-session", "false"],
    silent,
  );
  try {
    const lives = await until("the Worker answers", 30_000, async () => {
      const asked = await Promise.allSettled([fetch(`http://127.0.0.1:${port}/livez`)]);
      const [answer] = asked;
      return answer.status === "fulfilled" ? answer.value.status : undefined;
    });
    expect(lives).toBe(200);
  } finally {
    await dev.stop();
  }
});
