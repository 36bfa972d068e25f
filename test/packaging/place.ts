/** An empty folder elsewhere, and shell commands in it, which find Node, npm and nothing of this project. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { root } from "../process/processes.ts";

export interface Said {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Served {
  /** Resolves with the first line of its output that matches. @throws Error when it ends before */
  line(pattern: RegExp): Promise<string>;
  /** Sends the signal, and resolves with the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export class Place {
  readonly dir = mkdtempSync(join(tmpdir(), "concoord-place-"));
  private readonly env: NodeJS.ProcessEnv;
  private readonly running = new Set<ChildProcess>();

  /** @param registry for npm, the URL of one @param path more folders of programs, relative to this one */
  constructor(registry: string | null = null, path: readonly string[] = []) {
    const others = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.startsWith(root));
    const folders = [...path.map((folder) => join(this.dir, folder)), dirname(process.execPath), ...others];
    this.env = {
      PATH: folders.join(delimiter),
      HOME: this.dir,
      NO_COLOR: "1",
      npm_config_cache: join(this.dir, ".npm"),
      npm_config_loglevel: "error",
      npm_config_update_notifier: "false",
      ...(registry === null ? {} : { npm_config_registry: registry }),
    };
  }

  /** Runs a command to its end. */
  async run(command: string, env: NodeJS.ProcessEnv = {}): Promise<Said> {
    const child = this.spawn(command, env);
    let stdout = "";
    let stderr = "";
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    return { exit: await ended(child), stdout, stderr };
  }

  /** Starts a command that serves. */
  start(command: string, env: NodeJS.ProcessEnv = {}): Served {
    const child = this.spawn(command, env);
    let said = "";
    const looking = new Set<() => void>();
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        for (const look of looking) look();
      });
    const over = ended(child).finally(() => {
      for (const look of looking) look();
    });
    const line = (pattern: RegExp) =>
      new Promise<string>((resolve, reject) => {
        const look = () => {
          const found = said.split("\n").find((text) => pattern.test(text));
          if (found !== undefined) resolve(found);
          else if (!this.running.has(child)) reject(new Error(`it ended: ${command}\n${said}`));
          else return looking.add(look);
          return looking.delete(look);
        };
        look();
      });
    const end = (signal: NodeJS.Signals) => {
      child.kill(signal);
      return over;
    };
    return { line, end };
  }

  async close(): Promise<void> {
    for (const child of this.running) child.kill("SIGKILL");
    await Promise.all([...this.running].map(ended));
    rmSync(this.dir, { recursive: true, force: true });
  }

  private spawn(command: string, env: NodeJS.ProcessEnv): ChildProcess {
    const options = { cwd: this.dir, env: { ...this.env, ...env } };
    const child = spawn("sh", ["-c", command], { ...options, stdio: ["ignore", "pipe", "pipe"] });
    this.running.add(child);
    child.once("close", () => this.running.delete(child));
    return child;
  }
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve(code));
  });
}
