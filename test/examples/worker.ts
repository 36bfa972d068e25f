/** The example Worker in workerd, as `wrangler dev` runs it; nothing in it reaches outside. */
import { fileURLToPath } from "node:url";

const quiet = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_WRITE_LOGS: "false",
};
const config = fileURLToPath(new URL("../../examples/worker-client/wrangler.toml", import.meta.url));

export class ExampleWorker {
  private readonly dispose: () => Promise<void>;
  private readonly host: string;

  private constructor(host: string, dispose: () => Promise<void>) {
    this.host = host;
    this.dispose = dispose;
  }

  /** @param bootstrap the nodes that it is told of */
  static async start(bootstrap: string): Promise<ExampleWorker> {
    Object.assign(process.env, quiet);
    // It reads the environment when it is loaded. Its harness for tests lets no socket of a Worker through.
    const { unstable_startWorker: startWorker } = await import("wrangler");
    const server = { hostname: "127.0.0.1", port: 0 };
    const worker = await startWorker({
      config,
      bindings: { BOOT: { type: "plain_text", value: bootstrap } },
      dev: { server, inspector: false, watch: false, persist: false, logLevel: "warn" },
    });
    await worker.ready;
    const { host } = await worker.url;
    return new ExampleWorker(host, () => worker.dispose());
  }

  /** For clients that connect through the Worker and its Relay. */
  get bootstrap(): string {
    return `ws://${this.host}/concoord`;
  }

  /** The text that a path answers. */
  async get(path: string): Promise<string> {
    const response = await fetch(`http://${this.host}${path}`);
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text.trim();
  }

  stop(): Promise<void> {
    return this.dispose();
  }
}
