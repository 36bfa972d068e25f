/** The package's entry `concoord/node`: everything of `concoord`, and replicas within a program. */
import type { Status } from "../shared/server/status.ts";
import { type ReplicaOptions, startReplica } from "./start-replica.ts";

export * from "./index.ts";
export type { ReplicaOptions, Status };

/** A running node. */
export interface Node extends AsyncDisposable {
  readonly id: string;
  readonly cluster: string;
  /** host:port */
  readonly addr: string;
  status(): Status;
  /** Resolves when the node stopped by itself, with the reason: its disk refused, or an invariant broke. */
  readonly broken: Promise<unknown>;
}

/**
 * Starts a replica in this process; resolves when it is in the view and caught up.
 * @throws Error when classes are refused, the port is taken, the data does not fit, or nobody answers
 * @example await using node = await replica({ objects: ["./counter.ts"], port: 14000 });
 */
export async function replica(options: ReplicaOptions): Promise<Node> {
  const running = await startReplica(options);
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
