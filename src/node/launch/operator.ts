/** The verbs that act on nodes over all registered hosts: start, status, stop, logs, route53. */
import { Failure, messageOf } from "../cli/failure.ts";
import { table } from "../cli/table.ts";
import { ask, everywhere, hostNamed, hostsOf, notConfigured, type Told } from "./asking.ts";
import { chooseHost } from "./choose.ts";
import { type Config, readConfig } from "./config.ts";
import { findNode, type Host } from "./host.ts";
import type { LaunchRole, NodeState } from "./jobs.ts";
import type { Shipment } from "./shipment.ts";
import { wayTo } from "./ssh.ts";

export interface Started {
  readonly addr: string;
  readonly host: Host;
}

/**
 * Starts a node, and lets the nodes of its cluster that were started here know all members, for when they start again.
 * @param host null for the one that placement chooses
 * @returns the node's address, and its host
 */
export async function startNode(role: LaunchRole, host: Host | null, shipment: Shipment): Promise<Started> {
  const config = readConfig(process.env);
  const { host: chosen, why } =
    host === null ? await chooseHost(role, shipment.boot, config) : { host, why: "" };
  const grouped = shipment.words.some((word) => typeof word === "string" && word.startsWith("--groups"));
  const groups = grouped || chosen.groups.length === 0 ? [] : [`--groups=${chosen.groups.join(",")}`];
  const job = { type: "start", role, ...shipment, words: [...shipment.words, ...groups] } as const;
  const { addr, lines, says } = await ask(wayTo(chosen, config, process.env), job);
  for (const line of lines) process.stdout.write(`${line}\n`);
  process.stderr.write(
    `openreplica: ${role} ${addr} runs on ${chosen.name}${why === "" ? "" : `: ${why}`}\n`,
  );
  if (says !== null) await tellMembers(config, says.cluster, says.members);
  return { addr, host: chosen };
}

async function tellMembers(config: Config, cluster: string, members: readonly string[]): Promise<void> {
  const told = await everywhere(config, { type: "boot", cluster, members });
  for (const { host, error } of told)
    if (error !== null)
      process.stderr.write(`openreplica: ${host.name} does not know the new member: ${error.message}\n`);
}

/**
 * `openreplica status`.
 * @throws Failure 1 for a node that should run, 3 without a leader, 4 for a host without an answer
 */
export async function status(flags: { readonly json?: boolean }): Promise<void> {
  const config = readConfig(process.env);
  const all = await everywhere(config, { type: "list" });
  const nodes = all.flatMap(({ host, answer }) =>
    (answer?.nodes ?? []).map((node) => ({ host: host.name, ...node })),
  );
  const hosts = all.map(({ host, answer, error }) => ({
    host: host.name,
    groups: host.groups,
    error: error?.message ?? null,
    nodes: answer?.nodes ?? [],
  }));
  process.stdout.write(flags.json === true ? `${JSON.stringify(hosts)}\n` : described(nodes, all));
  const silent = all.find(({ error }) => error !== null);
  if (silent?.error) throw silent.error;
  const down = nodes.find(({ state }) => state === "failed" || state === "starting");
  if (down !== undefined)
    throw new Failure(1, `${down.addr} is ${down.state}: openreplica logs ${down.addr}`);
  if (nodes.some(({ says }) => says !== null && says.leader === null))
    throw new Failure(3, "a node answered, but there is no leader");
}

function described(nodes: readonly (NodeState & { host: string })[], all: readonly Told<"list">[]): string {
  const rows = nodes.map(({ host, addr, role, state, restarts, keeper, says, cluster }) => [
    host,
    addr,
    role,
    restarts === 0 ? state : `${state}, restarted ${restarts} times`,
    says !== null && says.leader === addr ? "leader" : "",
    says === null ? "-" : `${says.view}`,
    cluster ?? "-",
    keeper,
  ]);
  const problems = nodes.flatMap(({ addr, says }) =>
    (says?.problems ?? []).map((problem) => `${addr}: ${problem}`),
  );
  const idle = all
    .filter(({ answer }) => answer?.nodes.length === 0)
    .map(({ host }) => `${host.name}: no nodes`);
  const head = ["HOST", "ADDR", "ROLE", "STATE", "", "VIEW", "CLUSTER", "KEPT BY"];
  return [...(rows.length === 0 ? [] : [table([head, ...rows])]), ...idle, ...problems, ""].join("\n");
}

/** `openreplica start HOST[:PORT]...` or `--all`: nodes that were stopped, with what they were started with. */
export async function restart(names: readonly string[], flags: { readonly all?: boolean }): Promise<void> {
  const config = readConfig(process.env);
  const answers = await Promise.all(
    chosen(names, flags, config).map(({ host, port }) =>
      ask(wayTo(host, config, process.env), { type: "restart", port }),
    ),
  );
  for (const line of answers.flatMap(({ lines }) => lines)) process.stdout.write(`${line}\n`);
  const late = answers.flatMap((answer) => answer.late);
  if (late.length > 0) throw new Failure(1, `not ready: ${late.join("; ")}`);
}

function chosen(names: readonly string[], flags: { readonly all?: boolean }, config: Config) {
  if ((names.length === 0) !== (flags.all === true)) throw new Failure(2, "which: HOST, HOST:PORT or --all");
  return names.length === 0 ? hostsOf(config).map((host) => ({ host, port: null })) : named(names, config);
}

/** `openreplica stop HOST[:PORT]...` or `--all`: prints STOPPED for each node that ran. */
export async function stop(names: readonly string[], flags: { readonly all?: boolean }): Promise<void> {
  const config = readConfig(process.env);
  const answers = await Promise.allSettled(
    chosen(names, flags, config).map(({ host, port }) =>
      ask(wayTo(host, config, process.env), { type: "stop", port }),
    ),
  );
  const stopped = answers.flatMap((one) => (one.status === "fulfilled" ? one.value.stopped : []));
  for (const addr of stopped) process.stdout.write(`STOPPED ${addr}\n`);
  const failures: readonly unknown[] = answers.flatMap((one) =>
    one.status === "rejected" ? [one.reason] : [],
  );
  for (const error of failures.slice(1)) process.stderr.write(`openreplica: ${messageOf(error)}\n`);
  if (failures.length > 0) throw failures[0];
}

/** `openreplica logs HOST[:PORT]...` */
export async function logs(names: readonly string[], lines: number): Promise<void> {
  const config = readConfig(process.env);
  for (const { host, port } of named(names, config)) {
    const { text } = await ask(wayTo(host, config, process.env), { type: "logs", port, lines });
    process.stdout.write(text);
  }
}

function named(names: readonly string[], config: Config) {
  return names.map((name) => {
    const found = findNode(name, hostsOf(config));
    if (found === null) throw new Failure(1, `${name}: ${notConfigured}`);
    return found;
  });
}

/** Keeps the credentials for Amazon Route 53 on a host; they travel on standard input alone. */
export async function route53(name: string, id: string, key: string): Promise<void> {
  const config = readConfig(process.env);
  const host = hostNamed(name, config);
  await ask(wayTo(host, config, process.env), { type: "route53", id, key });
}
