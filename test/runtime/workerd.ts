/** The suite in workerd, the runtime of Cloudflare's Workers: each case in a request of its own, sockets and all. */
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { bundleOf } from "./bundle.ts";
import type { GatedCluster } from "./cluster.ts";
import type { Runtime } from "./runtime.ts";

const worker = `
  export default {
    async fetch(request) {
      const { name, ...kit } = await request.json();
      return Response.json(await run(name, { api, ...kit }));
    },
  };`;

export async function startWorkerd({ bootstrap, controlUrl: control }: GatedCluster): Promise<Runtime> {
  process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
  const script = await bundleOf("worker", ["workerd", "worker", "browser"], worker);
  const options = { modules: true, script, compatibilityDate: "2026-10-01", cf: false } as const;
  const miniflare = new Miniflare(convertV4MiniflareOptions(options));
  await miniflare.ready;
  return {
    run: async (name) => {
      const body = JSON.stringify({ name, bootstrap, control });
      const response = await miniflare.dispatchFetch("http://worker.example/", { method: "POST", body });
      return (await response.json()) as string | null;
    },
    stop: () => miniflare.dispose(),
  };
}
