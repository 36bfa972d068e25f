/** `concoord top`: a live table of all members: how much each does, how long callers wait, what queues up. */
import { quantile } from "../../shared/server/latency.ts";
import type { Status } from "../../shared/server/status.ts";
import { bucketsSince, firstOf, parseMetrics, type Sample, type Samples, sumOf } from "../metrics/parse.ts";
import { integer } from "./arguments.ts";
import { askEveryone, bootDefault, getText, nobody, type Reply } from "./ask.ts";
import { nodes } from "./boot.ts";
import { table } from "./table.ts";

const everyMin = 100;
const everyMax = 3_600_000;
const methodsShown = 10;
/** Begins anew at the top left, and what was below goes. */
const clear = "\x1b[H\x1b[J";

export interface TopFlags {
  readonly boot?: string;
  readonly every: string;
  readonly times?: string;
}

/** What one member said at one moment. */
interface Look {
  readonly status: Status;
  readonly samples: Samples;
  /** Monotonic ms. */
  readonly at: number;
}

/** By id. */
type Looks = ReadonlyMap<string, Look>;

/** @throws Failure 4 when nobody answers */
export async function top(flags: TopFlags): Promise<void> {
  const every = integer(flags.every, "--every", everyMin, everyMax);
  const live = process.stdout.isTTY === true;
  const times = flags.times === undefined ? (live ? Infinity : 1) : integer(flags.times, "--times", 1, 1e9);
  const boot = await nodes(flags.boot ?? bootDefault);
  let before = (await look(boot)).looks;
  for (let i = 0; i < times; i++) {
    await passed(every);
    const { looks, replies } = await look(boot);
    const text = describe(looks, before, replies);
    process.stdout.write(live ? `${clear}${text}\n` : `${i === 0 ? "" : "\n"}${text}\n`);
    before = looks;
  }
}

function passed(millis: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, millis));
}

async function look(
  boot: readonly string[],
): Promise<{ readonly looks: Looks; readonly replies: readonly Reply[] }> {
  const replies = await askEveryone(boot);
  const found = replies.filter((reply) => reply.status !== null);
  if (found.length === 0) throw nobody(replies);
  const looks = await Promise.all(
    found.map(async ({ addr, status }) => {
      // One of another release may have none.
      const text = await getText(addr, "/metrics").catch(() => "");
      return { status: status as Status, samples: parseMetrics(text), at: performance.now() };
    }),
  );
  return { looks: new Map(looks.map((one) => [one.status.id, one])), replies };
}

/** The text of one look. @param before what was said the time before; rates are of the time between */
export function describe(looks: Looks, before: Looks, replies: readonly Reply[]): string {
  const all = [...looks.values()].sort((a, b) =>
    a.status.addr.localeCompare(b.status.addr, "en", { numeric: true }),
  );
  const newest = all.reduce((a, b) => (b.status.view.number > a.status.view.number ? b : a)).status;
  const leader = all.find(({ status }) => status.leader !== null)?.status.leader ?? null;
  const problems = all.flatMap(({ status }) => status.problems.map((p) => `${status.addr}: ${p}`));
  const silent = replies.filter((r) => r.status === null).map((r) => `${r.addr} does not answer: ${r.error}`);
  const methods = methodRows(all, before);
  return [
    `view ${newest.view.number}, tolerates ${newest.tolerates}, ${
      leader === null ? "no leader" : `leader ${leader.addr}`
    }, sessions ${newest.sessions}, blocked ${newest.blocked}`,
    "",
    table([headings, ...all.map((one) => row(one, before.get(one.status.id), leader?.id ?? ""))]),
    ...(methods.length === 0 ? [] : ["", table([methodHeadings, ...methods])]),
    ...new Set([...problems, ...silent]),
  ].join("\n");
}

const headings = [
  ...["ADDR", "ROLE", "", "DECIDED", "EXECUTED", "OPS/S", "P50 MS", "P99 MS", "BATCH", "FSYNC MS"],
  ...["WAITING", "CLIENTS", "IN KB/S", "OUT KB/S", "CPU %", "RSS MB"],
];

function row(now: Look, before: Look | undefined, leader: string): string[] {
  const { status, samples } = now;
  const since = before ?? now;
  const per = (name: string) => rate(now, since, sumOf(samples, name) - sumOf(since.samples, name));
  const latency = bucketsSince(samples, since.samples, "concoord_op_duration_seconds");
  const batches = bucketsSince(samples, since.samples, "concoord_batch_ops");
  const syncs = bucketsSince(samples, since.samples, "concoord_fsync_duration_seconds");
  const ops = add(per("concoord_ops_total"), per("concoord_reads_total"));
  return [
    status.addr,
    status.role,
    status.id === leader ? "leader" : "",
    String(status.decided),
    String(status.executed),
    shown(ops, 0),
    shown(quantile(latency, 0.5), 2),
    shown(quantile(latency, 0.99), 2),
    shown(quantile(batches, 0.5), 0),
    shown(quantile(syncs, 0.5), 2),
    shown(firstOf(samples, "concoord_waiting_commands"), 0),
    shown(firstOf(samples, "concoord_connections"), 0),
    shown(per("concoord_received_bytes_total"), 1, 1_024),
    shown(per("concoord_sent_bytes_total"), 1, 1_024),
    shown(per("process_cpu_seconds_total"), 0, 0.01),
    shown(firstOf(samples, "process_resident_memory_bytes"), 0, 1_048_576),
  ];
}

const methodHeadings = ["METHOD", "OPS/S", "ERRORS/S", "BLOCKED/S", "P50 MS", "P99 MS"];

/** The methods that were called most. All replicas execute all: that which executed most is asked; waits are of all. */
function methodRows(all: readonly Look[], before: Looks): string[][] {
  const busiest = all
    .filter((one) => one.samples.has("concoord_ops_total"))
    .reduce<Look | null>((a, b) => (a === null || b.status.executed > a.status.executed ? b : a), null);
  if (busiest === null) return [];
  const since = before.get(busiest.status.id) ?? busiest;
  const rows = (busiest.samples.get("concoord_ops_total") ?? []).map(({ labels }) => {
    const per = (name: string) => {
      const [a, b] = [since, busiest].map(({ samples }) => firstOf(samples, name, labels) ?? 0);
      return rate(busiest, since, (b ?? 0) - (a ?? 0));
    };
    const buckets = waits(all, before, labels);
    const name = labels["class"] === "" ? "(others)" : `${labels["class"]}.${labels["method"]}`;
    const ops = add(per("concoord_ops_total"), per("concoord_reads_total"));
    const others = [per("concoord_op_errors_total"), per("concoord_ops_blocked_total")];
    const times = [quantile(buckets, 0.5), quantile(buckets, 0.99)];
    const cells = [
      shown(ops, 0),
      ...others.map((n) => shown(n, 0)),
      ...times.map((millis) => shown(millis, 2)),
    ];
    return { ops: ops ?? 0, cells: [name, ...cells] };
  });
  const busy = rows.filter(({ ops }) => ops > 0).sort((a, b) => b.ops - a.ops);
  return busy.slice(0, methodsShown).map(({ cells }) => cells);
}

/** How long callers waited for a method, whichever node they asked. */
function waits(all: readonly Look[], before: Looks, labels: Sample["labels"]): readonly number[] {
  const sums: number[] = [];
  for (const { status, samples } of all) {
    const earlier = before.get(status.id)?.samples ?? samples;
    const own = bucketsSince(samples, earlier, "concoord_op_duration_seconds", labels);
    for (const [i, n] of own.entries()) sums[i] = (sums[i] ?? 0) + n;
  }
  return sums;
}

/** Of a second; null where no time passed. A node that was started anew counts from 0. */
function rate(now: Look, before: Look, difference: number): number | null {
  return now.at === before.at ? null : (Math.max(0, difference) * 1_000) / (now.at - before.at);
}

function add(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a + b;
}

function shown(value: number | null, digits: number, unit = 1): string {
  return value === null ? "-" : (value / unit).toFixed(digits);
}
