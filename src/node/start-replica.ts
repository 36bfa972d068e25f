/** Starts a replica in this process, from options as programs and the command line give them. */
import { parseBootstrap } from "../shared/client/bootstrap.ts";
import { isLoopback, joinHostPort } from "./address.ts";
import { loadObjects } from "./load/load.ts";
import { takePlace } from "./place.ts";
import { RunningReplica } from "./running-replica.ts";

export interface ReplicaOptions {
  /**
   * The classes to serve: `./counter.ts`, `./counter.ts#Counter`, `counter.Counter`; relative to the
   * working directory.
   */
  readonly objects: readonly string[];
  /** The address to listen on, 127.0.0.1 unless given. */
  readonly addr?: string;
  /** Default: the first free one from 14000, or the one that the data folder was used with. */
  readonly port?: number;
  /** The data folder; default: ./.concoord/<port>. */
  readonly data?: string;
  /** Keep nothing on disk. */
  readonly memory?: boolean;
  /** Members to join through, host:port with commas; without them and without data it founds a cluster. */
  readonly boot?: string;
  /** What clients must know; null unless given; needed on any address but the loopback. */
  readonly token?: string;
  /** What other nodes must know; null unless given; needed on any address but the loopback. */
  readonly peerToken?: string;
  /** Listen on a public address without a token. */
  readonly insecure?: boolean;
  /** One line for the log; by default nothing is logged. */
  log?(line: string): void;
}

/**
 * Resolves when the node listens; it may not be ready yet.
 * @throws Error when classes are refused, the port is taken, the data does not fit, or nobody answers
 */
export async function startReplica(options: ReplicaOptions): Promise<RunningReplica> {
  const { objects, addr: host = "127.0.0.1", token = null, peerToken = null } = options;
  if (!isLoopback(host) && (token === null || peerToken === null) && options.insecure !== true)
    throw new Error(`${host} can be reached from outside: give tokens, or say insecure`);
  const boot = options.boot === undefined ? null : parseBootstrap(options.boot).addresses;
  const cwd = process.cwd();
  const registry = await loadObjects(objects, cwd);
  const { port = null, data = null, memory = false } = options;
  const place = await takePlace({ host, port, data, memory, cwd });
  const running = new RunningReplica({
    place,
    host,
    addr: joinHostPort(host, place.listener.port),
    registry,
    boot,
    tokens: { client: token, peer: peerToken },
    log: options.log ?? (() => undefined),
  });
  try {
    await running.start();
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}
