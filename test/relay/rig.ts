/** A Relay in workerd behind a Worker that only leads to it, and nodes that only listen. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { WebSocket, WebSocketServer } from "ws";

/** As long as upstream sockets are open the object stays in memory: `Slept` accepts one without, as if it had slept. */
const worker = `
  import { Relay as Ours } from "concoord/worker";
  export class Relay extends Ours {
    #state;
    constructor(state, env) {
      super(state, env);
      this.#state = state;
    }
    fetch(request) {
      if (request.url.endsWith("/abort")) this.#state.abort("as the platform ends it at any time");
      return super.fetch(request);
    }
  }
  export class Slept extends Ours {
    #state;
    constructor(state, env) {
      super(state, env);
      this.#state = state;
    }
    fetch(request) {
      const [theirs, ours] = Object.values(new WebSocketPair());
      this.#state.acceptWebSocket(ours);
      return new Response(null, { status: 101, webSocket: theirs });
    }
  }
  let slept = 0;
  export default {
    fetch(request, env) {
      const sleeps = request.url.endsWith("?sleeps") || (request.url.endsWith("?once") && slept++ === 0);
      return (sleeps ? env.SLEPT : env.RELAY).getByName("main").fetch(request);
    },
  };`;

export class RelayRig {
  private readonly miniflare: Miniflare;
  /** `host:port` of the Worker. */
  readonly host: string;

  private constructor(miniflare: Miniflare, host: string) {
    this.miniflare = miniflare;
    this.host = host;
  }

  /** @param boot the nodes that the Relay is told of */
  static async start(boot: string): Promise<RelayRig> {
    process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
    const bundled = await build({
      stdin: { contents: worker, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
      bundle: true,
      format: "esm",
      target: "es2022",
      conditions: ["workerd", "worker", "browser"],
      write: false,
    });
    const script = bundled.outputFiles[0]?.text ?? "";
    const objectOf = (className: string) => ({ className, useSQLite: true });
    const durableObjects = { RELAY: objectOf("Relay"), SLEPT: objectOf("Slept") };
    const code = { name: "relay", modules: true, script, compatibilityDate: "2026-10-01" } as const;
    const miniflare = new Miniflare(
      convertV4MiniflareOptions({ ...code, cf: false, durableObjects, bindings: { BOOT: boot } }),
    );
    const { host } = await miniflare.ready;
    return new RelayRig(miniflare, host);
  }

  get bootstrap(): string {
    return `ws://${this.host}/concoord`;
  }

  /** @returns an open socket, or the status that it was refused with */
  async connect(headers: Record<string, string> = {}, path = "/concoord"): Promise<WebSocket | number> {
    const socket = new WebSocket(`ws://${this.host}${path}`, { headers });
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(socket));
      socket.once("error", reject);
      socket.once("unexpected-response", (request, { statusCode }) => {
        request.destroy();
        resolve(statusCode ?? 0);
      });
    });
  }

  async open(headers: Record<string, string> = {}, path = "/concoord"): Promise<WebSocket> {
    const socket = await this.connect(headers, path);
    if (typeof socket === "number") throw new Error(`refused with ${socket}`);
    return socket;
  }

  /** `Slept` leaves the memory; the sockets of its clients stay. */
  async hibernate(): Promise<void> {
    await this.miniflare.unsafeEvictDurableObject("relay", "Slept", {
      name: "main",
      webSockets: "hibernate",
    });
  }

  /** The `Relay` is gone at once, with all that it had. */
  async abort(): Promise<void> {
    const { status } = await fetch(`http://${this.host}/abort`);
    if (status !== 500) throw new Error(`not aborted: ${status}`);
  }

  stop(): Promise<void> {
    return this.miniflare.dispose();
  }
}

/** Takes every WebSocket. */
export class Listener {
  private readonly server: WebSocketServer;
  private readonly come: { readonly socket: WebSocket; readonly path: string }[] = [];
  private taken: (() => void) | null = null;

  private constructor(server: WebSocketServer) {
    this.server = server;
    server.on("connection", (socket: WebSocket, request: IncomingMessage) => {
      this.come.push({ socket, path: request.url ?? "" });
      this.taken?.();
    });
  }

  static async start(): Promise<Listener> {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    return new Listener(server);
  }

  get addr(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The next socket that comes, and the path that it asked for. */
  async next() {
    for (;;) {
      const first = this.come.shift();
      if (first !== undefined) return first;
      await new Promise<void>((resolve) => {
        this.taken = resolve;
      });
    }
  }

  stop(): void {
    for (const socket of this.server.clients) socket.terminate();
    this.server.close();
  }
}

/** How a socket ends. */
export async function end(socket: WebSocket): Promise<readonly [code: number, reason: string]> {
  const [code, reason] = await once(socket, "close");
  return [code as number, String(reason)];
}

/** The next `n` frames. */
export function frames(socket: WebSocket, n: number): Promise<Buffer[]> {
  const got: Buffer[] = [];
  return new Promise((resolve) => {
    socket.on("message", (data: Buffer) => {
      if (got.push(data) === n) resolve(got);
    });
  });
}
