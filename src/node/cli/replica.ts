/** `concoord replica` and `concoord acceptor`: one node in the foreground, until a signal ends it. */
import { NobodyAnswered } from "../../shared/server/start.ts";
import { hostOf, isLoopback } from "../address.ts";
import { originOf } from "../auth/origins.ts";
import { errorLines, NodeLog } from "../log/node-log.ts";
import type { RunningReplica } from "../running-replica.ts";
import { type MaybeDns, type NodeOptions, startAcceptor, startReplica } from "../start-replica.ts";
import { bootstrap, groups, host, hostPort, integer, port } from "./arguments.ts";
import { type DnsFlags, maybeDns } from "./dns-flags.ts";
import { Failure, usage } from "./failure.ts";
import { rereadOnHangUp } from "./reread.ts";
import { quietMillisMax, ready, type Serving, serveUntilEnd } from "./serve.ts";
import { shell } from "./shell.ts";
import { nodeTlsFiles } from "./tls-flags.ts";
import { readTokens } from "./tokens.ts";

/** A member that was silent for a moment must not be taken for gone. */
const evictAfterMin = 500;
const evictAfterMax = 2 ** 31 - 1;

export interface NodeFlags {
  readonly objectname?: readonly string[];
  readonly addr: string;
  readonly advertise?: string;
  readonly port?: string;
  readonly boot?: string;
  readonly data?: string;
  readonly memory?: boolean;
  readonly tokenFile?: string;
  /** The file that says who clients are. */
  readonly auth?: string;
  readonly allowOrigin?: readonly string[] | string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly insecure?: boolean;
  readonly evictAfter?: string;
  readonly groups?: string;
  /** host:port of a logdaemon. */
  readonly logger?: string;
  readonly debug?: boolean;
  readonly interactive?: boolean;
}

export interface AcceptorFlags extends NodeFlags, DnsFlags {}

export interface ReplicaFlags extends NodeFlags, DnsFlags {
  readonly learner?: boolean;
  readonly safe?: boolean;
  readonly route53?: boolean;
  readonly configpath?: string;
}

export async function replica(flags: ReplicaFlags): Promise<void> {
  const objects = objectList(flags.objectname);
  if (objects.length === 0) throw usage("-o is missing: which classes to serve, as -o ./counter.ts");
  const { boot } = flags;
  if (flags.learner === true && boot === undefined)
    throw usage("--learner: -b is missing: a learner joins a cluster, it cannot found one");
  const learner = flags.learner === true;
  if (flags.safe === true) (await import("./object.ts")).refuseUnsafe(objects, process.cwd());
  const log = await openLog(flags);
  const publisher =
    flags.route53 === true ? (await import("./publishers.ts")).route53Of(flags, log.options.log) : null;
  await serve(flags, log, (options) =>
    startReplica(
      {
        ...options,
        objects,
        learner,
        safe: flags.safe === true,
        ...(boot === undefined ? {} : { boot }),
        ...(publisher !== null && flags.dnsPort === undefined ? { dnsPort: null } : {}),
      },
      publisher === null ? null : () => publisher,
    ),
  );
}

export async function acceptor(flags: AcceptorFlags): Promise<void> {
  const { boot } = flags;
  if (boot === undefined) throw usage("-b is missing: an acceptor joins a cluster, it cannot found one");
  await serve(flags, await openLog(flags), (options) => startAcceptor({ ...options, boot }));
}

async function serve(
  flags: NodeFlags & DnsFlags,
  log: NodeLog,
  start: (options: NodeOptions & MaybeDns) => Promise<RunningReplica>,
): Promise<void> {
  const options = { ...nodeOptions(flags, log), ...maybeDns(flags) };
  const rereads = rereadOnHangUp(options);
  await serveUntilEnd(
    async () => [rereads(await patiently(flags.boot, () => start(options)))],
    async (nodes) => {
      await announce(nodes);
      const [node] = nodes;
      if (node !== undefined && flags.interactive === true)
        void shell(node, () => process.kill(process.pid, "SIGINT"));
    },
    log,
  );
}

/** `-l` and `-d`. @throws Failure 2 for a flag that cannot be meant */
export async function openLog({
  logger,
  debug = false,
}: Pick<NodeFlags, "logger" | "debug">): Promise<NodeLog> {
  const errors = await errorLines();
  if (logger === undefined) return new NodeLog({ receiver: null, debug, errors });
  const addr = hostPort(logger, "--logger");
  const at = Number(addr.slice(addr.lastIndexOf(":") + 1));
  return new NodeLog({ receiver: { host: hostOf(addr), port: at }, debug, errors });
}

/** @throws Failure 2 for a flag that cannot be meant */
export function nodeOptions(flags: NodeFlags, log: NodeLog): NodeOptions {
  const { advertise, data, memory = false, insecure = false } = flags;
  const addr = advertise === undefined ? host(flags.addr) : host(flags.addr, advertise);
  if (flags.boot !== undefined) bootstrap(flags.boot);
  const tls = nodeTlsFiles(flags);
  const tokens = readTokens(flags.tokenFile, process.env["CONCOORD_TOKEN"]);
  const asks = tokens.client !== null || tokens.reader !== null || flags.auth !== undefined;
  if (!isLoopback(addr) && (!asks || tokens.peer === null) && !insecure)
    throw usage(`${addr} can be reached from outside: give --token-file with client and peer, or --insecure`);
  return {
    addr,
    memory,
    insecure,
    ...(tls === undefined ? {} : { tls }),
    ...(advertise === undefined ? {} : { advertise: hostPort(advertise, "--advertise") }),
    ...(flags.port === undefined ? {} : { port: port(flags.port) }),
    ...(data === undefined ? {} : { data }),
    ...(tokens.client === null ? {} : { token: tokens.client }),
    ...(tokens.reader === null ? {} : { readerToken: tokens.reader }),
    ...(flags.auth === undefined ? {} : { auth: flags.auth }),
    allowOrigins: origins(flags.allowOrigin),
    ...(tokens.peer === null ? {} : { peerToken: tokens.peer }),
    ...(flags.evictAfter === undefined
      ? {}
      : { evictAfter: integer(flags.evictAfter, "--evict-after", evictAfterMin, evictAfterMax) }),
    ...(flags.groups === undefined ? {} : { groups: groups(flags.groups) }),
    ...log.options,
  };
}

/** The environment gives one text, the command line a list. @throws Failure 2 for what is no origin */
function origins(given: readonly string[] | string = []): readonly string[] {
  return (typeof given === "string" ? given.split(",") : given).map((text) => {
    const origin = originOf(text);
    if (origin === null) throw usage(`--allow-origin: "${text}" is no origin, as https://app.example`);
    return origin;
  });
}

/** Says so when the nodes of the list let it wait. */
export async function patiently<T extends Serving>(
  boot: string | undefined,
  start: () => Promise<T>,
): Promise<T> {
  const late = () => process.stderr.write(`concoord: waits for an answer from ${boot}\n`);
  const timer = boot === undefined ? undefined : setTimeout(late, quietMillisMax);
  try {
    return await start();
  } catch (error) {
    throw error instanceof NobodyAnswered ? new Failure(4, error.message) : error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The environment gives one text, the command line a list.
 * @throws Failure 2 for what cannot name a class: `-o` takes the words that follow it
 */
export function objectList(given: readonly string[] | string | undefined): readonly string[] {
  const list = typeof given === "string" ? given.split(",") : (given ?? []);
  const wrong = list.find((item) => item === "" || item.startsWith("-"));
  if (wrong !== undefined) throw usage(`-o: "${wrong}" names no class: write -o ./counter.ts`);
  return list;
}

export async function announce([node]: readonly RunningReplica[]): Promise<void> {
  if (node === undefined) return;
  if (node.founded) process.stdout.write(`FOUNDED ${node.cluster}\n`);
  await ready(node);
  const { role, view } = node.status();
  process.stdout.write(`READY ${role} ${node.addr} id=${node.id} view=${view.number}\n`);
  if (node.dns !== null) process.stderr.write(`answers DNS on ${node.dns}\n`);
}
