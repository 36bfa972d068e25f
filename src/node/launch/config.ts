/**
 * What `openreplica` remembers: the hosts, the key and the user of ssh, in `openreplica/openreplica.cfg` below
 * $XDG_CONFIG_HOME or ~/.config. Lines KEY=value; nobody else can read it.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { Failure, messageOf } from "../cli/failure.ts";
import { checkUserName, type Host, parseHost } from "./host.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface Config {
  readonly hosts: readonly Host[];
  /** An absolute path; null for the keys that ssh finds by itself. */
  readonly sshKeyFile: string | null;
  readonly userName: string | null;
}

const fresh: Config = { hosts: [], sshKeyFile: null, userName: null };

export function configFile(env: Environment): string {
  // A relative path is invalid by the XDG base directory specification, and ignored.
  const base = env["XDG_CONFIG_HOME"];
  return join(base?.startsWith("/") ? base : join(homedir(), ".config"), "openreplica", "openreplica.cfg");
}

/**
 * Reads it; without a file nothing is configured.
 * @throws Failure 1 when it cannot be read, or holds something else
 */
export function readConfig(env: Environment): Config {
  const file = configFile(env);
  if (!existsSync(file)) return fresh;
  const values = new Map<string, string>();
  for (const [at, line] of readText(file).split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const match = /^(NODES|GROUPS|SSH_KEY_FILE|USERNAME)=(.*)$/.exec(line);
    if (match === null)
      throw new Failure(1, `${file} line ${at + 1} is not NODES=, SSH_KEY_FILE= or USERNAME=`);
    values.set(match[1] as string, (match[2] as string).trim());
  }
  const groups = new Map(
    list(values.get("GROUPS"), ",").map((item) => {
      const at = item.lastIndexOf("=");
      return [item.slice(0, at), list(item.slice(at + 1), "+")] as const;
    }),
  );
  const userName = values.get("USERNAME") || null;
  return {
    hosts: list(values.get("NODES"), ",").map((name) => parseHost(name, groups.get(name) ?? [])),
    sshKeyFile: values.get("SSH_KEY_FILE") || null,
    userName: userName === null ? null : checkUserName(userName),
  };
}

/** Writes it as a whole, so that a reader finds the old one or the new one. */
export function writeConfig(env: Environment, config: Config): void {
  const file = configFile(env);
  const part = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(part, textOf(config), { mode: 0o600, flag: "wx" });
    renameSync(part, file);
  } catch (error) {
    rmSync(part, { force: true });
    throw new Failure(1, `cannot write ${file}: ${messageOf(error)}`);
  }
}

/** As it is kept, and as `openreplica config` prints it. */
export function textOf({ hosts, sshKeyFile, userName }: Config): string {
  const grouped = hosts.filter(({ groups }) => groups.length > 0);
  return [
    `NODES=${hosts.map(({ name }) => name).join(",")}`,
    ...(grouped.length === 0
      ? []
      : [`GROUPS=${grouped.map((h) => `${h.name}=${h.groups.join("+")}`).join(",")}`]),
    `SSH_KEY_FILE=${sshKeyFile ?? ""}`,
    `USERNAME=${userName ?? ""}`,
    "",
  ].join("\n");
}

/**
 * Finds the private key that a user names: by a path, or as a file of ~/.ssh.
 * @returns an absolute path
 * @throws Failure 1 when there is none, or it is no private key, or others can read it
 */
export function findKey(name: string, cwd: string): string {
  const places = [resolve(cwd, name), join(homedir(), ".ssh", name)];
  const file = places.find((place) => existsSync(place) && statSync(place).isFile());
  if (file === undefined) throw new Failure(1, `${name}: no such file here or in ~/.ssh`);
  if (/[\n\r]/.test(file)) throw new Failure(1, "the path of a key cannot hold a line break");
  if (!readText(file).includes("PRIVATE KEY"))
    throw new Failure(
      1,
      `${file} is not a private key${file.endsWith(".pub") ? `: give ${name.slice(0, -4)}` : ""}`,
    );
  if ((statSync(file).mode & 0o077) !== 0)
    throw new Failure(1, `others can read ${file}, so ssh would refuse it: chmod 600 it`);
  return file;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Failure(1, `cannot read ${file}: ${messageOf(error)}`);
  }
}

function list(text: string | undefined, separator: string): readonly string[] {
  return (text ?? "")
    .split(separator)
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
