/** What the page of a node is told, beside /status.json: the shapes of the events of /watch and of /state.json. */
import type { LogRow } from "./log-tail.ts";
import type { MethodReport } from "./meters.ts";
import type { SessionList } from "./session-list.ts";
import type { BlockedStatus, LockStatus } from "./standing.ts";
import type { Tree } from "./state-tree.ts";
import type { Status } from "./status.ts";

export interface Standing {
  /** How many there are; the status names some. */
  readonly objects: number;
  readonly sessions: SessionList;
  readonly blocked: readonly BlockedStatus[];
  readonly locks: readonly LockStatus[];
  /** The slots after which states can be looked up. */
  readonly past: { readonly from: number; readonly to: number };
}

export interface MethodTimes {
  /** Milliseconds that this node is up: what the counts are compared by. */
  readonly at: number;
  readonly methods: readonly MethodReport[];
}

/** An object after a slot. */
export interface StateReport {
  /** "Class/name" */
  readonly object: string;
  readonly slot: number;
  /** Null when no call has made it yet, or `problem` says why it is not shown. */
  readonly state: Tree | null;
  readonly problem: string | null;
}

/** The same of the past, with what was called last until then. */
export interface PastReport extends StateReport {
  readonly log: readonly LogRow[];
}

/** The events of /watch by name; each is one line of JSON. */
export interface PageEvents {
  readonly status: Status;
  readonly standing: Standing;
  readonly methods: MethodTimes;
  /** Rows that are new or have another outcome now. */
  readonly log: readonly LogRow[];
  readonly state: StateReport;
}
