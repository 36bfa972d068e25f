/** What a node is made of: what adapters and the simulation give to a Server. */
import type { Clock } from "../clock.ts";
import type { Registry } from "../object/registry.ts";
import type { ObjectCodec } from "../object/types.ts";
import type { ClusterId, NodeId } from "../paxos/ids.ts";
import type { Role } from "../paxos/view.ts";
import type { Refuse } from "../wire/identity.ts";
import type { CodeKeeper } from "./code-keeper.ts";
import type { MayWatch } from "./feeds.ts";
import type { SlotWatch } from "./slot-watch.ts";
import type { Hasher } from "./snapshot-pieces.ts";
import type { SnapshotPace } from "./snapshots.ts";
import type { Snapshotter } from "./snapshotter.ts";
import type { Storage } from "./storage.ts";
import type { Transport } from "./transport.ts";

export interface ServerOptions {
  /** host:port under which others reach this node. */
  readonly addr: string;
  /** Replica unless given; only replicas found. */
  readonly role?: Role;
  /** The domain for which it also answers DNS; "" unless given. */
  readonly domain?: string;
  /** What it shares with others and may lose together with them. */
  readonly groups?: readonly string[];
  /** While it leads: milliseconds of silence after which a member is away; 30,000 unless given. */
  readonly evictAfterMillis?: number;
  /** The id and cluster id to take when the storage is empty: fresh random ones. */
  readonly newId: NodeId;
  readonly newCluster: ClusterId;
  readonly storage: Storage;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly registry: Registry;
  /** Keeps code in several versions; null where a node holds only what it was given. */
  readonly keeper?: CodeKeeper | null;
  readonly codec: ObjectCodec;
  /** SHA-256, hex, of the bytes that 32 hex digits stand for. */
  readonly hash: (secret: string) => string;
  /** SHA-256 in steps, of snapshots. */
  readonly hasher: () => Hasher;
  /** Makes snapshots of large states outside of this thread; null: all are made in it. */
  readonly snapshotter?: Snapshotter | null;
  /** When snapshots are due; the usual pace unless given. */
  readonly pace?: SnapshotPace;
  /** Whether programs may watch objects of a class, beside what the class says itself; without it they may. */
  readonly mayWatch?: MayWatch;
  /** Which actions of clients the operator refuses, beside what their rights say; none without it. */
  readonly refuse?: Refuse;
  /** Who looks on while slots are executed; nobody unless given. */
  readonly slots?: SlotWatch;
  /** concoord's version, for the status. */
  readonly version: string;
  /** One line for the log. */
  readonly warn?: (line: string) => void;
  /** The node stopped by itself: its disk refused, an invariant broke, or it is `Gone`. Nothing left it after that. */
  readonly onStop: (error: unknown) => void;
}
