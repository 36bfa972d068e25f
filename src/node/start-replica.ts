/** Starts a node in this process, from options as programs and the command line give them. */
import { parseBootstrap } from "../shared/client/bootstrap.ts";
import type { Role } from "../shared/paxos/view.ts";
import { isLoopback, joinHostPort } from "./address.ts";
import { CodeFolder } from "./code/code-folder.ts";
import { DnsServer } from "./dns/dns-server.ts";
import { Names } from "./dns/names.ts";
import { type LoadedClass, loadClasses, registryOf } from "./load/load.ts";
import type { Level } from "./log/levels.ts";
import { type Place, takePlace } from "./place.ts";
import { type MakePublisher, RunningReplica } from "./running-replica.ts";

/** What all nodes have in common. */
export interface NodeOptions {
  /** The address to listen on, 127.0.0.1 unless given; 0.0.0.0 for all of this machine needs `advertise`. */
  readonly addr?: string;
  /** host:port under which the others reach this node, where it is not `addr` and the port. */
  readonly advertise?: string;
  /** Default: the first free one from 14000, or the one that the data folder was last used with. */
  readonly port?: number;
  /** The data folder; default: ./.concoord/<port>. */
  readonly data?: string;
  /** Keep nothing on disk. */
  readonly memory?: boolean;
  /** What clients must know; null unless given; needed on any address but the loopback. */
  readonly token?: string;
  /** What other nodes must know; null unless given; needed on any address but the loopback. */
  readonly peerToken?: string;
  /** Listen on a public address without a token. */
  readonly insecure?: boolean;
  /** While it leads: milliseconds of silence after which a member is marked away, and evicted where that is safe. */
  readonly evictAfter?: number;
  /** What it shares with others and may lose together with them: racks, power lines. */
  readonly groups?: readonly string[];
  /** One line for the log; by default nothing is logged. */
  log?(line: string, level?: Level): void;
  /** How many lines that log lost: `/metrics` tells. */
  linesDropped?(): number;
  /** Each message between this node and others, up to so many a second; by default nothing is traced. */
  trace?(line: object): void;
}

/** What nameservers have in common: those that are nothing else, and nodes with a domain. */
export interface DnsSettings {
  /** The domain whose records say who the members are. */
  readonly domain: string;
  /** For UDP and TCP; 53 unless given, 0 for any free one, null for none: only DNS over HTTPS. */
  readonly dnsPort?: number | null;
  /** How many ports from that one on are tried; 1 unless given. */
  readonly dnsPorts?: number;
  /** Seconds for which others may remember a record; 30 unless given. */
  readonly ttl?: number;
  /** Answers by UDP to one network in a second; 50 unless given, 0 for no limit. */
  readonly rrl?: number;
}

/** A node that may be a nameserver, too: with a domain it is one. */
export type MaybeDns = Partial<DnsSettings>;

export interface ReplicaOptions extends NodeOptions, MaybeDns {
  /**
   * The classes to serve: `./counter.ts`, `./counter.ts#Counter`, `counter.Counter`; relative to the
   * working directory.
   */
  readonly objects: readonly string[];
  /** Members to join through, host:port or a domain, with commas; without them and without data it founds a cluster. */
  readonly boot?: string;
  /** It executes and serves clients, but has no vote. Needs `boot`. */
  readonly learner?: boolean;
  /** Of code that it is sent for an upgrade it takes only what passes the safety check. */
  readonly safe?: boolean;
}

export interface AcceptorOptions extends NodeOptions, MaybeDns {
  /** Members to join through, host:port or a domain, with commas. */
  readonly boot: string;
}

/**
 * Resolves when the node listens; it may not be ready yet.
 * @param publisher of a node with a domain
 * @throws Error when classes are refused, the port is taken, the data does not fit, or nobody answers
 */
export async function startReplica(
  options: ReplicaOptions,
  publisher: MakePublisher | null = null,
): Promise<RunningReplica> {
  checkPlace(options);
  const { objects, learner, boot } = options;
  const classes = await loadClasses(objects, process.cwd());
  const role = learner === true ? "learner" : "replica";
  return start(options, role, classes, boot, options.safe === true, publisher);
}

/** A voter without objects. Resolves and throws as `startReplica` does. */
export async function startAcceptor(options: AcceptorOptions): Promise<RunningReplica> {
  checkPlace(options);
  return start(options, "acceptor", null, options.boot);
}

/** @throws Error when others could reach the node who should not, or cannot who should */
export function checkPlace({ addr = "127.0.0.1", advertise, token, peerToken, insecure }: NodeOptions): void {
  if (!isLoopback(addr) && (token === undefined || peerToken === undefined) && insecure !== true)
    throw new Error(`${addr} can be reached from outside: give tokens, or say insecure`);
  if ((addr === "0.0.0.0" || addr === "::") && advertise === undefined)
    throw new Error(`other nodes cannot reach ${addr}: say what to advertise`);
}

/** @param classes null for a node that holds no objects */
async function start(
  options: NodeOptions & MaybeDns,
  role: Role,
  classes: readonly LoadedClass[] | null,
  boot: string | undefined,
  safe = false,
  publisher: MakePublisher | null = null,
): Promise<RunningReplica> {
  const registry = registryOf(classes ?? []);
  const { addr: host = "127.0.0.1", port = null, data = null, memory = false } = options;
  const boots = boot === undefined ? null : parseBootstrap(boot);
  const place = await takePlace({ host, port, data, memory, cwd: process.cwd() });
  const names = namesOf(options);
  const { code, dns } = await orGiveBack(place, async () => ({
    code: classes === null ? null : codeFolder(place, options, classes, safe),
    dns: names === null ? null : await openDns(names, options),
  }));
  const running = new RunningReplica({
    place,
    addr: options.advertise ?? joinHostPort(host, place.listener.port),
    role,
    groups: options.groups ?? [],
    ...(options.evictAfter === undefined ? {} : { evictAfterMillis: options.evictAfter }),
    registry,
    code,
    boot: boots === null ? null : [...boots.addresses, ...boots.domains],
    tokens: { client: options.token ?? null, peer: options.peerToken ?? null },
    names,
    dns,
    publisher,
    ...logOf(options),
  });
  try {
    await running.start();
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

/** A place that was taken is given back when nothing can be made of it. */
export async function orGiveBack<T>(place: Place, make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    await place.listener.close();
    await place.storage.close();
    throw error;
  }
}

/** Keeps the code of the node beside its log. */
function codeFolder(
  place: Place,
  { addr = "127.0.0.1", peerToken }: NodeOptions,
  classes: readonly LoadedClass[],
  safe: boolean,
): CodeFolder {
  const trust = peerToken !== undefined ? "peers" : isLoopback(addr) ? "own files" : "nobody";
  const code = new CodeFolder({ dir: place.dir, trust, safe });
  code.keepGiven(classes);
  return code;
}

/** @returns null without a domain */
function namesOf({ domain, ttl }: MaybeDns): Names | null {
  return domain === undefined ? null : new Names({ domain, ...(ttl === undefined ? {} : { ttl }) });
}

/** @returns null where no port is wanted */
export async function openDns(names: Names, options: NodeOptions & MaybeDns): Promise<DnsServer | null> {
  if (options.dnsPort === null) return null;
  const { addr: host = "127.0.0.1", dnsPort: port = 53, dnsPorts: ports = 1, rrl, log } = options;
  return DnsServer.open({
    names,
    host,
    port,
    ports,
    ...(rrl === undefined ? {} : { perSecond: rrl }),
    log: log ?? (() => undefined),
  });
}

/** Where lines go. */
export function logOf({ log, linesDropped, trace }: NodeOptions) {
  return {
    log: log ?? (() => undefined),
    ...(linesDropped === undefined ? {} : { linesDropped }),
    ...(trace === undefined ? {} : { trace }),
  };
}
