/**
 * Keeps one node alive: starts it again, later each time, when it dies; keeps its log; and says how it is to whoever
 * connects to `socket` in its folder. Whether it lives is asked there, never concluded from a pid, which may have
 * become another program's. `pid` is written for people.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { appendFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { commandOf, readUnit } from "./unit.ts";

/** Bytes of a log; one older of the same size is kept. */
const logBytesMax = 10 * 1024 * 1024;
const waitMillisMin = 1_000;
const waitMillisMax = 30_000;
/** One that ran as long starts again soon. */
const steadyMillis = 60_000;
/** A node hands over what it leads; then it must end. */
const stopMillisMax = 15_000;
const partialCharsMax = 64 * 1024;

export interface Life {
  readonly pid: number | null;
  /** What it printed on its standard output: FOUNDED, READY. */
  readonly lines: readonly string[];
  readonly ready: boolean;
  readonly restarts: number;
  /** Once it is over for good. */
  readonly ended: { readonly code: number; readonly why: string } | null;
}

export class Supervisor {
  readonly #folder: string;
  readonly #watchers = new Set<Socket>();
  readonly #over: (code: number) => void;
  #server: Server | null = null;
  #child: ChildProcess | null = null;
  #life: Life = { pid: null, lines: [], ready: false, restarts: 0, ended: null };
  #wasReady = false;
  #stopping = false;
  #wait = waitMillisMin;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param folder of the node; it is the current folder of this process, too: the path of a socket has to be short
   * @param over called when it is over, with the exit code
   */
  constructor(folder: string, over: (code: number) => void) {
    this.#folder = folder;
    this.#over = over;
  }

  /** @throws when another one runs: the socket is in use */
  async start(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen("socket", resolve));
    this.#server = server;
    writeFileSync("pid", `${process.pid}\n`, { mode: 0o600 });
    this.#run();
  }

  /** Stops the node, then itself. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    clearTimeout(this.#timer);
    const child = this.#child;
    if (child === null) return this.#end(0, "stopped");
    child.kill("SIGTERM");
    this.#timer = setTimeout(() => child.kill("SIGKILL"), stopMillisMax);
  }

  #run(): void {
    const [program = "", ...words] = commandOf(readUnit(this.#folder), this.#folder);
    // Settings of this machine would be taken for flags that nobody gave.
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.startsWith("CONCOORD_")),
    );
    const since = performance.now();
    const child = spawn(program, words, { cwd: this.#folder, env, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.#change({ pid: child.pid ?? null, lines: [], ready: false });
    let partial = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#log(text);
      const lines = (partial + text).split("\n");
      partial = (lines.pop() ?? "").slice(-partialCharsMax);
      for (const line of lines) this.#heard(line);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#log(text));
    child.on("error", (error) => this.#log(`supervisor: ${error.message}\n`));
    child.on("close", (code) => this.#closed(code ?? 1, performance.now() - since));
  }

  #heard(line: string): void {
    if (!/^(FOUNDED|READY) /.test(line)) return;
    const ready = line.startsWith("READY ");
    this.#wasReady ||= ready;
    this.#change({ lines: [...this.#life.lines, line], ready });
  }

  #closed(code: number, lived: number): void {
    this.#child = null;
    clearTimeout(this.#timer);
    if (this.#stopping) return this.#end(0, "stopped");
    if (code === 0) return this.#end(0, "it left its cluster");
    // What never ran is wrong in a way that trying again does not mend.
    if (code === 2 || (!this.#wasReady && code !== 4)) return this.#end(1, `exit ${code}`);
    this.#wait = lived >= steadyMillis ? waitMillisMin : Math.min(this.#wait * 2, waitMillisMax);
    this.#log(`supervisor: exit ${code}; starts again in ${this.#wait} ms\n`);
    this.#change({ pid: null, ready: false, restarts: this.#life.restarts + 1 });
    this.#timer = setTimeout(() => this.#run(), this.#wait);
  }

  #end(code: number, why: string): void {
    this.#change({ pid: null, ready: false, ended: { code, why } });
    for (const socket of this.#watchers) socket.end();
    this.#server?.close();
    for (const file of ["socket", "pid"]) rmSync(file, { force: true });
    this.#over(code);
  }

  #change(part: Partial<Life>): void {
    this.#life = { ...this.#life, ...part };
    for (const socket of this.#watchers) this.#tell(socket);
  }

  #serve(socket: Socket): void {
    this.#watchers.add(socket);
    // One who hangs up has heard enough.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#watchers.delete(socket));
    socket.on("data", (text) => {
      if (text.toString().startsWith("stop")) this.stop();
    });
    this.#tell(socket);
  }

  #tell(socket: Socket): void {
    if (socket.writable) socket.write(`${JSON.stringify(this.#life)}\n`);
  }

  /** A full disk costs lines of the log, not the node. */
  #log(text: string): void {
    try {
      const size = statSync("log", { throwIfNoEntry: false })?.size ?? 0;
      if (size > logBytesMax) renameSync("log", "log.1");
      appendFileSync("log", text, { mode: 0o600 });
    } catch (error) {
      process.stderr.write(`cannot write the log: ${String(error)}\n`);
    }
  }
}
