/**
 * The counts of a node in the text format of Prometheus, made anew for each scrape: nothing is counted twice, and who
 * is never scraped pays nothing. Names and meaning stand in docs/metrics.md. Loaded with the first scrape.
 */
import prom from "prom-client";
import type { Latencies } from "../../shared/server/latency.ts";
import { type Counts, cumulative, type LogCounts, type Told } from "./counts.ts";

type Labels = Readonly<Record<string, string>>;
type Values = readonly (readonly [labels: Labels, value: number])[];

/** A histogram that was counted elsewhere. */
class Counted extends prom.Histogram<string> {
  private readonly metric: string;
  private readonly empty: prom.Histogram<string>;
  private readonly told: readonly (readonly [Labels, Told])[];

  constructor(name: string, help: string, told: readonly (readonly [Labels, Told])[]) {
    super({ name, help, registers: [] });
    this.metric = name;
    this.empty = new prom.Histogram({ name, help, registers: [] });
    this.told = told;
  }

  /** The registry asks for this. That of the base class asks `get`, and `get` of the base class asks this. */
  async getForPromString(): ReturnType<prom.Histogram<string>["get"]> {
    const values = this.told.flatMap(([labels, { bounds, counts, sum, count }]) => [
      ...bounds.map((le, i) => ({
        metricName: `${this.metric}_bucket`,
        labels: { ...labels, le },
        value: counts[i] ?? 0,
      })),
      { metricName: `${this.metric}_sum`, labels, value: sum },
      { metricName: `${this.metric}_count`, labels, value: count },
    ]);
    return { ...(await this.empty.get()), values };
  }

  override get(): ReturnType<prom.Histogram<string>["get"]> {
    return this.getForPromString();
  }
}

/** One scrape. */
class Scrape {
  readonly registry = new prom.Registry();

  gauge(name: string, help: string, values: Values | number): void {
    const list = valuesOf(values);
    const gauge = new prom.Gauge({ name, help, labelNames: namesOf(list), registers: [this.registry] });
    for (const [labels, value] of list) gauge.set(labels, value);
  }

  counter(name: string, help: string, values: Values | number): void {
    const list = valuesOf(values);
    const counter = new prom.Counter({ name, help, labelNames: namesOf(list), registers: [this.registry] });
    for (const [labels, value] of list) counter.inc(labels, value);
  }

  histogram(name: string, help: string, scale: number, values: readonly (readonly [Labels, Latencies])[]) {
    const told = values.map(([labels, latencies]) => [labels, cumulative(latencies, scale)] as const);
    this.registry.registerMetric(new Counted(name, help, told));
  }
}

function valuesOf(values: Values | number): Values {
  return typeof values === "number" ? [[{}, values]] : values;
}

function namesOf(values: Values): string[] {
  return Object.keys(values[0]?.[0] ?? {});
}

/** @returns the body of `/metrics` and its content type */
export async function exposition(counts: Counts): Promise<{ readonly type: string; readonly text: string }> {
  const scrape = new Scrape();
  standing(scrape, counts);
  network(scrape, counts);
  if (counts.log !== null) logOf(scrape, counts, counts.log);
  processOf(scrape);
  return { type: scrape.registry.contentType, text: await scrape.registry.metrics() };
}

function standing(scrape: Scrape, { status, ready, linesDropped }: Counts): void {
  const { cluster, id, addr, role, version, leader, view, problems } = status;
  scrape.gauge("concoord_info", "Always 1; its labels say who this is", [
    [{ cluster, id, addr, role, version }, 1],
  ]);
  scrape.gauge("concoord_uptime_seconds", "Since this process started the node", status.uptimeMs / 1_000);
  scrape.gauge("concoord_ready", "1 while it is in the view and caught up", Number(ready));
  scrape.gauge("concoord_leading", "1 while this node leads", Number(leader?.id === id));
  scrape.gauge("concoord_leader_known", "1 while it knows a leader", Number(leader !== null));
  scrape.gauge("concoord_problems", "Lines that `concoord status` shows of this node", problems.length);
  scrape.gauge("concoord_view_number", "Number of the newest view", view.number);
  const roles = Map.groupBy(view.members, (m) => m.role);
  const members = [...roles].map(([name, list]) => [{ role: name }, list.length] as const);
  scrape.gauge("concoord_view_members", "Members of the newest view", members);
  const alive = view.members.filter((m) => m.alive).length;
  scrape.gauge("concoord_view_members_alive", "Members that this node hears, and itself", alive);
  scrape.gauge("concoord_tolerated_failures", "Voters that may fail while calls go on", status.tolerates);
  scrape.counter("concoord_log_lines_dropped_total", "Lines that no log took", linesDropped);
}

function network(scrape: Scrape, { connections, traffic, waitingBytes }: Counts): void {
  const all = Object.entries(traffic);
  const received = all.map(([of, bytes]) => [{ with: of }, bytes.received] as const);
  const sent = all.map(([of, bytes]) => [{ with: of }, bytes.sent] as const);
  scrape.counter("concoord_received_bytes_total", "Bytes of frames that came", received);
  scrape.counter("concoord_sent_bytes_total", "Bytes of frames that were sent", sent);
  scrape.gauge("concoord_peer_queue_bytes", "Bytes that wait for other nodes", waitingBytes);
  if (connections !== null)
    scrape.gauge("concoord_connections", "Clients that are connected to this node", connections);
}

function logOf(scrape: Scrape, { status }: Counts, log: LogCounts): void {
  const by = log.methods.map((m) => [{ class: m.class, method: m.method }, m] as const);
  const of = (count: (m: (typeof log.methods)[number]) => number): Values =>
    by.map(([labels, m]) => [labels, count(m)]);
  scrape.counter(
    "concoord_ops_total",
    "Calls executed from the log",
    of((m) => m.calls),
  );
  scrape.counter(
    "concoord_reads_total",
    "Declared reads answered without the log",
    of((m) => m.reads),
  );
  scrape.counter(
    "concoord_op_errors_total",
    "Of both: threw, or refused",
    of((m) => m.errors),
  );
  scrape.counter(
    "concoord_ops_blocked_total",
    "Calls that had to wait for others",
    of((m) => m.blocked),
  );
  scrape.histogram(
    "concoord_op_duration_seconds",
    "From the arrival of a call of this node's clients to its answer",
    0.001,
    by.map(([labels, m]) => [labels, m.latency]),
  );
  scrape.histogram("concoord_batch_ops", "Calls of a slot that had any", 1, [[{}, log.batches]]);
  scrape.histogram("concoord_fsync_duration_seconds", "Write and fdatasync of an append", 0.001, [
    [{}, log.appends],
  ]);
  scrape.gauge("concoord_decided_slot", "All slots up to here are decided", status.decided);
  scrape.gauge("concoord_executed_slot", "All slots up to here are executed", status.executed);
  scrape.gauge("concoord_snapshot_slot", "Slot of the newest snapshot on disk", status.snapshot);
  scrape.gauge("concoord_trimmed_slot", "Slots up to here left the log", log.trimmed);
  scrape.gauge("concoord_ballot_round", "Round of the ballot that leads", status.ballot.round);
  scrape.counter("concoord_ballot_changes_total", "How often another ballot led", log.ballotChanges);
  scrape.gauge("concoord_waiting_commands", "Commands that wait here for a slot", log.waiting);
  scrape.gauge("concoord_open_slots", "Slots proposed here and not decided", log.open);
  scrape.gauge("concoord_sessions", "Sessions that are open in the cluster", status.sessions);
  scrape.gauge("concoord_blocked_calls", "Calls that are blocked in the cluster", status.blocked);
  scrape.gauge("concoord_storage_bytes", "Bytes of log and snapshots on disk", log.bytes);
}

/** Under the names that all exporters use. */
function processOf(scrape: Scrape): void {
  const { user, system } = process.cpuUsage();
  scrape.counter("process_cpu_seconds_total", "User and system time", (user + system) / 1e6);
  scrape.gauge("process_resident_memory_bytes", "Resident memory", process.memoryUsage.rss());
}
