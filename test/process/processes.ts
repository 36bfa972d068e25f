/** Real processes for tests and benches: started, waited for, measured and ended by pid, never left behind. */
import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { fileURLToPath } from "node:url";

/** The folder of the package. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** Every process started here and not yet over: killed when this process exits, however it does. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

export interface Running {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it has written to standard error so far. */
  errors(): string;
  /** What it has written to standard output so far. */
  output(): string;
  /** Resolves with the first line of standard output that matches. @throws Error when it ends before, or is late */
  line(pattern: RegExp, timeoutMillis: number): Promise<string>;
  /** Resolves with the exit code, or the name of the signal that ended it. */
  readonly over: Promise<number | string>;
  /** SIGKILL, and waits until the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; SIGKILL when it is not over in `graceMillis`. Resolves with how it ended. */
  stop(graceMillis?: number): Promise<number | string>;
}

export interface StartOptions {
  /** The folder of the package unless given. */
  readonly cwd?: string;
  /** Whether the process may tell things by `process.send`. */
  readonly ipc?: boolean;
}

/**
 * Starts `node ARGS` with the Node that runs this.
 * @param env in addition to ours, from which the settings of concoord are taken away
 */
export function startNode(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  options: StartOptions = {},
): Running {
  return startProgram(process.execPath, args, env, options);
}

/** The same for any program. */
export function startProgram(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  { cwd = root, ipc = false }: StartOptions = {},
): Running {
  const stdio: StdioOptions = ["ignore", "pipe", "pipe", ...(ipc ? (["ipc"] as const) : [])];
  const child = spawn(program, args, { cwd, stdio, env: { ...cleanEnv(), ...env } });
  running.add(child);
  let output = "";
  let errors = "";
  const looking = new Set<() => void>();
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    for (const look of looking) look();
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const over = new Promise<number | string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  }).finally(() => {
    running.delete(child);
    for (const look of looking) look();
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot start ${args.join(" ")}`);
  return {
    child,
    pid,
    over,
    output: () => output,
    errors: () => errors,
    line: (pattern, timeoutMillis) => {
      const found = () => output.split("\n").find((text) => pattern.test(text));
      const about = () => `${args.join(" ")}\n${output}${errors}`;
      return waitForLine({ found, about, looking, ended: () => !running.has(child), timeoutMillis });
    },
    kill: async () => {
      child.kill("SIGKILL");
      await over;
    },
    stop: async (graceMillis = 5_000) => {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMillis);
      return over.finally(() => clearTimeout(timer));
    },
  };
}

interface Looking {
  readonly found: () => string | undefined;
  readonly about: () => string;
  readonly looking: Set<() => void>;
  readonly ended: () => boolean;
  readonly timeoutMillis: number;
}

function waitForLine({ found, about, looking, ended, timeoutMillis }: Looking): Promise<string> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const text = found();
      if (text !== undefined) done(() => resolve(text));
      else if (ended()) done(() => reject(new Error(`it ended: ${about()}`)));
    };
    const timer = setTimeout(
      () => done(() => reject(new Error(`no such line in time: ${about()}`))),
      timeoutMillis,
    );
    const done = (settle: () => void) => {
      clearTimeout(timer);
      looking.delete(look);
      settle();
    };
    looking.add(look);
    look();
  });
}

function cleanEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith("CONCOORD_")));
}

/** Takes a port of the loopback, 0 for any; rejects when somebody listens there. */
function bind(port: number): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

async function release(servers: readonly Server[]): Promise<void> {
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
}

function portOf(server: Server): number {
  const at = server.address();
  if (at === null || typeof at === "string") throw new Error("no port");
  return at.port;
}

/** `n` ports of the loopback on which nobody listens now. */
export async function freePorts(n: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: n }, () => bind(0)));
  const ports = servers.map(portOf);
  await release(servers);
  return ports;
}

/** The first of `n` ports in a row that are free now. */
export async function freePortRange(n: number): Promise<number> {
  for (;;) {
    const [first = 0] = await freePorts(1);
    const bound = await Promise.allSettled(Array.from({ length: n }, (_, i) => bind(first + i)));
    const servers = bound.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
    await release(servers);
    if (servers.length === n) return first;
  }
}

/** User and system time of the processes so far, in seconds (Linux; 0 elsewhere). */
export function cpuSeconds(pids: readonly number[]): number {
  if (process.platform !== "linux") return 0;
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field, the name, may hold blanks: fields are counted from behind its parenthesis.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / 100;
}

/**
 * Asks again and again, without a pause of its own, until the answer is not undefined.
 * @param what for the message when time is up
 */
export async function until<T>(
  what: string,
  timeoutMillis: number,
  ask: () => Promise<T | undefined>,
): Promise<T> {
  const limit = performance.now() + timeoutMillis;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > limit) throw new Error(`not in ${timeoutMillis} ms: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
