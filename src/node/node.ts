/** The package's entry `concoord/node`: everything of `concoord`, and replicas within a program. */
import type { Status } from "../shared/server/status.ts";
import type { RunningReplica } from "./running-replica.ts";
import { type AcceptorOptions, type ReplicaOptions, startAcceptor, startReplica } from "./start-replica.ts";

export * from "./index.ts";
export type { AcceptorOptions, ReplicaOptions, Status };

/** A running node. */
export interface Node extends AsyncDisposable {
  readonly id: string;
  readonly cluster: string;
  /** host:port */
  readonly addr: string;
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

async function whenReady(running: RunningReplica): Promise<Node> {
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
    status: () => running.status(),
    broken: running.broken,
    [Symbol.asyncDispose]: () => running.stop(),
  };
}
