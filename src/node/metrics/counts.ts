/** What `/metrics` is made of: counts that a node keeps anyway, read when somebody asks. */
import { type Latencies, latencyBounds } from "../../shared/server/latency.ts";
import type { MethodReport } from "../../shared/server/meters.ts";
import type { Server } from "../../shared/server/server.ts";
import type { Status } from "../../shared/server/status.ts";
import type { Traffic } from "../net/connection.ts";
import type { PeerTransport } from "../net/peer-transport.ts";
import type { Place } from "../place.ts";

export interface Counts {
  readonly status: Status;
  readonly ready: boolean;
  /** Clients that are connected; null where none can be. */
  readonly connections: number | null;
  /** By whom the other end is: peers, clients. */
  readonly traffic: Readonly<Record<string, Traffic>>;
  /** Bytes that wait for peers. */
  readonly waitingBytes: number;
  /** Lines that the log did not take. */
  readonly linesDropped: number;
  /** Null for a node without a log. */
  readonly log: LogCounts | null;
}

/** Of nodes that vote or execute. */
export interface LogCounts {
  readonly methods: readonly MethodReport[];
  /** Calls of each slot; its "times" are counts. */
  readonly batches: Latencies;
  /** Write and fdatasync of each append, in ms. */
  readonly appends: Latencies;
  readonly ballotChanges: number;
  /** Commands that wait at the leader for a slot. */
  readonly waiting: number;
  /** Slots that it proposed and that are not decided. */
  readonly open: number;
  readonly trimmed: number;
  /** Bytes of log and snapshots on disk. */
  readonly bytes: number;
}

/** @param appends how long they took @param linesDropped that no log took */
export function countsOf(
  server: Server,
  { listener, storage }: Place,
  transport: PeerTransport,
  appends: Latencies,
  linesDropped: number,
): Counts {
  const { meters, node } = server;
  return {
    status: server.status(0),
    ready: server.ready,
    connections: listener.connections,
    traffic: { peers: transport.traffic, clients: listener.traffic },
    waitingBytes: transport.waitingBytes,
    linesDropped,
    log: {
      methods: meters.report,
      batches: meters.batches,
      appends,
      ballotChanges: meters.ballotChanges,
      waiting: node.leader.takes?.count ?? 0,
      open: node.leader.open,
      trimmed: node.log.trimmed,
      bytes: storage.bytes(),
    },
  };
}

/** A histogram as Prometheus has it: each bucket counts all up to its bound. */
export interface Told {
  readonly bounds: readonly (number | "+Inf")[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** @param scale what a bound, and the sum, are multiplied by: 0.001 makes seconds of ms */
export function cumulative({ buckets, sum, count }: Latencies, scale: number): Told {
  let all = 0;
  const counts = buckets.map((n) => {
    all += n;
    return all;
  });
  const bounds = [...latencyBounds.map((bound) => bound * scale), "+Inf"] as const;
  return { bounds, counts, sum: sum * scale, count };
}
