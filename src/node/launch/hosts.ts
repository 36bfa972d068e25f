/** The verbs that register hosts and prepare them: config, addsshkey, addusername, addnode, setup. */
import { groups } from "../cli/arguments.ts";
import { Failure } from "../cli/failure.ts";
import { hostNamed } from "./asking.ts";
import { findKey, readConfig, textOf, writeConfig } from "./config.ts";
import { checkUserName, parseHost } from "./host.ts";
import { fixNode, installPackage, packPackage } from "./package.ts";
import { type Probe, probe } from "./probe.ts";
import { type Way, wayTo } from "./ssh.ts";

export function config(): void {
  process.stdout.write(textOf(readConfig(process.env)));
}

export function addSshKey(name: string): void {
  writeConfig(process.env, { ...readConfig(process.env), sshKeyFile: findKey(name, process.cwd()) });
}

export function addUserName(name: string): void {
  writeConfig(process.env, { ...readConfig(process.env), userName: checkUserName(name) });
}

export interface AddNodeFlags {
  readonly groups?: string;
  readonly fix?: boolean;
  readonly acceptNew?: boolean;
}

/** Registers a host once it can run nodes; of one that is registered it changes the groups. */
export async function addNode(name: string, flags: AddNodeFlags): Promise<void> {
  const host = parseHost(name, flags.groups === undefined ? [] : groups(flags.groups));
  const before = readConfig(process.env);
  const known = before.hosts.some((one) => one.name === name);
  if (known && flags.groups === undefined) return tell("Node is already in the CONFIG file.");
  const way = { ...wayTo(host, before, process.env), acceptNew: flags.acceptNew === true };
  const { node } = await able(way, flags.fix === true);
  // What others wrote meanwhile is kept.
  const now = readConfig(process.env);
  const hosts = [...now.hosts.filter((one) => one.name !== name), host];
  writeConfig(process.env, { ...now, hosts });
  process.stdout.write(`ADDED ${name} node=${node?.version}\n`);
}

async function able(way: Way, fix: boolean): Promise<Probe> {
  let found = await probe(way);
  if (found.problems.length > 0 && found.fixable && fix) {
    tell(`${way.host.name}: ${found.problems.join("; ")}: copies the Node of this machine`);
    await fixNode(way, found);
    found = await probe(way);
  }
  if (found.problems.length === 0) return found;
  const advice = found.fixable && !fix ? "; --fix copies the Node of this machine" : "";
  throw new Failure(1, `${way.host.name}: ${found.problems.join("; ")}${advice}`);
}

/** Brings this package to registered hosts. */
export async function setup(names: readonly string[]): Promise<void> {
  const configured = readConfig(process.env);
  const hosts = names.map((name) => hostNamed(name, configured));
  using packed = await packPackage();
  for (const host of hosts) {
    const way = wayTo(host, configured, process.env);
    const version = await installPackage(way, packed, await able(way, false));
    process.stdout.write(`SETUP ${host.name} concoord=${version}\n`);
  }
}

function tell(line: string): void {
  process.stderr.write(`openreplica: ${line}\n`);
}
