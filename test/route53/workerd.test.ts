/** The nameserver in Route 53 within workerd, the runtime of Cloudflare's Workers. */
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Endpoint, keys } from "./endpoint.ts";
import { domain, toldOf } from "./records.ts";

const worker = `
  import { nameOf } from "../../src/shared/dns/name.ts";
  import { route53 } from "../../src/web/route53.ts";
  import { zoneOf } from "./records.ts";
  export default {
    async fetch(request) {
      const { views, ...options } = await request.json();
      const status = await new Promise((resolve) => {
        const changed = (status) => {
          if (status.waiting === null || status.problem?.includes("refuses")) resolve(status);
        };
        const names = route53({ ...options, changed });
        for (const [number, addresses] of views) names.publish(number, zoneOf(addresses));
      });
      return Response.json(status);
    },
  };`;

const endpoint = new Endpoint();
let miniflare: Miniflare;

beforeAll(async () => {
  await endpoint.start();
  process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
  const resolveDir = fileURLToPath(new URL(".", import.meta.url));
  const bundled = await build({
    stdin: { contents: worker, resolveDir },
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker"],
    write: false,
  });
  const script = bundled.outputFiles[0]?.text ?? "";
  miniflare = new Miniflare(
    convertV4MiniflareOptions({ modules: true, script, compatibilityDate: "2026-10-01", cf: false }),
  );
  await miniflare.ready;
}, 60_000);
afterAll(async () => {
  await miniflare.dispose();
  await endpoint.close();
});

async function publish(more: Record<string, unknown>): Promise<unknown> {
  const body = JSON.stringify({ domain, credentials: keys, endpoint: endpoint.url, ...more });
  const response = await miniflare.dispatchFetch("http://worker.example/", { method: "POST", body });
  return response.json();
}

test("publishes, removes what is left from before, and waits out throttling", async () => {
  const zone = endpoint.zone("Z1", `${domain}.`);
  expect(await publish({ views: [[1, ["10.0.0.1", "10.0.0.2"]]] })).toEqual({
    published: 1,
    waiting: null,
    problem: null,
  });
  expect(zone.told).toEqual(toldOf(["10.0.0.1", "10.0.0.2"]));
  endpoint.mishaps.push("Throttling", "PriorRequestNotComplete");
  const again = await publish({
    views: [
      [2, ["10.0.0.3"]],
      [3, ["10.0.0.4"]],
    ],
  });
  expect(again).toEqual({ published: 3, waiting: null, problem: null });
  expect(zone.told).toEqual(toldOf(["10.0.0.4"]));
  expect(endpoint.refused).toBe(0);
});

test("a wrong key is a problem", async () => {
  const credentials = { ...keys, secretAccessKey: "wrong+wrong+wrong" };
  const status = await publish({ credentials, views: [[1, []]] });
  expect(status).toMatchObject({ published: null, problem: expect.stringMatching(/SignatureDoesNotMatch/) });
  expect(JSON.stringify(status)).not.toContain("wrong+");
});
