/** `place`: which hosts to start replicas on, so that they share as few failure groups as possible. */
import { readFileSync } from "node:fs";
import { hostsMax } from "../../shared/limits.ts";
import { takesPart } from "../../shared/paxos/view.ts";
import { hostOf } from "../address.ts";
import { hostsOf } from "../launch/asking.ts";
import { readConfig } from "../launch/config.ts";
import { explain } from "../placement/explain.ts";
import { place as choose, type PlaceableHost, type Placement } from "../placement/greedy.ts";
import { groups, integer } from "./arguments.ts";
import { askNewest } from "./ask.ts";
import { nodes } from "./boot.ts";
import { Failure, messageOf } from "./failure.ts";

/** Hosts of one command. */
const replicasMax = 99;

/** A host of a list; a registered one is named with the port of its sshd. */
interface Listed extends PlaceableHost {
  readonly address?: string;
}

export interface PlaceFlags {
  readonly replicas: string;
  readonly boot?: string;
  readonly json?: boolean;
}

/**
 * @param file lines `HOST group,group`; "-" for standard input; none for the hosts that `openreplica` knows
 * @throws Failure 1 for other lines, and when there are too few hosts
 */
export async function place(file: string | undefined, flags: PlaceFlags): Promise<void> {
  const count = integer(flags.replicas, "--replicas", 1, replicasMax);
  const hosts: readonly Listed[] = file === undefined ? hostsOf(readConfig(process.env)) : readHosts(file);
  const taken = flags.boot === undefined ? [] : await members(flags.boot, hosts);
  const placement = tryPlace(hosts, count, taken);
  const text = flags.json === true ? JSON.stringify(plain(placement)) : describe(placement, taken.length);
  process.stdout.write(`${text}\n`);
}

/** The same in words, as all commands that place say it. @param before how many voters run already */
export function describe(placement: Placement, before: number): string {
  return explain(placement, placement.choices.length + before).join("\n");
}

/** As `place` of the placement. @throws Failure 1 when there are too few hosts */
export function tryPlace(
  hosts: readonly PlaceableHost[],
  count: number,
  taken: readonly PlaceableHost[],
): Placement {
  try {
    return choose(hosts, count, taken);
  } catch (error) {
    throw error instanceof RangeError ? new Failure(1, error.message) : error;
  }
}

function plain({ choices, shared }: Placement): unknown {
  const hosts = choices.map(({ host: { name, groups }, shared: own, equals }) => ({
    name,
    groups,
    shared: own,
    equals,
  }));
  return { hosts, shared };
}

function readHosts(file: string): readonly PlaceableHost[] {
  const hosts = textOf(file)
    .split("\n")
    .map((line) => line.replace(/#.*/, "").trim())
    .filter((line) => line !== "")
    .map(parseHost);
  if (hosts.length > hostsMax) throw new Failure(1, `${file}: more than ${hostsMax} hosts`);
  const seen = new Set<string>();
  for (const { name } of hosts) {
    if (seen.has(name)) throw new Failure(1, `${file}: ${name} is there twice`);
    seen.add(name);
  }
  return hosts;
}

function parseHost(line: string): PlaceableHost {
  const [name = "", list = "", ...rest] = line.split(/\s+/);
  if (rest.length > 0) throw new Failure(1, `"${line}" is not HOST group,group`);
  return { name, groups: list === "" ? [] : groups(list) };
}

function textOf(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new Failure(1, messageOf(error));
  }
}

/** The voters that run, with the groups that they were started with, or that the list says of their host. */
async function members(boot: string, hosts: readonly Listed[]): Promise<readonly PlaceableHost[]> {
  const { view } = await askNewest(await nodes(boot));
  const voters = view.members.filter((m) => takesPart(m) && m.role !== "learner");
  return voters.map((m) => {
    const names = [m.addr, m.addr.replace(/:[0-9]+$/, "")];
    const host = hosts.find(({ name, address }) => names.includes(name) || address === hostOf(m.addr));
    return { name: host?.name ?? m.addr, groups: m.groups.length > 0 ? m.groups : (host?.groups ?? []) };
  });
}
