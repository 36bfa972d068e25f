/**
 * One node on a host: its folder ~/.concoord/hosts/HOST/PORT with what it is started with (`node.json`), its data, its
 * log, its pid and the socket of its supervisor.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join, relative } from "node:path";
import { Failure } from "../cli/failure.ts";
import type { LaunchRole, SentFile } from "./jobs.ts";

export interface Unit {
  readonly role: LaunchRole;
  readonly port: number;
  /** To listen on. */
  readonly addr: string;
  /** host:port by which the others reach it. */
  readonly advertise: string;
  /** All members, as far as they were known when one was last started. */
  readonly boot: readonly string[];
  readonly words: readonly string[];
  /** Known once it was ready. */
  readonly cluster: string | null;
  /** Programs, absolute. */
  readonly node: string;
  readonly concoord: string;
  readonly keeper: "systemd" | "supervisor";
}

/** Where the nodes of a host are. Homes may be shared: each host has its own. */
export function hostFolder(host: string): string {
  return join(homedir(), ".concoord", "hosts", host.replace(/[^\w.-]/g, "_"));
}

export function unitFolder(host: string, port: number): string {
  return join(hostFolder(host), String(port));
}

/** The ports of the nodes that were started there, in order. */
export function unitPorts(host: string): readonly number[] {
  const folder = hostFolder(host);
  if (!existsSync(folder)) return [];
  const ports = readdirSync(folder).filter((name) => existsSync(join(folder, name, "node.json")));
  return ports.map(Number).toSorted((a, b) => a - b);
}

/** @throws Failure 1 when there is none */
export function readUnit(folder: string): Unit {
  try {
    return JSON.parse(readFileSync(join(folder, "node.json"), "utf8")) as Unit;
  } catch (error) {
    throw new Failure(1, `cannot read ${join(folder, "node.json")}: ${String(error)}`);
  }
}

export function writeUnit(folder: string, unit: Unit): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const part = join(folder, `node.json.${process.pid}`);
  writeFileSync(part, `${JSON.stringify(unit, null, 2)}\n`, { mode: 0o600 });
  renameSync(part, join(folder, "node.json"));
}

/** Writes a file that came along. @returns its path @throws Failure 1 for one that would lie elsewhere */
export function writeSent(folder: string, { path, base64 }: SentFile): string {
  const file = join(folder, "files", path);
  const within = relative(join(folder, "files"), file);
  if (within.startsWith("..") || within === "") throw new Failure(1, `a file cannot be sent to ${path}`);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, Buffer.from(base64, "base64"), { mode: 0o600 });
  chmodSync(file, 0o600);
  return file;
}

/** What is run: a program and its arguments, none of which a shell sees. */
export function commandOf(unit: Unit, folder: string): readonly string[] {
  const { role, words, addr, port, advertise, boot } = unit;
  const elsewhere = words.some((word) => word === "--memory" || word.startsWith("--data="));
  return [
    unit.node,
    unit.concoord,
    role,
    ...["--addr", addr, "--port", String(port), "--advertise", advertise],
    ...(elsewhere ? [] : ["--data", join(folder, "data")]),
    ...(boot.length === 0 ? [] : ["--boot", boot.join(",")]),
    ...words,
  ];
}
