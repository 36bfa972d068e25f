/** `concoord dev`: a whole cluster in one process, to try things out. */
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { DataFolder } from "../data-folder.ts";
import type { NodeLog } from "../log/node-log.ts";
import type { RunningReplica } from "../running-replica.ts";
import { startReplica } from "../start-replica.ts";
import { readNote, writeNote } from "../storage/index.ts";
import { dialWith, showing } from "../tls/dial.ts";
import type { TlsFiles } from "../tls/files.ts";
import { integer, port as portNumber } from "./arguments.ts";
import { ModuleFollower } from "./dev-upgrade.ts";
import { Failure } from "./failure.ts";
import { type NodeFlags, objectList, openLog } from "./replica.ts";
import { rereadOnHangUp } from "./reread.ts";
import { ready, serveUntilEnd } from "./serve.ts";
import { shell } from "./shell.ts";
import { nodeTlsFiles } from "./tls-flags.ts";

const defaultObject = "concoord.object.counter.Counter";
const replicasMax = 9;
const domain = "concoord.test";
const dnsPort = 5_300;
const dnsPortsTried = 100;
/** Lies in every folder of ours: --reset removes nothing elsewhere. */
const marker = "CONCOORD_DEV";
/** Beside a node's log once it has been a member. */
const memberNote = "member";
const markerText = "The data of `concoord dev`. `concoord dev --reset` removes the data of its ports.\n";

export interface DevFlags extends Pick<NodeFlags, "logger" | "debug" | "interactive"> {
  readonly objectname?: readonly string[];
  readonly replicas: string;
  readonly port: string;
  readonly data: string;
  readonly reset?: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
}

export async function dev(flags: DevFlags): Promise<void> {
  const n = integer(flags.replicas, "--replicas", 1, replicasMax);
  const first = portNumber(flags.port);
  const last = portNumber(String(first + n - 1));
  const given = objectList(flags.objectname);
  const objects = given.length === 0 ? [defaultObject] : given;
  const root = resolve(flags.data);
  const log = await openLog(flags);
  if (flags.reset === true) await reset(root, first, last);
  const places = folders(root, first, last);
  refuseOverlap(root, places, again(flags, given));
  const tls = nodeTlsFiles(flags);
  // Its own verbs speak to its nodes as nodes do.
  if (tls !== undefined) dialWith(showing(tls));
  const rereads = rereadOnHangUp({ tls });
  await serveUntilEnd(
    async () => (await startAll(places, objects, tls, log)).map(rereads),
    async (nodes) => {
      await announce(nodes, root, flags, given, objects);
      const [first] = nodes;
      if (first !== undefined && flags.interactive === true)
        void shell(first, () => process.kill(process.pid, "SIGINT"));
    },
    log,
  );
}

interface Folder {
  readonly port: number;
  readonly dir: string;
  /** The cluster of which the node that lives there has been a member. */
  readonly cluster: string | null;
}

function folders(root: string, first: number, last: number): readonly Folder[] {
  mkdirSync(root, { recursive: true });
  if (!existsSync(join(root, marker))) {
    if (readdirSync(root).length > 0)
      throw new Failure(1, `${root} holds other things than data of concoord dev`);
    writeFileSync(join(root, marker), markerText);
  }
  const list: Folder[] = [];
  for (let port = first; port <= last; port++) {
    const dir = join(root, String(port));
    list.push({ port, dir, cluster: readNote(dir, memberNote) });
  }
  return list;
}

/** Nodes of one cluster start together: with some of another they would wait for the rest forever. */
function refuseOverlap(root: string, places: readonly Folder[], command: string): void {
  const clusters = new Set(places.flatMap(({ cluster }) => cluster ?? []));
  const own = places.map(({ port }) => String(port));
  const others = portFolders(root).filter((port) => {
    const cluster = own.includes(port) ? null : readNote(join(root, port), memberNote);
    return cluster !== null && clusters.has(cluster);
  });
  if (clusters.size <= 1 && others.length === 0) return;
  const what = others.length > 0 ? `of a cluster that has ports ${others.join(", ")} too` : "of two clusters";
  const range = `${own[0]} to ${own.at(-1)}`;
  throw new Failure(
    1,
    `${root} holds data ${what} on ports ${range}: choose others, or begin anew: ${command} --reset`,
  );
}

function portFolders(root: string): readonly string[] {
  return readdirSync(root).filter((name) => /^[0-9]+$/.test(name));
}

/** Removes what earlier runs on these ports wrote, unless one of them still runs. */
async function reset(root: string, first: number, last: number): Promise<void> {
  if (!existsSync(root)) return;
  if (!existsSync(join(root, marker)))
    throw new Failure(1, `--reset: ${root} was not made by concoord dev; remove it yourself`);
  const dirs = portFolders(root).filter((port) => Number(port) >= first && Number(port) <= last);
  // Taking a folder fails while another process uses it.
  for (const dir of dirs) await (await DataFolder.open(join(root, dir))).storage.close();
  for (const dir of dirs) rmSync(join(root, dir), { recursive: true });
}

/**
 * The first one founds, unless any has been a member: then those without data join. Data goes before both.
 */
async function startAll(
  places: readonly Folder[],
  objects: readonly string[],
  tls: TlsFiles | undefined,
  log: NodeLog,
): Promise<readonly RunningReplica[]> {
  const anew = !places.some((place) => place.cluster !== null);
  const boot = places.map(({ port }) => `127.0.0.1:${port}`).join(",");
  const starting = places.map(({ port, dir }, i) =>
    startReplica({
      objects,
      port,
      data: dir,
      ...(tls === undefined ? {} : { tls }),
      ...(i === 0 ? { domain, dnsPort, dnsPorts: dnsPortsTried } : {}),
      ...(anew && i === 0 ? {} : { boot }),
      ...log.optionsOf({ node: `127.0.0.1:${port}` }),
    }),
  );
  return Promise.all(starting);
}

async function announce(
  nodes: readonly RunningReplica[],
  root: string,
  flags: DevFlags,
  given: readonly string[],
  objects: readonly string[],
): Promise<void> {
  const [first] = nodes;
  if (first === undefined) return;
  refuseOtherCode(first, again(flags, given));
  await Promise.all(nodes.map(ready));
  for (const node of nodes) {
    if (node.dir !== null) writeNote(node.dir, memberNote, node.cluster);
    if (node.founded) process.stdout.write(`FOUNDED ${node.cluster}\n`);
    const { role, view } = node.status();
    process.stdout.write(`READY ${role} ${node.addr} id=${node.id} view=${view.number}\n`);
  }
  await new ModuleFollower(nodes, objects).begin();
  process.stdout.write(`${summary(first, root, flags, given)}\n`);
}

function summary(first: RunningReplica, root: string, flags: DevFlags, given: readonly string[]): string {
  const { classes, tolerates, view } = first.status();
  const served = classes.map((c) => c.name).join(", ");
  const [dnsHost, port] = (first.dns ?? "").split(":");
  const method =
    classes[0]?.methods.includes("increment") === true ? "increment" : (classes[0]?.methods[0] ?? "METHOD");
  const page = `${first.tls === null ? "http" : "https"}://${first.addr}`;
  const list = first.tls === null ? ` -b ${first.addr}` : ` -b wss://${first.addr}${caOf(flags)}`;
  const elsewhere = flags.port === "14000" && first.tls === null ? "" : list;
  const object = classes.length > 1 ? ` -o ${classes[0]?.name}` : "";
  return [
    "",
    `  ${view.members.length} replicas serve ${served}; ${tolerates} of them may fail.`,
    "",
    `  Page     ${page}/`,
    `  DNS      dig @${dnsHost} -p ${port} ${domain} SRV    and ${page}/dns-query`,
    `  Next     npx concoord call${elsewhere}${object} ${method}`,
    `  Status   npx concoord status${elsewhere}`,
    `  Data     ${root} (kept; the next start goes on from there)`,
    `  Anew     ${again(flags, given)} --reset`,
    "  Stop     Ctrl-C",
    "",
  ].join("\n");
}

function caOf({ tlsCa }: DevFlags): string {
  return tlsCa === undefined ? "" : ` --tls-ca ${tlsCa}`;
}

/** The command line of this cluster. */
function again(flags: DevFlags, given: readonly string[]): string {
  return [
    "npx concoord dev",
    ...given.map((o) => ` -o ${o}`),
    flags.port === "14000" ? "" : ` -p ${flags.port}`,
    flags.replicas === "3" ? "" : ` --replicas ${flags.replicas}`,
    flags.data === "./.concoord/dev" ? "" : ` --data ${flags.data}`,
    flags.tlsCert === undefined ? "" : ` --tls-cert ${flags.tlsCert} --tls-key ${flags.tlsKey}${caOf(flags)}`,
  ].join("");
}

/** All nodes have the same code here: where the data needs other code that is not kept, nobody can execute. */
function refuseOtherCode(node: RunningReplica, command: string): void {
  const [problem] = node.status().problems;
  if (problem === undefined || !node.lacksCode) return;
  throw new Failure(1, `${problem}; put the old code back, or begin anew: ${command} --reset`);
}
