/**
 * The verbs of the tool that work on a cluster as a whole: call, upgrade. Which one is meant follows from the nodes
 * that run on the registered hosts; calls, and new code of the classes, go to the nodes themselves, without ssh.
 */
import { randomUUID } from "node:crypto";
import type { Command } from "commander";
import type { CallFlags } from "../cli/call.ts";
import { Failure, usage } from "../cli/failure.ts";
import { objectList } from "../cli/replica.ts";
import { loadClasses } from "../load/load.ts";
import { version } from "../version.ts";
import { ask, everywhere } from "./asking.ts";
import { type Config, readConfig } from "./config.ts";
import type { Host } from "./host.ts";
import type { NodeSays, NodeState } from "./jobs.ts";
import { classesToSend } from "./shipment.ts";
import { wayTo } from "./ssh.ts";

interface Placed {
  readonly host: Host;
  readonly node: NodeState;
}

/** `openreplica call`. @throws as `concoord call`, and as `theCluster` */
export async function call(command: Command): Promise<void> {
  const [method = "", ...args] = command.args;
  const boot = await bootOf(command);
  await (await import("../cli/call.ts")).call(method, args, { ...command.opts<CallFlags>(), boot });
}

interface UpgradeFlags {
  readonly objectname?: readonly string[] | string;
  readonly dryRun?: boolean;
  readonly tokenFile?: string;
}

/**
 * `openreplica upgrade`: with -o the classes, as `concoord upgrade`; without it the package, to the one that `setup`
 * brought last: each node is stopped and started again, one after the other, those that lead last.
 * @throws Failure 1 at the first node that is not as well afterwards as it was before; the others are left as they were
 */
export async function upgrade(command: Command): Promise<void> {
  const flags = command.opts<UpgradeFlags>();
  const objectname = objectList(flags.objectname);
  if (objectname.length > 0) return upgradeClasses({ ...flags, objectname }, await bootOf(command));
  if (flags.dryRun === true) throw usage("--dry-run is of classes: -o is missing");
  await upgradePackage(readConfig(process.env));
}

type ClassFlags = UpgradeFlags & { readonly objectname: readonly string[] };

/** Also what the nodes are started with from now on. */
async function upgradeClasses(flags: ClassFlags, boot: string): Promise<void> {
  await (await import("../cli/upgrade.ts")).upgrade({ ...flags, boot });
  if (flags.dryRun === true) return;
  const config = readConfig(process.env);
  const addrs = boot.split(",");
  const named = (await running(config, false)).find(({ node }) => addrs.includes(node.addr));
  const cluster = named?.node.cluster ?? null;
  if (cluster === null) return;
  const cwd = process.cwd();
  const classes = (await loadClasses(flags.objectname, cwd)).map(({ entry }) => entry.name);
  const sent = classesToSend(flags.objectname, cwd, `upgrade-${randomUUID()}`);
  const told = await everywhere(config, { type: "recode", cluster, classes, ...sent });
  for (const { host, error } of told)
    if (error !== null)
      process.stderr.write(`openreplica: ${host.name} starts nodes with the old code: ${error.message}\n`);
}

async function upgradePackage(config: Config): Promise<void> {
  const all = await running(config, true);
  if (all.length === 0)
    throw new Failure(1, "no node runs: openreplica start starts one with the newest package");
  const unwell = all.find(({ node }) => node.state !== "ready" || node.says?.leader === null);
  if (unwell !== undefined)
    throw new Failure(1, `${unwell.node.addr} is not well, and nothing was changed: openreplica status`);
  const leads = ({ node }: Placed) => Number(node.says?.leader === node.addr);
  for (const one of all.toSorted((a, b) => leads(a) - leads(b))) await renew(one, config);
  process.stdout.write(`UPGRADED concoord=${version} nodes=${all.length}\n`);
}

/** Restarts one node with the package that its host has now. */
async function renew({ host, node }: Placed, config: Config): Promise<void> {
  const way = wayTo(host, config, process.env);
  const { port, addr } = node;
  await ask(way, { type: "stop", port });
  const { lines, late } = await ask(way, { type: "restart", port });
  const left = "the nodes after it were not restarted";
  if (late.length > 0) throw new Failure(1, `not ready: ${late.join("; ")}; ${left}`);
  const { nodes } = await ask(way, { type: "list" });
  const says = nodes.find((one) => one.port === port)?.says ?? null;
  const worse = problemsOf(says).find((problem) => !problemsOf(node.says).includes(problem));
  if (worse !== undefined) throw new Failure(1, `${addr}: ${worse}; ${left}`);
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function problemsOf(says: NodeSays | null): readonly string[] {
  return says === null ? ["it does not answer"] : says.problems;
}

/** `-b`, else the nodes of the one cluster that runs on the hosts. */
async function bootOf(command: Command): Promise<string> {
  const { boot } = command.opts<{ boot?: string }>();
  return boot ?? theCluster((await running(readConfig(process.env), false)).map(({ node }) => node));
}

/**
 * The nodes of the only cluster among these, as a list for -b.
 * @throws Failure 4 when none answers, 2 when there are several clusters
 * @example theCluster(nodes) // "10.0.0.7:14000,10.0.0.8:14000"
 */
export function theCluster(nodes: readonly NodeState[]): string {
  const able = nodes.filter(({ says, role }) => says !== null && role !== "nameserver");
  const clusters = Map.groupBy(able, ({ says }) => says?.cluster ?? "");
  const [first, ...others] = [...clusters.values()].map((list) => list.map(({ addr }) => addr).join(","));
  if (first === undefined) throw new Failure(4, "no node on the registered hosts answers");
  if (others.length > 0)
    throw usage(`several clusters run: -b says which: ${[first, ...others].join(" or ")}`);
  return first;
}

/** What runs on the hosts that answer. @throws Failure when one does not, if all must, or none does */
async function running(config: Config, all: boolean): Promise<readonly Placed[]> {
  const told = await everywhere(config, { type: "list" });
  const silent = told.find(({ error }) => error !== null);
  if (silent?.error && (all || told.every(({ error }) => error !== null))) throw silent.error;
  const placed = told.flatMap(({ host, answer }) => (answer?.nodes ?? []).map((node) => ({ host, node })));
  return placed.filter(({ node }) => node.state !== "stopped");
}
