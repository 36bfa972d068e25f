/** What is measured: the replicas of concoord, the floor and the echo, each as real processes with one load process. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuSeconds, freePorts, type Running, startNode, usedBytes } from "../test/process/processes.ts";
import { type Figures, type LoadOrder, type Report, type Shape, warmMillis } from "./measure.ts";

const readyMillis = 30_000;
const graceMillis = 20_000;

export interface Result extends Shape, Figures {
  readonly subject: string;
  /** CPU time of all processes, load included, for one call. */
  readonly cpuMicrosPerOp: number;
  /** On all three disks together; null when nothing is kept. */
  readonly diskBytesPerOp: number | null;
}

/** Processes that serve, where their data lies, and how a load process reaches them. */
export class Subject {
  readonly name: string;
  /** null under --memory. */
  readonly folder: string | null;
  to = "";
  private readonly load: readonly string[];
  private readonly servers: Running[] = [];

  constructor(name: string, load: readonly string[], durable: boolean) {
    this.name = name;
    this.load = load;
    this.folder = durable ? mkdtempSync(join(tmpdir(), "concoord-bench-")) : null;
  }

  /** A folder of its own for one process, or "-". */
  data(part: string): string {
    if (this.folder === null) return "-";
    const path = join(this.folder, part);
    mkdirSync(path);
    return path;
  }

  /** Starts a process; resolves with its READY line. */
  async serve(args: readonly string[]): Promise<string> {
    const server = startNode(args);
    this.servers.push(server);
    return server.line(/^READY/, readyMillis);
  }

  /**
   * One load process from its start to its end.
   *
   * @param program what is started instead of the usual load, with its arguments
   * @throws Error when it fails or takes too long
   */
  async measure(shape: Shape, seconds: number, program = this.load): Promise<Result> {
    const disk = this.used();
    const order: LoadOrder = { to: this.to, shape, seconds };
    const load = startNode([...program, JSON.stringify(order)], {}, { ipc: true });
    const pids = [...this.servers.map((server) => server.pid), load.pid];
    let cpu = 0;
    const done = new Promise<Result>((resolve, reject) => {
      const limit = warmMillis + seconds * 1_000 + graceMillis;
      const timer = setTimeout(() => reject(new Error(`${this.name}: the load is not over in time`)), limit);
      load.child.on("message", (message: Report) => {
        if (message.type === "started") {
          cpu = cpuSeconds(pids);
          return;
        }
        clearTimeout(timer);
        const { figures } = message;
        const cpuMicrosPerOp = ((cpuSeconds(pids) - cpu) / figures.ops) * 1e6;
        const diskBytesPerOp = this.folder === null ? null : (this.used() - disk) / figures.opsInAll;
        resolve({ subject: this.name, ...shape, ...figures, cpuMicrosPerOp, diskBytesPerOp });
      });
      load.over.then(() => {
        clearTimeout(timer);
        reject(new Error(`${this.name}: the load failed: ${load.errors()}`));
      });
    });
    try {
      return await done;
    } finally {
      await load.stop();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
    if (this.folder !== null) rmSync(this.folder, { recursive: true, force: true });
  }

  private used(): number {
    return this.folder === null ? 0 : usedBytes(this.folder);
  }
}

/** Stops what was started when not all of it can be. */
async function whole(subject: Subject, start: () => Promise<void>): Promise<Subject> {
  try {
    await start();
    return subject;
  } catch (error) {
    await subject.stop();
    throw error;
  }
}

function addrOf(ready: string): string {
  return `127.0.0.1:${ready.split(" ")[1]}`;
}

export function startEcho(): Promise<Subject> {
  const echo = new Subject("echo", ["bench/echo.ts", "load"], false);
  return whole(echo, async () => {
    echo.to = addrOf(await echo.serve(["bench/echo.ts", "serve"]));
  });
}

export function startFloor(memory: boolean): Promise<Subject> {
  const floor = new Subject("floor", ["bench/floor.ts", "load"], !memory);
  return whole(floor, async () => {
    const followers = [];
    for (const name of ["b", "c"])
      followers.push(addrOf(await floor.serve(["bench/floor.ts", "follow", floor.data(name)])));
    floor.to = addrOf(await floor.serve(["bench/floor.ts", "lead", floor.data("a"), ...followers]));
  });
}

/** Three `concoord replica` as a user starts them, serving the example or other classes. */
export function startConcoord(
  memory: boolean,
  objects: readonly string[] = ["./examples/counter/counter.ts"],
): Promise<Subject> {
  const concoord = new Subject("concoord", ["bench/load.ts"], !memory);
  return whole(concoord, async () => {
    const ports = await freePorts(3);
    const addrs = ports.map((port) => `127.0.0.1:${port}`);
    concoord.to = addrs.join(",");
    for (const [i, port] of ports.entries()) {
      const boot = i === 0 ? [] : ["-b", concoord.to];
      const data = memory ? ["--memory"] : ["--data", concoord.data(String(i))];
      const args = ["replica", "-o", ...objects, "-p", String(port), ...boot, ...data];
      await concoord.serve(["bin/concoord.js", ...args]);
    }
  });
}
