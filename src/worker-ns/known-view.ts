/**
 * What the Durable Object keeps on its disk: the cluster, its newest view and when a node last vouched for it, so that
 * it answers also when it starts while nobody else does. Time takes nothing away from a view.
 */

import { type ClusterId, clusterId } from "../shared/paxos/ids.ts";
import type { View } from "../shared/paxos/view.ts";
import { view as viewOf, viewTuple } from "../shared/wire/paxos-fields.ts";

/** The one row that there is. */
type Row = {
  readonly cluster: string;
  /** The view as nodes tell it, in JSON; it is checked when it is read. */
  readonly view: string;
  /** Milliseconds since 1970. */
  readonly contact: number;
};

export class KnownView {
  readonly #sql: SqlStorage;
  /** As it was when this object started; null when there is none, or another version wrote it. */
  readonly atStart: { readonly cluster: ClusterId; readonly view: View } | null;
  /** When a node that knows a leader was last connected, as wall time in ms; null for never. */
  contact: number | null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(`CREATE TABLE IF NOT EXISTS known
      (id INTEGER PRIMARY KEY, cluster TEXT NOT NULL, view TEXT NOT NULL, contact INTEGER NOT NULL)`);
    const [row] = sql.exec<Row>("SELECT cluster, view, contact FROM known").toArray();
    this.contact = row?.contact ?? null;
    this.atStart = row === undefined ? null : knownOf(row);
  }

  keep(view: View, cluster: ClusterId): void {
    this.contact = Date.now();
    const text = JSON.stringify(viewTuple(view));
    this.#sql.exec("INSERT OR REPLACE INTO known VALUES (0, ?, ?, ?)", cluster, text, this.contact);
  }

  /** A node that knows a leader is connected, or was until now. */
  touch(): void {
    this.contact = Date.now();
    this.#sql.exec("UPDATE known SET contact = ?", this.contact);
  }
}

function knownOf({ cluster, view }: Row): KnownView["atStart"] {
  try {
    return { cluster: clusterId(cluster), view: viewOf(JSON.parse(view)) };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
