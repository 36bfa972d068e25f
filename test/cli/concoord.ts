/** Runs the built command line in a folder of its own. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Less than a test may take, so that what a node said is shown when it never says what is waited for. */
const lineMillisMax = 50_000;

export type Program = "concoord" | "openreplica";

function binOf(program: Program): string {
  return fileURLToPath(new URL(`../../bin/${program}.js`, import.meta.url));
}

export interface Result {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** Resolves with the first line of standard output that matches. */
  line(pattern: RegExp): Promise<string>;
  /** Resolves with the exit code when it ends by itself. */
  readonly ended: Promise<number | null>;
  /** Types on its standard input. */
  type(text: string): void;
  /** Sends the signal. */
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal and resolves with the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export class Workplace {
  readonly dir = mkdtempSync(join(tmpdir(), "concoord-cli-"));
  private readonly ends: (() => Promise<unknown>)[] = [];
  private readonly env: NodeJS.ProcessEnv;

  /** @param env beside what is set here anyway */
  constructor(env: NodeJS.ProcessEnv = {}) {
    this.env = { ...cleanEnv(), ...env };
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.dir, name), text);
  }

  /** Runs until it ends; it is killed after 30 s. */
  run(args: readonly string[], input = "", program: Program = "concoord"): Promise<Result> {
    return new Promise((resolve) => {
      const options = { cwd: this.dir, env: this.env, timeout: 30_000 };
      const child = execFile(process.execPath, [binOf(program), ...args], options, (_error, stdout, stderr) =>
        resolve({ exit: child.exitCode, stdout, stderr }),
      );
      child.stdin?.end(input);
    });
  }

  /** Starts a verb that serves. */
  start(args: readonly string[]): Running {
    const child = spawn(process.execPath, [binOf("concoord"), ...args], { cwd: this.dir, env: this.env });
    const seen: string[] = [];
    const waiting = new Set<() => void>();
    const note = (text: string) => {
      seen.push(text);
      for (const look of waiting) look();
    };
    createInterface(child.stdout).on("line", note);
    createInterface(child.stderr).on("line", (text) => note(`stderr: ${text}`));
    const closed = new Promise<number | null>((resolve) => child.on("close", resolve));
    void closed.then(() => note("closed"));
    const end = (signal: NodeJS.Signals) => {
      child.kill(signal);
      return closed;
    };
    this.ends.push(() => end("SIGKILL"));
    const line = (pattern: RegExp) =>
      new Promise<string>((resolve, reject) => {
        const look = () => {
          const found = seen.find((text) => pattern.test(text));
          if (found === undefined && !seen.includes("closed")) return;
          waiting.delete(look);
          clearTimeout(timer);
          if (found === undefined) reject(new Error(`it ended:\n${seen.join("\n")}`));
          else resolve(found);
        };
        const inVain = () => reject(new Error(`no ${pattern} of ${args.join(" ")}:\n${seen.join("\n")}`));
        const timer = setTimeout(inVain, lineMillisMax);
        waiting.add(look);
        look();
      });
    const type = (text: string) => void child.stdin.write(text);
    return { line, end, ended: closed, type, signal: (signal) => void child.kill(signal) };
  }

  async close(): Promise<void> {
    await Promise.all(this.ends.map((end) => end()));
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function cleanEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("CONCOORD_")));
}

/** A port that nobody uses now. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
