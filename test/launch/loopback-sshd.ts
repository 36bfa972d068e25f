/**
 * A real sshd on loopback, with keys and settings made for a test: several hosts, as every address of 127.0.0.0/8 is
 * this machine, each with the same home, a folder of the test. And `openreplica` with settings of its own.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { homedir, tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
const sshd = "/usr/sbin/sshd";
const commandMillisMax = 900_000;

/** Whether there is one; `apt-get install openssh-server` brings it. */
export const hasSshd = existsSync(sshd);

export interface Result {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Loopback {
  readonly dir: string;
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(dir: string, port: number, child: ChildProcess) {
    this.dir = dir;
    this.port = port;
    this.#child = child;
  }

  /** @param tools the programs that are on PATH over there; null for all that are here */
  static async start(hosts: readonly string[], tools: readonly string[] | null = null) {
    const dir = mkdtempSync(join(tmpdir(), "openreplica-test-"));
    const port = await freePort();
    for (const name of ["home", "config", "bin"]) mkdirSync(join(dir, name));
    for (const name of ["openreplica", "concoord"]) {
      const text = `#!/bin/sh\nexec "${process.execPath}" "${join(root, "bin", name)}.js" "$@"\n`;
      writeFileSync(join(dir, "bin", name), text, { mode: 0o755 });
    }
    for (const name of ["host_key", "id_test"])
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(dir, name)]);
    copyFileSync(join(dir, "id_test.pub"), join(dir, "authorized_keys"));
    writeFileSync(join(dir, "sshd_config"), sshdConfig(dir, port, hosts, pathOf(dir, tools)));
    const known = `UserKnownHostsFile ${dir}/known_hosts\nGlobalKnownHostsFile /dev/null\n`;
    writeFileSync(join(dir, "ssh_config"), known);
    // Debian's sshd wants this folder when it runs as root.
    if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true });
    const child = spawn(sshd, ["-D", "-e", "-f", join(dir, "sshd_config")], {
      stdio: ["ignore", "ignore", "inherit"],
    });
    await answers(port, child);
    return new Loopback(dir, port, child);
  }

  /** The environment of the tool. */
  get env(): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([name]) => !/^(?:CONCOORD|AWS)_/.test(name));
    return {
      ...Object.fromEntries(own),
      PATH: `${join(this.dir, "bin")}:${process.env["PATH"]}`,
      XDG_CONFIG_HOME: join(this.dir, "config"),
      CONCOORD_SSH_CONFIG: join(this.dir, "ssh_config"),
    };
  }

  /** Runs `openreplica` to its end. */
  openreplica(...args: readonly string[]): Promise<Result> {
    return this.run(process.execPath, [join(root, "bin/openreplica.js"), ...args]);
  }

  run(program: string, args: readonly string[], input = "", env: NodeJS.ProcessEnv = {}): Promise<Result> {
    return new Promise((resolve) => {
      const options = { cwd: this.dir, env: { ...this.env, ...env }, timeout: commandMillisMax };
      const child = execFile(program, [...args], options, (_error, stdout, stderr) =>
        resolve({ exit: child.exitCode ?? -1, stdout, stderr }),
      );
      child.stdin?.end(input);
    });
  }

  /** Stops all nodes, then sshd, and removes everything. */
  async stop(): Promise<void> {
    if (existsSync(join(this.dir, "config/openreplica"))) await this.openreplica("stop", "--all");
    const over = new Promise((resolve) => this.#child.once("close", resolve));
    this.#child.kill();
    await over;
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function pathOf(dir: string, tools: readonly string[] | null): string {
  if (tools === null) return `${dirname(process.execPath)}:${process.env["PATH"]}`;
  mkdirSync(join(dir, "tools"));
  for (const name of tools) {
    const found = ["/bin", "/usr/bin"].map((folder) => join(folder, name)).find((file) => existsSync(file));
    if (found !== undefined) symlinkSync(found, join(dir, "tools", name));
  }
  return join(dir, "tools");
}

function sshdConfig(dir: string, port: number, hosts: readonly string[], path: string): string {
  // npm over there finds what npm here keeps.
  const cache = execFileSync("npm", ["config", "get", "cache"], { encoding: "utf8", stdio: "pipe" }).trim();
  const npm = { npm_config_cache: cache, npm_config_userconfig: join(homedir(), ".npmrc") };
  const env = Object.entries({ HOME: join(dir, "home"), PATH: path, ...npm });
  return [
    `Port ${port}`,
    ...hosts.map((host) => `ListenAddress ${host}`),
    `HostKey ${dir}/host_key`,
    "PidFile none",
    "UsePAM no",
    "StrictModes no",
    "MaxStartups 100",
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    `AuthorizedKeysFile ${dir}/authorized_keys`,
    "Subsystem sftp internal-sftp",
    "LogLevel FATAL",
    `SetEnv ${env.map(([name, value]) => `${name}="${value}"`).join(" ")}`,
    "",
  ].join("\n");
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** Waits until sshd listens. */
async function answers(port: number, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`sshd ended with ${child.exitCode}`);
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("connect", () => resolve(true)).on("error", () => setTimeout(() => resolve(false), 20));
      socket.on("connect", () => socket.destroy());
    });
    if (open) return;
  }
}
