/** Follows a document as its reader would: types its commands, keeps what serves, and compares what is printed. */
import { execFile, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { type Running, root, startNode } from "../process/processes.ts";
import { type Aside, type Block, fileOf } from "./documents.ts";

const run = promisify(execFile);
/** What a machine may lack; its lines are left out there. */
const missing = ["dig", "curl"].filter(
  (name) => spawnSync(name, ["-V"], { stdio: "ignore" }).error !== undefined,
);
/** How soon what only looks must see what a document shows: nodes hear of each other, resolvers of views. */
const shownMillisMax = 15_000;
const readyMillisMax = 30_000;
/** Ports that a document may name: 14000 to 14009, 5300 to 5309, and one of each machine 10.0.0.1 to 10.0.0.9. */
export const portsMax = 30;

const serves =
  /^(npm ci && npm start|(npx )?concoord (dev|replica|acceptor|nameserver|logdaemon)|node serve\.ts) /;

interface Typed {
  /** The machine at which it is typed, as "10.0.0.1"; "" for the reader's own. */
  readonly host: string;
  readonly command: string;
  /** What the document shows; null where it shows nothing. */
  readonly told: string | null;
}

export class Terminal {
  private readonly folder = mkdtempSync(join(tmpdir(), "concoord-docs-"));
  private readonly bin = join(this.folder, "bin");
  /** By machine, or by port on the reader's own. */
  private readonly serving = new Map<string, Running>();
  private readonly port: number;
  /** Variables that were set, by machine and name. */
  private readonly settings = new Map<string, string>();

  /** @param port the first of `portsMax` free ones */
  constructor(port: number) {
    this.port = port;
    const own = join(this.folder, "own");
    for (const folder of [own, this.bin, join(own, "node_modules")]) mkdirSync(folder);
    symlinkSync(join(root, "examples"), join(own, "examples"));
    symlinkSync(root, join(own, "node_modules/concoord"));
    for (const name of ["esbuild", "cbor-x"])
      symlinkSync(join(root, "node_modules", name), join(own, "node_modules", name));
    this.program("node", `exec '${process.execPath}' "$@"`);
    this.program("concoord", `exec '${process.execPath}' '${join(root, "bin/concoord.js")}' "$@"`);
    this.program("npx", 'exec "$@"');
    this.program("scp", `cp "$1" '${this.folder}'/"$(echo "$2" | tr -d :)"`);
    // What a document installs is here already.
    this.program("npm", "exit 0");
  }

  private program(name: string, text: string): void {
    writeFileSync(join(this.bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(this.bin, name), 0o755);
  }

  async follow(steps: readonly (Block | Aside)[]): Promise<void> {
    let isTyped = true;
    for (const step of steps) {
      if (step.type === "block") {
        if (isTyped) await this.block(step);
        isTyped = true;
      } else if (step.words[0] === "not") isTyped = false;
      else await this.end(step.words);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.serving.values()].map((node) => node.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async block(block: Block): Promise<void> {
    const file = fileOf(block);
    const text = block.text.replaceAll(/ *\\\n */g, " ");
    if (block.language === "console") for (const typed of dialogue(text)) await this.type(typed);
    else if (file !== null) writeFileSync(join(this.cwd(""), file), this.moved(block.text));
    else if (block.language === "sh") for (const typed of lines(text)) await this.type(typed);
  }

  /** `kill NODE`, as `kill -9` and a power cut do, or `stop NODE`, as Ctrl-C does. */
  private async end([verb, ...names]: readonly string[]): Promise<void> {
    for (const name of names) {
      const node = this.serving.get(name);
      if (node === undefined) throw new Error(`nothing serves at ${name}`);
      this.serving.delete(name);
      await (verb === "kill" ? node.kill() : node.stop());
    }
  }

  /** Machines other than the reader's own begin with a copy of the files there. */
  private cwd(host: string): string {
    const folder = join(this.folder, host === "" ? "own" : host);
    if (existsSync(folder)) return folder;
    const own = this.cwd("");
    mkdirSync(folder);
    for (const entry of readdirSync(own, { withFileTypes: true }))
      if (entry.isFile()) copyFileSync(join(own, entry.name), join(folder, entry.name));
    symlinkSync(join(own, "node_modules"), join(folder, "node_modules"));
    return folder;
  }

  private async type({ host, command, told }: Typed): Promise<void> {
    const line = this.moved(command, host);
    if (missing.some((name) => line.startsWith(`${name} `))) return;
    const expected = told === null ? null : shape(this.moved(told, host));
    const setting = /^(?:export )?([A-Z_]+)=(\S+)$/.exec(line);
    if (setting !== null) return void this.settings.set(`${host} ${setting[1]}`, setting[2] as string);
    if (serves.test(`${line} `)) return this.serve(host, line, expected);
    const looks = /^(npx )?(concoord (status|objects|sessions|find|top)|dig|curl) /.test(`${line} `);
    const compare = async () => expect(shape(await this.output(host, line))).toBe(expected);
    if (expected === null) await this.output(host, line);
    else if (looks)
      await expect
        .poll(() => this.output(host, line).then(shape), { timeout: shownMillisMax })
        .toBe(expected);
    else await compare();
  }

  private async serve(host: string, line: string, expected: string | null): Promise<void> {
    const command = line.startsWith("npm") ? "concoord dev" : line.replace(/^npx /, "");
    const cwd = this.cwd(host);
    const env = this.env(host);
    const { stdout } = await run("sh", ["-c", `printf '%s\\0' ${command}`], { cwd, env });
    const [program, ...args] = stdout.split("\0").slice(0, -1);
    const node = startNode([...(program === "node" ? [] : [join(root, "bin/concoord.js")]), ...args], env, {
      cwd,
    });
    const port = Number(args[args.indexOf("-p") + 1] ?? this.port);
    const name =
      program === "node" ? "page" : `${(Number.isNaN(port) ? this.port : port) - this.port + 14_000}`;
    this.serving.set(host === "" ? name : host, node);
    if (args[0] === "logdaemon") return;
    const ready = program === "node" ? /^http/ : args[0] === "dev" ? /Stop {5}Ctrl-C/ : /^READY/;
    await node.line(ready, readyMillisMax);
    if (expected !== null) expect(shape(node.output())).toBe(expected);
  }

  /** All that the line prints. Where a command fails, its document shows what it says. */
  private async output(host: string, line: string): Promise<string> {
    const { stdout } = await run("sh", ["-c", `{ ${line}\n} 2>&1`], {
      cwd: this.cwd(host),
      env: this.env(host, true),
    });
    return stdout;
  }

  /** Ports in place of 14000, which is what commands take where nothing is said. */
  private env(host: string, asks = false): NodeJS.ProcessEnv {
    const known = Object.entries(process.env).filter(([key]) => !key.startsWith("CONCOORD_"));
    const port = this.moved("14000", host);
    const env: NodeJS.ProcessEnv = { ...Object.fromEntries(known), CONCOORD_PORT: port, NO_COLOR: "1" };
    env["PATH"] = `${this.bin}:${process.env["PATH"]}`;
    if (asks) env["CONCOORD_BOOT"] = `127.0.0.1:${port}`;
    for (const [key, value] of this.settings) {
      const [machine, name = ""] = key.split(" ");
      if (machine === host) env[name] = this.moved(value, host);
    }
    return env;
  }

  /** The addresses of the documents as those of this test: 10.0.0.N:14000, 127.0.0.1:1400N, DNS on 530N. */
  private moved(text: string, host = ""): string {
    const own = host === "" ? 0 : 20 + Number(host.slice(host.lastIndexOf(".") + 1));
    const at = (n: string, from: number) => this.port + from + Number(n);
    return text
      .replaceAll(/-a 10\.0\.0\.(\d)(?: -p 14000)?/g, (_, n: string) => `-a 127.0.0.1 -p ${at(n, 20)}`)
      .replaceAll(/10\.0\.0\.(\d):14000/g, (_, n: string) => `127.0.0.1:${at(n, 20)}`)
      .replaceAll(/\b1400(\d)\b/g, (_, n: string) => `${at(n, own)}`)
      .replaceAll(/\b530(\d)\b/g, (_, n: string) => `${at(n, 10)}`)
      .replaceAll(/\b8080\b/g, `${at("9", 0)}`);
  }
}

/** The lines of an `sh` block; what stands behind two blanks and a `#` is what they print. */
function* lines(text: string): Generator<Typed> {
  for (const line of text.trim().split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [command = "", told] = line.split(/ {2,}# /);
    yield { host: "", command, told: told ?? null };
  }
}

/** `$ COMMAND` or `10.0.0.1$ COMMAND`, each with what it prints. */
function* dialogue(text: string): Generator<Typed> {
  for (const part of text.split(/^(?=(?:[\d.]+)?\$ )/m)) {
    const [, host = "", command = "", told = ""] = /^([\d.]*)\$ (.*)\n([\s\S]*)$/.exec(part) ?? [];
    if (command !== "") yield { host, command, told };
  }
}

/** What must agree: ids, slots and times are others each time, and anybody may lead. A number alone is a result. */
function shape(text: string): string {
  const ids = text.trim().replaceAll(/\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b/g, "ID");
  const seen = ids.split("\n").map((line) => {
    if (/^-?[\d.]+$/.test(line)) return line;
    return line
      .replace(/^(.* replica) +leader /, "$1 ")
      .replaceAll(/\d{2,}(\.\d+)?|\d\.\d+/g, "N")
      .replaceAll(/\s+/g, " ")
      .trimEnd();
  });
  return seen.join("\n");
}
