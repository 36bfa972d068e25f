/** `concoord initialize` and `concoord addnode`: nodes of all roles over the registered hosts. */
import type { Command } from "commander";
import { integer } from "../cli/arguments.ts";
import { usage } from "../cli/failure.ts";
import { objectOf } from "../cli/program-older.ts";
import { risk } from "../placement/explain.ts";
import { hostNamed } from "./asking.ts";
import { readConfig } from "./config.ts";
import type { LaunchRole } from "./jobs.ts";
import { type Started, startNode } from "./operator.ts";
import { type Shipment, shipmentOf } from "./shipment.ts";

/** Nodes of one role that one command starts. */
const nodesMax = 100;

interface Flags {
  readonly replicas?: string;
  readonly acceptors?: string;
  readonly nameservers?: string;
  readonly objectname?: readonly string[] | string;
  readonly file?: string;
  readonly class?: string;
  readonly subdomain?: string;
  readonly token?: string;
  readonly type?: string;
  readonly boot?: string;
  readonly host?: string;
}

/** Flags that are not of nodes. */
const notOfNodes = ["replicas", "acceptors", "nameservers", "file", "class", "subdomain", "token", "type"];
/** Flags that only nodes of one role have. */
const only: Readonly<Record<LaunchRole, readonly string[]>> = {
  replica: ["objectname", "safe"],
  acceptor: [],
  nameserver: ["dnsPort"],
};

const roleOfType = { 1: "acceptor", 2: "replica", 3: "nameserver" } as const;

/** Starts the first replica, which founds the cluster, then the others one after the other, each placed greedily. */
export async function initialize(command: Command): Promise<void> {
  const flags = checked(command);
  const count = (name: "replicas" | "acceptors" | "nameservers", fallback: string, min: number) =>
    integer(flags[name] ?? fallback, `--${name}`, min, nodesMax);
  const nameservers = count("nameservers", flags.subdomain === undefined ? "0" : "1", 0);
  const roles: readonly LaunchRole[] = [
    ...Array<LaunchRole>(count("replicas", "1", 1)).fill("replica"),
    ...Array<LaunchRole>(count("acceptors", "1", 0)).fill("acceptor"),
    ...Array<LaunchRole>(nameservers).fill("nameserver"),
  ];
  if (flags.objectname === undefined)
    throw usage("-o is missing: which classes to serve, as -o ./counter.ts");
  const shipments = roles.map((role) => shipmentFor(role, command));
  const voters: Started[] = [];
  for (const [at, role] of roles.entries()) {
    const shipment = shipments[at] as Shipment;
    const started = await startNode(role, null, { ...shipment, boot: voters.map(({ addr }) => addr) });
    if (role !== "nameserver") voters.push(started);
  }
  process.stderr.write(`concoord: ${risk(voters.map(({ host }) => host))}\n`);
  process.stdout.write(`DONE ${voters.map(({ addr }) => addr).join(",")}\n`);
}

/** Starts one node of the role that `-t` names. */
export async function addNode(command: Command): Promise<void> {
  const { type, boot, host, objectname } = checked(command);
  const role = new Map<string, LaunchRole>(Object.entries(roleOfType)).get(type ?? "");
  if (role === undefined) throw usage(`--type: "${type}" is not 1 (acceptor), 2 (replica) or 3 (nameserver)`);
  if (boot === undefined)
    throw usage("-b is missing: addnode joins a cluster; concoord initialize founds one");
  if (role === "replica" && objectname === undefined) throw usage("-o is missing: which classes to serve");
  const where = host === undefined ? null : hostNamed(host, readConfig(process.env));
  await startNode(role, where, shipmentFor(role, command));
}

/** The flags, with `-f FILE -c CLASS` as `-o`. */
function checked(command: Command): Flags {
  const flags = command.opts<Flags>();
  const { file, class: name, token, objectname } = flags;
  if (token !== undefined)
    process.stderr.write("concoord: -t: others can see arguments: better a --token-file\n");
  if (file === undefined) {
    if (name !== undefined) throw usage("-c is missing its -f FILE; or -o ./counter.ts#Counter");
    return flags;
  }
  command.setOptionValueWithSource("objectname", [objectOf(file, name, objectname)], "cli");
  return command.opts<Flags>();
}

function shipmentFor(role: LaunchRole, command: Command): Shipment {
  const { token, subdomain } = command.opts<Flags>();
  const others = Object.entries(only).flatMap(([of, names]) => (of === role ? [] : names));
  const without = [...notOfNodes, ...others];
  const shipment = shipmentOf(command, process.cwd(), token ?? process.env["CONCOORD_TOKEN"], without);
  if (role !== "nameserver") return shipment;
  if (subdomain === undefined) throw usage("-s is missing: the domain that a nameserver answers for");
  return { ...shipment, words: [...shipment.words, `--domainname=${subdomain}`] };
}
