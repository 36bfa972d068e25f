/** A headless Chromium, driven by the DevTools protocol over a pipe: only what the tests need of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";

/** The Chromium of this machine; null when there is none. */
export const chromiumPath: string | null =
  [process.env["CHROMIUM"], "/usr/bin/chromium"].find((path) => path !== undefined && existsSync(path)) ??
  null;

const flags = [
  "--headless=new",
  "--remote-debugging-pipe",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
];
flags.push(
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
);
flags.push("--disable-dev-shm-usage");

type Params = Readonly<Record<string, unknown>>;
type Message = {
  readonly id?: number;
  readonly sessionId?: string;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: Params;
  readonly error?: { readonly message: string };
};
interface Asked {
  resolve(result: Params): void;
  reject(error: Error): void;
}
type Heard = (params: Params) => void;

export class Chromium {
  private readonly folder = mkdtempSync(join(tmpdir(), "concoord-chromium-"));
  private readonly child: ChildProcess;
  private readonly asked = new Map<number, Asked>();
  private readonly heard = new Map<string, Heard>();
  private readonly over: Promise<void>;
  private last = 0;

  /** @param more flags of its command line */
  constructor(path: string, more: readonly string[] = []) {
    const stdio = ["ignore", "ignore", "ignore", "pipe", "pipe"] as const;
    this.child = spawn(path, [...flags, ...more, `--user-data-dir=${this.folder}`, "about:blank"], {
      stdio: [...stdio],
    });
    this.over = new Promise((resolve) => this.child.once("close", () => resolve()));
    let text = "";
    (this.child.stdio[4] as Readable).setEncoding("utf8").on("data", (data: string) => {
      const parts = (text + data).split("\0");
      text = parts.pop() ?? "";
      for (const part of parts) this.receive(JSON.parse(part) as Message);
    });
  }

  /** One command of the protocol. @param page the session of a page; none for those of the browser */
  send(method: string, params: Params = {}, page?: string): Promise<Params> {
    const id = ++this.last;
    (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, sessionId: page })}\0`);
    return new Promise((resolve, reject) => this.asked.set(id, { resolve, reject }));
  }

  /** Calls back for each event of this name in a page. */
  on(page: string, event: string, heard: Heard): void {
    this.heard.set(`${page} ${event}`, heard);
  }

  /** Opens an empty tab. @returns the session of its page */
  async open(): Promise<string> {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await this.send("Target.attachToTarget", { targetId, flatten: true });
    return String(sessionId);
  }

  /** @returns what the expression, or the promise that it is, brings, as JSON can say it */
  async evaluate(page: string, expression: string): Promise<unknown> {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", options, page);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return (result as { readonly value?: unknown }).value;
  }

  async stop(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.over;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  private receive({ id, sessionId, method, params = {}, result = {}, error }: Message): void {
    if (id === undefined) return this.heard.get(`${sessionId} ${method}`)?.(params);
    const asked = this.asked.get(id);
    this.asked.delete(id);
    if (error === undefined) asked?.resolve(result);
    else asked?.reject(new Error(error.message));
  }
}
