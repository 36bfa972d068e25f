/** Runs the built command line in a folder of its own. */
import { execFile, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../../bin/concoord.js", import.meta.url));

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
  /** Sends the signal and resolves with the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export class Workplace {
  readonly dir = mkdtempSync(join(tmpdir(), "concoord-cli-"));
  private readonly ends: (() => Promise<unknown>)[] = [];

  write(name: string, text: string): void {
    writeFileSync(join(this.dir, name), text);
  }

  /** Runs until it ends; it is killed after 30 s. */
  run(args: readonly string[], input = ""): Promise<Result> {
    return new Promise((resolve) => {
      const options = { cwd: this.dir, env: cleanEnv(), timeout: 30_000 };
      const child = execFile(process.execPath, [bin, ...args], options, (_error, stdout, stderr) =>
        resolve({ exit: child.exitCode, stdout, stderr }),
      );
      child.stdin?.end(input);
    });
  }

  /** Starts a verb that serves. */
  start(args: readonly string[]): Running {
    const child = spawn(process.execPath, [bin, ...args], { cwd: this.dir, env: cleanEnv() });
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
          if (found === undefined) reject(new Error(`it ended:\n${seen.join("\n")}`));
          else resolve(found);
        };
        waiting.add(look);
        look();
      });
    return { line, end, ended: closed };
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
