/** Starts a node in this process, from options as programs and the command line give them. */
import { parseBootstrap } from "../shared/client/bootstrap.ts";
import type { Role } from "../shared/paxos/view.ts";
import { hostOf, isLoopback, joinHostPort } from "./address.ts";
import { loadAuth } from "./auth/auth-file.ts";
import { type Auth, Authenticator } from "./auth/authenticator.ts";
import { originOf } from "./auth/origins.ts";
import { CodeFolder } from "./code/code-folder.ts";
import { DnsServer } from "./dns/dns-server.ts";
import { Names } from "./dns/names.ts";
import { type LoadedClass, loadClasses, registryOf } from "./load/load.ts";
import type { Level } from "./log/levels.ts";
import type { Tokens } from "./net/hello.ts";
import { type Place, takePlace } from "./place.ts";
import { type MakePublisher, RunningReplica } from "./running-replica.ts";
import type { TlsFiles } from "./tls/files.ts";
import { NodeTls } from "./tls/node-tls.ts";

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
  /** What clients must know; needed on any address but the loopback, unless another of the next two is given. */
  readonly token?: string;
  /** What those must know who may only look: declared reads and watching. */
  readonly readerToken?: string;
  /** Who has which token, instead of the two above: the exports of `--auth FILE`, or a path to such a module. */
  readonly auth?: Auth | string;
  /** Origins of pages that may connect, beside those of the members: `https://app.example`. */
  readonly allowOrigins?: readonly string[];
  /** What other nodes must know; null unless given; needed on any address but the loopback. */
  readonly peerToken?: string;
  /**
   * With it the port speaks TLS only: wss and https. With `tls.ca` nodes prove by their certificates that they are of
   * this cluster. The files are paths, of PEM.
   */
  readonly tls?: TlsFiles;
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
export function checkPlace(options: NodeOptions): void {
  const { addr = "127.0.0.1", advertise, token, readerToken, auth, peerToken, insecure } = options;
  const asks = token !== undefined || readerToken !== undefined || auth !== undefined;
  if (!isLoopback(addr) && (!asks || peerToken === undefined) && insecure !== true)
    throw new Error(`${addr} can be reached from outside: give tokens, or say insecure`);
  if ((addr === "0.0.0.0" || addr === "::") && advertise === undefined)
    throw new Error(`other nodes cannot reach ${addr}: say what to advertise`);
  // Who knows one of them must not be taken for somebody else.
  const secrets = [token, readerToken, peerToken].filter((secret) => secret !== undefined);
  if (new Set(secrets).size < secrets.length)
    throw new Error("token, readerToken and peerToken need different secrets");
}

/** @throws LoadError when the file cannot be used; TypeError for what is no origin */
async function guardOf({ auth, allowOrigins = [], log = () => undefined }: NodeOptions) {
  const origins = allowOrigins.map((text) => {
    const origin = originOf(text);
    if (origin === null) throw new TypeError(`${JSON.stringify(text)} is no origin, as https://app.example`);
    return origin;
  });
  if (auth === undefined) return { origins };
  const rules = typeof auth === "string" ? await loadAuth(auth, process.cwd()) : auth;
  return { origins, authenticator: new Authenticator(rules, log) };
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
  const tls = tlsOf(options);
  const guard = await guardOf(options);
  const place = await takePlace({ host, port, data, memory, cwd: process.cwd(), tls });
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
    boot: boots === null ? null : [...addressesFor(boots.addresses, tls), ...boots.domains],
    tokens: tokensOf(options),
    ...guard,
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

export function tokensOf({ token, readerToken, peerToken, insecure = false }: NodeOptions): Tokens {
  return { client: token ?? null, reader: readerToken ?? null, peer: peerToken ?? null, anyPeer: insecure };
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

/** @returns null without TLS. @throws TlsError */
export function tlsOf({ tls, addr = "127.0.0.1", advertise, log }: NodeOptions): NodeTls | null {
  if (tls === undefined) return null;
  const made = new NodeTls(tls);
  const misnamed = made.misnames(advertise === undefined ? addr : hostOf(advertise));
  if (misnamed !== null) log?.(misnamed);
  return made;
}

function addressesFor(addresses: readonly string[], tls: NodeTls | null): readonly string[] {
  return tls === null ? addresses : addresses.map(withoutScheme);
}

/** As views name it: with TLS all nodes are reached by wss, so that the scheme says nothing. */
function withoutScheme(item: string): string {
  return /^wss?:\/\/([^/?]+:\d+)\/?$/i.exec(item)?.[1] ?? item;
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
function namesOf({ domain, ttl, tls }: NodeOptions & MaybeDns): Names | null {
  if (domain === undefined) return null;
  return new Names({ domain, tls: tls !== undefined, ...(ttl === undefined ? {} : { ttl }) });
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
