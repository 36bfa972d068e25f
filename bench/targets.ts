/** What the figures are to reach, each as one value taken from the rows of a run; a run without them says nothing. */
import type { Row } from "./scenario.ts";

export interface Verdict {
  readonly what: string;
  readonly unit: string;
  readonly value: number;
  readonly wanted: number;
  readonly isMet: boolean;
}

interface Target {
  readonly what: string;
  readonly unit: string;
  readonly at: "least" | "most";
  readonly wanted: number;
  /** Undefined when a row that it needs was not measured. */
  readonly value: (rows: Rows) => number | undefined;
}

/** Finds figures by scenario, work and subject. */
class Rows {
  private readonly rows: readonly Row[];

  constructor(rows: readonly Row[]) {
    this.rows = rows;
  }

  figure(scenario: string, work: string, figure: string, subject = "concoord"): number | undefined {
    return this.rows.find((row) => row.scenario === scenario && row.work === work && row.subject === subject)
      ?.figures[figure];
  }

  /** A figure of concoord, divided by the same of another subject. */
  ratio(scenario: string, work: string, figure: string, to: string): number | undefined {
    return over(this.figure(scenario, work, figure), this.figure(scenario, work, figure, to));
  }
}

function over(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b;
}

function least(what: string, unit: string, wanted: number, value: Target["value"]): Target {
  return { what, unit, at: "least", wanted, value };
}

function most(what: string, unit: string, wanted: number, value: Target["value"]): Target {
  return { what, unit, at: "most", wanted, value };
}

const ops = "opsPerSecond";
const p50 = "p50Millis";

const targets: readonly Target[] = [
  ...[64, 256].map((n) =>
    least(`durable, 1 connection, ${n} outstanding, of the floor`, "x", 0.6, (r) =>
      r.ratio("calls", `durable 1x${n}`, ops, "floor"),
    ),
  ),
  ...["etcd", "zookeeper"].map((name) =>
    least(`durable, 64 connections x 1, of ${name}'s writes`, "x", 4, (r) =>
      r.ratio("calls", "durable 64x64", ops, name),
    ),
  ),
  least("in memory, 1 connection, 64 outstanding, of the floor", "x", 0.5, (r) =>
    r.ratio("calls", "memory 1x64", ops, "floor"),
  ),
  most("durable, one call at a time, p50 of the floor's", "x", 1.25, (r) =>
    r.ratio("calls", "durable 1x1", p50, "floor"),
  ),
  ...["etcd", "zookeeper"].map((name) =>
    most(`durable, one call at a time, p50 of ${name}'s`, "x", 1, (r) =>
      r.ratio("calls", "durable 1x1", p50, name),
    ),
  ),
  least("a counter that 16 programs want, of etcd's best way", "x", 2.5, (r) =>
    r.ratio("calls", "durable 16x16", ops, "etcd"),
  ),
  least("hand-overs of a lock, of etcd's", "x", 5, (r) => r.ratio("locks", "durable hand-over", ops, "etcd")),
  least("hand-overs of a lock, of ZooKeeper's", "x", 2, (r) =>
    r.ratio("locks", "durable hand-over", ops, "zookeeper"),
  ),
  least("hand-overs of a lock, in memory", "/s", 2_500, (r) => r.figure("locks", "memory hand-over", ops)),
  least("linearizable reads, 64 connections, of etcd's", "x", 3, (r) =>
    r.ratio("reads", "linearizable", ops, "etcd"),
  ),
  least("local reads of three replicas, 200 programs", "/s", 100_000, (r) =>
    r.figure("reads", "local, replicas: 3", ops),
  ),
  ...[1, 10, 100].map((n) =>
    most(`p50 of a small call with a state of ${n} MB, of an empty object's`, "x", 1.1, (r) =>
      over(r.figure("state", `${n} MB`, p50), r.figure("state", "0 MB", p50)),
    ),
  ),
  ...[5, 7, 9].map((n) =>
    most(`p50 with ${n} replicas, of that with 3`, "x", n / 3, (r) =>
      over(r.figure("replicas", `${n} replicas 1x1`, p50), r.figure("replicas", "3 replicas 1x1", p50)),
    ),
  ),
  most("silence when the leader is killed, median", "ms", 300, (r) =>
    r.figure("failover", "20 times", "medianSilenceMillis"),
  ),
  most("silence when the leader is killed, worst of 20", "ms", 1_000, (r) =>
    r.figure("failover", "20 times", "worstSilenceMillis"),
  ),
  most("memory of a replica after 10 million calls", "MB", 120, (r) =>
    r.figure("footprint", "10 million calls", "residentMegabytes"),
  ),
  most("disk of a replica for a call, 256 outstanding", "B", 300, (r) =>
    r.figure("footprint", "10 million calls", "diskBytesPerCall"),
  ),
  most("`concoord dev` serves after", "ms", 1_500, (r) => r.figure("start", "start", "devMillis")),
  most("a replica serves after", "ms", 600, (r) => r.figure("start", "start", "replicaMillis")),
];

export function judge(rows: readonly Row[]): readonly Verdict[] {
  const found = new Rows(rows);
  return targets.flatMap(({ what, unit, at, wanted, value }) => {
    const is = value(found);
    if (is === undefined) return [];
    return [{ what, unit, value: is, wanted, isMet: at === "least" ? is >= wanted : is <= wanted }];
  });
}

/** For people: `ok` or `--` before it. */
export function lineOf({ what, unit, value, wanted, isMet }: Verdict): string {
  return `${isMet ? "ok" : "--"} ${what}: ${shown(value)}${unit} (asked ${shown(wanted)}${unit})`;
}

export function shown(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(2);
}
