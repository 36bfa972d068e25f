/** The Worker in workerd, started in the two ways that there are: by Miniflare, and by wrangler from wrangler.toml. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, coupleWebSocket, Miniflare, Response, WebSocketPair } from "miniflare";
import { createTestHarness } from "wrangler";
import { WebSocket } from "ws";
import { root } from "../process/processes.ts";

/** What an operator sets. */
export type Vars = Readonly<Record<"DOMAIN" | "BOOT" | "NAMESERVERS" | "TTL" | "TOKEN", string>>;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface Worker {
  ask(path: string, how?: Ask): Promise<Answer>;
  /** SQL on what the Durable Object of a domain keeps. */
  sql(domain: string, query: string, ...values: readonly (string | number)[]): Promise<void>;
  /** The Durable Object is ended, and begins anew with the next who asks: its memory is gone. */
  restart(domain: string): Promise<void>;
  close(): Promise<void>;
}

export type Start = (vars: Vars) => Promise<Worker>;

// No look-ups elsewhere, no reports, no files.
Object.assign(process.env, {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_WRITE_LOGS: "false",
  WRANGLER_LOG: "error",
});

/** The URLs of what Workers asked of others, as far as they have no other way out than through here. */
export const asked = new Set<string>();
const plainFetch = globalThis.fetch;

/** Connects a WebSocket of a Worker to a node on this machine, and to nothing else. */
async function outwards({ url, headers }: Outgoing): Promise<Response> {
  asked.add(url);
  if (headers.get("upgrade") !== "websocket" || new URL(url).hostname !== "127.0.0.1")
    return new Response(null, { status: 502 });
  const socket = new WebSocket(url.replace("http", "ws"));
  const isOpen = new Promise<boolean>((resolve) => {
    socket.on("error", () => resolve(false));
    socket.once("upgrade", () => resolve(true));
  });
  if (!(await isOpen)) return new Response(null, { status: 502 });
  const { 0: theirs, 1: ours } = new WebSocketPair();
  await coupleWebSocket(socket, ours);
  return new Response(null, { status: 101, webSocket: theirs });
}

interface Outgoing {
  readonly url: string;
  readonly headers: { get(name: string): string | null };
}

const scriptName = "nameserver";
const className = "Nameserver";

/** The Worker as wrangler bundles it, but for its size. */
export async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(root, "src/worker-ns/index.ts")],
    bundle: true,
    format: "esm",
    target: "es2024",
    conditions: ["workerd", "worker", "browser"],
    external: ["cloudflare:workers"],
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

async function miniflare(vars: Vars, folder: string, isCutOff: boolean): Promise<Miniflare> {
  const started = new Miniflare(
    convertV4MiniflareOptions({
      name: scriptName,
      modules: true,
      script: await bundled(),
      compatibilityDate: "2026-10-01",
      durableObjects: { NAMESERVER: { className, useSQLite: true } },
      bindings: vars,
      resourcePersistencePath: folder,
      unsafeInspectDurableObjects: true,
      cf: false,
      ...(isCutOff ? { outboundService: outwards as never } : {}),
    }),
  );
  await started.ready;
  return started;
}

/**
 * By Miniflare. A restart ends workerd, too: only its folder stays.
 * @param isCutOff whether its only way out is through here; else it is on the network
 */
export async function byMiniflare(vars: Vars, isCutOff = false): Promise<Worker> {
  const folder = mkdtempSync(join(tmpdir(), "concoord-worker-"));
  let runtime = await miniflare(vars, folder, isCutOff);
  return {
    ask: async (path, how = {}) =>
      answerOf(await runtime.dispatchFetch(`http://worker.example${path}`, how as never)),
    sql: async (name, query, ...values) => {
      const storage = await runtime.unsafeGetDurableObjectStorage(scriptName, className, { name });
      await storage.exec(query, ...values);
    },
    restart: async () => {
      await runtime.dispose();
      runtime = await miniflare(vars, folder, isCutOff);
    },
    close: async () => {
      await runtime.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** By wrangler's harness, which knows no way out but the fetch of this process. */
export const byWrangler: Start = async ({ TOKEN, ...vars }) => {
  globalThis.fetch = ((to: string, init?: RequestInit | Request) =>
    init !== undefined && "url" in init ? outwards(init) : plainFetch(to, init)) as typeof fetch;
  const secrets = TOKEN === "" ? {} : { TOKEN };
  const options = { root, workers: [{ configPath: "./wrangler.toml", vars, secrets }] };
  const harness = createTestHarness(options);
  await harness.listen();
  const worker = harness.getWorker();
  return {
    ask: async (path, how = {}) => answerOf(await harness.fetch(path, how as never)),
    sql: async (name, query, ...values) => {
      const storage = await worker.getDurableObjectStorage(className, { name });
      await storage.exec(query, ...values);
    },
    restart: () => harness.update(options),
    close: async () => {
      await harness.close();
      globalThis.fetch = plainFetch;
    },
  };
};

interface Responded {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

async function answerOf(response: Responded): Promise<Answer> {
  const { status, headers } = response;
  return {
    status,
    headers: new Headers([...headers] as [string, string][]),
    body: new Uint8Array(await response.arrayBuffer()),
  };
}
