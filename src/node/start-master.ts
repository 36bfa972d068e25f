/** Starts a master nameserver in this process: a learner of the cluster whose NameserverCoord slaves push into. */
import { Master } from "./dns/master.ts";
import type { RunningReplica } from "./running-replica.ts";
import type { NameserverOptions } from "./start-nameserver.ts";
import { startReplica } from "./start-replica.ts";

const coord = "concoord.object.nameservercoord.NameserverCoord";

/** Resolves when it listens. @throws as `startReplica` does */
export function startMaster(options: NameserverOptions): Promise<RunningReplica> {
  return startReplica(
    { ...options, objects: [coord], learner: true },
    (node, names) =>
      new Master({ names, machine: node.machine, isCurrent: () => node.isReady, ttl: options.ttl }),
  );
}
