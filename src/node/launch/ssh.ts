/**
 * The system's ssh and scp. Their arguments are arrays, and the command for the other side is always the same two
 * words, `sh -s`: what it does comes on its standard input. So no login shell, whichever it is, takes apart what a
 * user gave, and nothing of it stands in a list of processes.
 */
import { spawn } from "node:child_process";
import { Failure, oneLine } from "../cli/failure.ts";
import type { Config } from "./config.ts";
import type { Host } from "./host.ts";

/** Bytes that a command may print. */
const outputBytesMax = 16 * 1024 * 1024;
/** Milliseconds of one step, as installing the package. */
export const stepMillisMax = 300_000;

/** How one gets to a host. */
export interface Way {
  readonly host: Host;
  readonly userName: string;
  readonly sshKeyFile: string | null;
  /** A file for ssh's -F, or null. */
  readonly sshConfig: string | null;
  /** Whether a host that was never seen is believed to be itself. */
  readonly acceptNew: boolean;
}

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** @throws Failure 1 without a user name */
export function wayTo(host: Host, config: Config, env: Readonly<Record<string, string | undefined>>): Way {
  const { userName, sshKeyFile } = config;
  if (userName === null) throw new Failure(1, "there is no USERNAME: openreplica addusername NAME");
  return { host, userName, sshKeyFile, sshConfig: env["CONCOORD_SSH_CONFIG"] || null, acceptNew: false };
}

/**
 * Runs a script of the POSIX shell over there. @param script its variable parts are `quoted`
 * @throws Failure 4 when ssh cannot get there, or time is up
 */
export async function runScript(way: Way, script: string, millis = stepMillisMax): Promise<Ended> {
  const words = [...options(way), "-T", "--", way.host.address, "sh -s"];
  const ended = await run("ssh", words, script, millis);
  // What ssh itself ends with, whatever the reason. Our scripts never do.
  if (ended.code === 255) throw unreachable(way, ended);
  return ended;
}

/** Copies a file. @param path absolute, over there @throws Failure 4 */
export async function copyFile(way: Way, file: string, path: string): Promise<void> {
  const { address } = way.host;
  const target = `${address.includes(":") ? `[${address}]` : address}:${path}`;
  const ended = await run("scp", [...options(way), "-q", "--", file, target], "", stepMillisMax);
  if (ended.code !== 0) throw new Failure(4, `${way.host.name}: scp: ${oneLine(ended.stderr)}`);
}

/** A text as one word of the shell, whatever it holds. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function options({ host, userName, sshKeyFile, sshConfig, acceptNew }: Way): string[] {
  const settings = [
    "BatchMode=yes",
    "ConnectTimeout=10",
    "ServerAliveInterval=10",
    "ServerAliveCountMax=3",
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
    "RemoteCommand=none",
    "LogLevel=ERROR",
    `User=${userName}`,
    ...(host.sshPort === null ? [] : [`Port=${host.sshPort}`]),
    ...(sshKeyFile === null ? [] : ["IdentitiesOnly=yes"]),
    ...(acceptNew ? ["StrictHostKeyChecking=accept-new"] : []),
  ];
  return [
    ...(sshConfig === null ? [] : ["-F", sshConfig]),
    // ssh would put something else for what begins with a per cent sign.
    ...(sshKeyFile === null ? [] : ["-i", sshKeyFile.replaceAll("%", "%%")]),
    ...settings.flatMap((setting) => ["-o", setting]),
  ];
}

function unreachable({ host }: Way, { stderr }: Ended): Failure {
  const unknown = /host key verification failed/i.test(stderr);
  const advice = unknown ? "; openreplica addnode --accept-new takes the key of a host that is new" : "";
  return new Failure(
    4,
    `${host.name}: Cannot connect to node, check if it is up and running. (${oneLine(stderr)}${advice})`,
  );
}

/**
 * Runs a program to its end. @param millis after these it is killed
 * @throws Failure 1 when it is not installed or prints without end, 4 when time is up
 */
export function run(
  program: string,
  words: readonly string[],
  input: string,
  millis: number,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ["pipe", "pipe", "pipe"] });
    const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let bytes = 0;
    const give = (error: Failure) => {
      child.kill("SIGKILL");
      reject(error);
    };
    const timer = setTimeout(
      () => give(new Failure(4, `${program}: not done in ${millis / 1000} s`)),
      millis,
    );
    for (const name of ["stdout", "stderr"] as const)
      child[name].on("data", (part: Buffer) => {
        bytes += part.length;
        if (bytes > outputBytesMax) give(new Failure(1, `${program} prints without end`));
        else parts[name].push(part);
      });
    child.on("error", (error) => give(new Failure(1, `cannot run ${program}: ${error.message}`)));
    child.on("close", (code) => {
      clearTimeout(timer);
      const text = (name: "stdout" | "stderr") => Buffer.concat(parts[name]).toString("utf8");
      resolve({ code: code ?? 1, stdout: text("stdout"), stderr: text("stderr") });
    });
    // One that ends before it read all says why by its exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
