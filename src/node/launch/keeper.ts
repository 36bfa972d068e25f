/**
 * Starts supervisors and talks to them. Where the user has a systemd of his own that goes on after he logs out, a unit
 * runs the supervisor, also after a reboot; elsewhere it is a process of its own, which a reboot ends.
 */
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { homedir, userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Failure, oneLine } from "../cli/failure.ts";
import { unitFile } from "../cli/systemd-unit.ts";
import { run } from "./ssh.ts";
import type { Life } from "./supervisor.ts";
import { readUnit, type Unit } from "./unit.ts";

const systemdMillisMax = 20_000;
const connectMillisMax = 10_000;
const retryMillis = 50;
const lineCharsMax = 1024 * 1024;

const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const program = fileURLToPath(new URL(`./supervisor-main${extension}`, import.meta.url));

/** Which of the two is to be had here. */
export async function findKeeper(): Promise<Unit["keeper"]> {
  if (process.platform !== "linux") return "supervisor";
  process.env["XDG_RUNTIME_DIR"] ??= `/run/user/${userInfo().uid}`;
  const asked = await quietly("systemctl", ["--user", "show-environment"]);
  // Without lingering the units of a user end when he logs out.
  return asked && (await quietly("loginctl", ["enable-linger"])) ? "systemd" : "supervisor";
}

async function quietly(command: string, words: readonly string[]): Promise<boolean> {
  return run(command, words, "", systemdMillisMax).then(
    ({ code }) => code === 0,
    () => false,
  );
}

export async function startKeeper(folder: string, unit: Unit): Promise<void> {
  if (unit.keeper === "systemd") {
    const file = join(homedir(), ".config/systemd/user", serviceName(folder));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, serviceText(unit, folder), { mode: 0o600 });
    await systemctl(["daemon-reload"]);
    return systemctl(["enable", "--now", serviceName(folder)]);
  }
  const child = spawn(unit.node, [program, folder], { cwd: folder, detached: true, stdio: "ignore" });
  child.unref();
}

/** Stops the node and what keeps it. @returns whether it ran */
export async function stopKeeper(folder: string): Promise<boolean> {
  const life = await watch(folder, (one) => one.ended !== null, 30_000, "stop");
  if (readUnit(folder).keeper === "systemd") {
    await systemctl(["disable", "--now", serviceName(folder)]);
    rmSync(join(homedir(), ".config/systemd/user", serviceName(folder)), { force: true });
  }
  if (life !== null && life.ended === null)
    throw new Failure(1, `${readUnit(folder).advertise} does not stop`);
  return life !== null;
}

async function systemctl(words: readonly string[]): Promise<void> {
  const { code, stderr } = await run("systemctl", ["--user", ...words], "", systemdMillisMax);
  if (code !== 0) throw new Failure(1, `systemctl --user ${words.join(" ")}: ${oneLine(stderr)}`);
}

function serviceName(folder: string): string {
  return `concoord-${basename(dirname(folder))}-${basename(folder)}.service`;
}

/** The unit file of a node. */
export function serviceText(unit: Unit, folder: string): string {
  return unitFile({
    description: `concoord ${unit.role} ${unit.advertise}`,
    words: [unit.node, program, folder],
    service: [],
    wantedBy: "default.target",
  });
}

/** How a node is; null when nothing keeps it. */
export function lifeOf(folder: string): Promise<Life | null> {
  return watch(folder, () => true, connectMillisMax, null);
}

/** Waits for a supervisor that was just started. @throws Failure 1 */
export async function firstLife(folder: string): Promise<void> {
  const until = performance.now() + connectMillisMax;
  while ((await lifeOf(folder)) === null) {
    if (performance.now() > until) throw new Failure(1, "the supervisor does not start");
    await new Promise((resolve) => setTimeout(resolve, retryMillis));
  }
}

/**
 * Listens to a supervisor. @param enough when to hang up @param ask what to say first
 * @returns the last that it said, when `enough` holds, it ended or time is up; null when there is none
 */
export function watch(
  folder: string,
  enough: (life: Life) => boolean,
  millis: number,
  ask: "stop" | null,
): Promise<Life | null> {
  return new Promise((resolve) => {
    let last: Life | null = null;
    let partial = "";
    // The path of a socket has to be short, a folder's need not be.
    process.chdir(folder);
    const socket = connect("socket");
    const timer = setTimeout(() => socket.destroy(), millis);
    socket.setEncoding("utf8");
    socket.on("connect", () => ask !== null && socket.write(`${ask}\n`));
    socket.on("data", (text: string) => {
      const lines = (partial + text).split("\n");
      partial = (lines.pop() ?? "").slice(-lineCharsMax);
      for (const line of lines) {
        last = JSON.parse(line) as Life;
        if (enough(last)) socket.destroy();
      }
    });
    // No such socket, or nobody behind it: the node is not kept.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(last);
    });
  });
}
