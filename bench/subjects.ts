/** What is measured: the replicas of concoord, the floor and the echo, each as real processes with one load process. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuSeconds, freePorts, type Running, startNode } from "../test/process/processes.ts";
import { type Figures, type LoadOrder, type Report, type Shape, warmMillis } from "./measure.ts";
import type { Service } from "./services/services.ts";

const readyMillis = 30_000;
const graceMillis = 20_000;

export interface Result extends Shape, Figures {
  readonly subject: string;
  /** CPU time of all processes, load included, for one call. */
  readonly cpuMicrosPerOp: number;
}

/** Processes that serve, where their data lies, and how a load process reaches them. */
export class Subject {
  readonly name: string;
  /** null under --memory. */
  readonly folder: string | null;
  to = "";
  /** The program of the load, and what it does unless something else is wanted. */
  private readonly program: readonly string[];
  private readonly work: string | null;
  private readonly servers: Running[] = [];
  /** What else is to be stopped. */
  private also: () => Promise<void> = () => Promise.resolve();

  constructor(name: string, program: readonly string[], work: string | null, folder: string | boolean) {
    this.name = name;
    this.program = program;
    this.work = work;
    const made = () => mkdtempSync(join(tmpdir(), "concoord-bench-"));
    this.folder = folder === true ? made() : folder === false ? null : folder;
  }

  static ofService(service: Service): Subject {
    const subject = new Subject(
      service.name,
      ["bench/services/load.ts", service.name],
      "write",
      service.folder,
    );
    subject.to = service.members.map(({ addr }) => addr).join(",");
    subject.servers.push(...service.members.map(({ process }) => process));
    subject.also = () => service.stop();
    return subject;
  }

  /** The arguments of a load process that does `work`; the usual one when undefined. */
  loadOf(work: string | undefined): readonly string[] {
    const wanted = work ?? this.work;
    return wanted === null ? this.program : [...this.program, wanted];
  }

  get pids(): readonly number[] {
    return this.servers.map((server) => server.pid);
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
  async measure(shape: Shape, seconds: number, program = this.loadOf(undefined)): Promise<Result> {
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
        resolve({ subject: this.name, ...shape, ...figures, cpuMicrosPerOp });
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
    await this.also();
    if (this.folder !== null) rmSync(this.folder, { recursive: true, force: true });
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
  const echo = new Subject("echo", ["bench/echo.ts", "load"], null, false);
  return whole(echo, async () => {
    echo.to = addrOf(await echo.serve(["bench/echo.ts", "serve"]));
  });
}

export function startFloor(memory: boolean): Promise<Subject> {
  const floor = new Subject("floor", ["bench/floor.ts", "load"], null, !memory);
  return whole(floor, async () => {
    const followers = [];
    for (const name of ["b", "c"])
      followers.push(addrOf(await floor.serve(["bench/floor.ts", "follow", floor.data(name)])));
    floor.to = addrOf(await floor.serve(["bench/floor.ts", "lead", floor.data("a"), ...followers]));
  });
}

/**
 * `concoord replica` as a user starts them, three or so many, serving the example or other classes.
 *
 * @param flagsOf what Node is told of the replica with this number
 */
export function startConcoord(
  memory: boolean,
  objects: readonly string[] = ["./examples/counter/counter.ts"],
  replicas = 3,
  flagsOf: (i: number) => readonly string[] = () => [],
): Promise<Subject> {
  const concoord = new Subject("concoord", ["bench/load.ts"], "increment", !memory);
  return whole(concoord, async () => {
    const ports = await freePorts(replicas);
    const addrs = ports.map((port) => `127.0.0.1:${port}`);
    concoord.to = addrs.join(",");
    for (const [i, port] of ports.entries()) {
      const boot = i === 0 ? [] : ["-b", concoord.to];
      const data = memory ? ["--memory"] : ["--data", concoord.data(String(i))];
      const args = ["replica", "-o", ...objects, "-p", String(port), ...boot, ...data];
      await concoord.serve([...flagsOf(i), "bin/concoord.js", ...args]);
    }
  });
}
