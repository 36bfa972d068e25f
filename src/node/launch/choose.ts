/**
 * Where the next node goes when nobody says: on hosts that have the fewest nodes of its kind in its cluster, there on
 * the one that shares the fewest failure groups with those before, of equals on the one with the least to do. One node
 * after the other, so that a whole cluster is placed greedily, as `openreplica place` would.
 */
import { Failure } from "../cli/failure.ts";
import { tryPlace } from "../cli/place.ts";
import { explain } from "../placement/explain.ts";
import type { PlaceableHost } from "../placement/greedy.ts";
import { everywhere, type Told } from "./asking.ts";
import type { Config } from "./config.ts";
import type { Host } from "./host.ts";
import type { LaunchRole, NodeState } from "./jobs.ts";

/** What runs on a host that answers. */
export interface Occupied {
  readonly host: Host;
  readonly nodes: readonly NodeState[];
}

export interface Chosen {
  readonly host: Host;
  /** Why, in one line; empty where no host has groups. */
  readonly why: string;
}

/** @param boot the nodes to join; empty to found @throws Failure as of a host that does not answer, when none does */
export async function chooseHost(role: LaunchRole, boot: readonly string[], config: Config): Promise<Chosen> {
  const all = await everywhere(config, { type: "list" });
  const able = all.flatMap(({ host, answer }) => (answer === null ? [] : [{ host, nodes: answer.nodes }]));
  if (able.length === 0) throw firstError(all);
  return chooseAmong(role, boot, able);
}

function firstError(all: readonly Told<"list">[]): Failure {
  return all[0]?.error ?? new Failure(4, "no host answers");
}

/** The same, from what the hosts said. @param able one or more @example chooseAmong("replica", [], hosts).host.name */
export function chooseAmong(role: LaunchRole, boot: readonly string[], able: readonly Occupied[]): Chosen {
  const cluster = clusterOf(boot, able);
  // A node that is stopped goes on one day, so it counts; one of another cluster is only something to do.
  const kin = ({ nodes }: Occupied) =>
    nodes.filter(
      (node) => cluster !== null && node.cluster === cluster && isNamer(node.role) === isNamer(role),
    );
  const fewest = Math.min(...able.map((one) => kin(one).length));
  const candidates = able
    .filter((one) => kin(one).length === fewest)
    .toSorted((a, b) => running(a.nodes) - running(b.nodes));
  const before = able.flatMap((one) =>
    kin(one).map(({ addr }): PlaceableHost => ({ name: addr, groups: one.host.groups })),
  );
  const hosts = candidates.map(({ host: { name, groups } }) => ({ name, groups }));
  const placement = tryPlace(hosts, 1, before);
  const name = placement.choices[0]?.host.name;
  const found = candidates.find(({ host }) => host.name === name) ?? candidates[0];
  if (found === undefined) throw new Failure(4, "no host answers");
  const [why = ""] = explain(placement, before.length + 1);
  return { host: found.host, why: hosts.some(({ groups }) => groups.length > 0) ? why : "" };
}

/** The cluster of the nodes of that list, as far as they were started here. */
function clusterOf(boot: readonly string[], able: readonly Occupied[]): string | null {
  const named = able.flatMap(({ nodes }) => nodes).find(({ addr }) => boot.includes(addr));
  return named?.cluster ?? null;
}

/** Nameservers fail for themselves: they are spread, too, but not among the voters. */
function isNamer(role: LaunchRole): boolean {
  return role === "nameserver";
}

function running(nodes: readonly NodeState[]): number {
  return nodes.filter(({ state }) => state !== "stopped").length;
}
