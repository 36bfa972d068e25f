/** The package's entry `concoord/node`: everything of `concoord`, and nodes within a program. */
import type { Status } from "../shared/server/status.ts";
import type { Action, Identity, Right } from "../shared/wire/identity.ts";
import type { Asking, Auth } from "./auth/authenticator.ts";
import type { RunningNameserver } from "./nameserver.ts";
import type { RunningReplica } from "./running-replica.ts";
import { type NameserverOptions, startNameserver } from "./start-nameserver.ts";
import { type AcceptorOptions, type ReplicaOptions, startAcceptor, startReplica } from "./start-replica.ts";

export * from "./index.ts";
export type {
  AcceptorOptions,
  Action,
  Asking,
  Auth,
  Identity,
  NameserverOptions,
  ReplicaOptions,
  Right,
  Status,
};

/** A running node. */
export interface Node extends AsyncDisposable {
  readonly id: string;
  readonly cluster: string;
  /** host:port */
  readonly addr: string;
  /** host:port where it answers DNS; null for a node that is no nameserver. */
  readonly dns: string | null;
  status(): Status;
  /**
   * Resolves when the node stopped by itself, with the reason: its disk refused, an invariant broke, or (an Error
   * named "Gone") the cluster goes on without it.
   */
  readonly broken: Promise<unknown>;
}

/**
 * Starts a replica in this process, or with `learner` a copy without a vote; resolves when it is in the view and
 * caught up. @throws Error when classes are refused, the port is taken, the data does not fit, or nobody answers
 * @example await using node = await replica({ objects: ["./counter.ts"], port: 14000 });
 */
export async function replica(options: ReplicaOptions): Promise<Node> {
  return whenReady(await startReplica(options));
}

/**
 * Starts an acceptor in this process: it votes and keeps the log, and holds no objects; resolves when it is in the
 * view and caught up. @throws Error when the port is taken, the data does not fit, or nobody answers
 * @example await using node = await acceptor({ boot: "127.0.0.1:14000", port: 14001 });
 */
export async function acceptor(options: AcceptorOptions): Promise<Node> {
  return whenReady(await startAcceptor(options));
}

/**
 * Starts a nameserver in this process: it follows the members of a cluster and answers DNS by UDP and TCP on `dnsPort`,
 * over HTTPS on `port` at /dns-query; resolves when the view shows it. @throws Error when a port is taken, the data
 * does not fit, or nobody answers; RangeError when the domain is none
 * @example
 * await using node = await nameserver({ domain: "counter.example", boot: "127.0.0.1:14000", dnsPort: 5300 });
 */
export async function nameserver(options: NameserverOptions): Promise<Node> {
  return whenReady(await startNameserver(options));
}

async function whenReady(running: RunningReplica | RunningNameserver): Promise<Node> {
  try {
    await running.whenReady();
  } catch (error) {
    await running.stop();
    throw error;
  }
  return {
    id: running.id,
    cluster: running.cluster,
    addr: running.addr,
    dns: running.dns,
    status: () => running.status(),
    broken: running.broken,
    [Symbol.asyncDispose]: () => running.stop(),
  };
}
