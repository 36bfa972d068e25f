/** What `/metrics` says, read back, and that it is what happened. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describe as describeTop } from "../../src/node/cli/top.ts";
import { MemoryStorage } from "../../src/node/memory-storage.ts";
import type { Counts } from "../../src/node/metrics/counts.ts";
import { exposition } from "../../src/node/metrics/exposition.ts";
import { bucketsSince, firstOf, parseMetrics, sumOf } from "../../src/node/metrics/parse.ts";
import { timed } from "../../src/node/metrics/timed-storage.ts";
import { Histogram, quantile } from "../../src/shared/server/latency.ts";
import type { Status } from "../../src/shared/server/status.ts";

const status = {
  cluster: "c",
  id: "n1",
  addr: "127.0.0.1:14000",
  role: "replica",
  version: "1",
  uptimeMs: 2_500,
  leader: { id: "n1", addr: "127.0.0.1:14000" },
  ballot: { round: 3, id: "n1" },
  tolerates: 1,
  problems: [],
  view: {
    number: 7,
    members: [
      { id: "n1", addr: "127.0.0.1:14000", role: "replica", alive: true },
      { id: "n2", addr: "127.0.0.1:14001", role: "acceptor", alive: false },
    ],
  },
  decided: 20,
  executed: 19,
  snapshot: 0,
  sessions: 4,
  blocked: 2,
} as unknown as Status;

function counts(calls: number): Counts {
  const latency = new Histogram();
  const batches = new Histogram();
  const appends = new Histogram();
  for (let i = 0; i < calls; i++) {
    latency.add(3);
    batches.add(5);
    appends.add(0.4);
  }
  const method = { class: "Odd", method: 'a"b\\c', calls, reads: 0, errors: 1, blocked: 0, latency };
  const log = {
    methods: [method],
    batches,
    appends,
    ballotChanges: 2,
    waiting: 3,
    open: 1,
    trimmed: 0,
    bytes: 9,
  };
  const traffic = { peers: { received: 10, sent: 20 }, clients: { received: 1, sent: 2 } };
  return { status, ready: true, connections: 6, traffic, waitingBytes: 5, linesDropped: 8, log };
}

test("names, labels and values survive", async () => {
  const { type, text } = await exposition(counts(4));
  expect(type).toMatch(/^text\/plain/);
  const samples = parseMetrics(text);
  for (const name of samples.keys()) expect(name).toMatch(/^(concoord|process)_[a-z_]+$/);
  const labels = { class: "Odd", method: 'a"b\\c' };
  expect(firstOf(samples, "concoord_ops_total", labels)).toBe(4);
  expect(firstOf(samples, "concoord_sent_bytes_total", { with: "clients" })).toBe(2);
  expect(sumOf(samples, "concoord_received_bytes_total")).toBe(11);
  const plain = [
    "leading",
    "view_members_alive",
    "sessions",
    "blocked_calls",
    "waiting_commands",
    "open_slots",
  ];
  expect(plain.map((name) => firstOf(samples, `concoord_${name}`))).toEqual([1, 1, 4, 2, 3, 1]);
  expect(firstOf(samples, "concoord_ballot_changes_total")).toBe(2);
  expect(firstOf(samples, "concoord_log_lines_dropped_total")).toBe(8);
  expect(firstOf(samples, "concoord_op_duration_seconds_count", labels)).toBe(4);
  expect(firstOf(samples, "concoord_op_duration_seconds_sum", labels)).toBeCloseTo(0.012);
  expect(firstOf(samples, "concoord_op_duration_seconds_bucket", { ...labels, le: "0.002" })).toBe(0);
  expect(firstOf(samples, "concoord_op_duration_seconds_bucket", { ...labels, le: "0.004" })).toBe(4);
  expect(firstOf(samples, "concoord_batch_ops_bucket", { le: "8" })).toBe(4);
  expect(firstOf(samples, "concoord_fsync_duration_seconds_bucket", { le: "+Inf" })).toBe(4);
});

test("each name that is told stands in the document, and each that stands there is told", async () => {
  const page = readFileSync(new URL("../../docs/metrics.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  const named = rows.flatMap((row) => [
    ...(row.split("|")[1] ?? "").matchAll(/`((?:concoord|process)_\w+)`/g),
  ]);
  const { text } = await exposition(counts(1));
  const told = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]);
  expect(told.map(([name]) => name).toSorted()).toEqual(named.map(([, name]) => name).toSorted());
  // What counts up says so, as Prometheus wants it.
  for (const [name = "", type] of told)
    expect([name, type === "counter"]).toEqual([name, name.endsWith("_total")]);
});

const wanted: readonly (readonly [what: string, name: string, value: number])[] = [
  ["ops", "concoord_ops_total", 4],
  ["latencies", "concoord_op_duration_seconds_count", 4],
  ["batch sizes", "concoord_batch_ops_sum", 20],
  ["slots decided", "concoord_decided_slot", 20],
  ["slots executed", "concoord_executed_slot", 19],
  ["ballot changes", "concoord_ballot_changes_total", 2],
  ["fsync", "concoord_fsync_duration_seconds_count", 4],
  ["queue of commands", "concoord_waiting_commands", 3],
  ["queue to peers", "concoord_peer_queue_bytes", 5],
  ["sessions", "concoord_sessions", 4],
  ["blocked", "concoord_blocked_calls", 2],
  ["bytes received", "concoord_received_bytes_total", 11],
  ["bytes sent", "concoord_sent_bytes_total", 22],
  ["bytes stored", "concoord_storage_bytes", 9],
];

test.each(wanted)("%s: %s", async (_what, name, value) => {
  const { text } = await exposition(counts(4));
  expect(sumOf(parseMetrics(text), name)).toBe(value);
});

test("a node without a log tells what it has", async () => {
  const { text } = await exposition({ ...counts(1), connections: null, log: null });
  const samples = parseMetrics(text);
  expect(firstOf(samples, "concoord_view_number")).toBe(7);
  expect([samples.has("concoord_ops_total"), samples.has("concoord_connections")]).toEqual([false, false]);
});

test("between two scrapes: what a histogram counted", async () => {
  const [before, now] = await Promise.all([counts(4), counts(10)].map((c) => exposition(c)));
  const [a, b] = [before, now].map((one) => parseMetrics(one?.text ?? ""));
  if (a === undefined || b === undefined) throw new Error("no samples");
  const buckets = bucketsSince(b, a, "concoord_op_duration_seconds");
  expect(buckets.reduce((sum, n) => sum + n, 0)).toBe(6);
  expect(quantile(buckets, 0.5)).toBeCloseTo(3);
});

test("the table of top: rates of a second, and the methods that were called", async () => {
  const look = async (calls: number, at: number) =>
    new Map([["n1", { status, samples: parseMetrics((await exposition(counts(calls))).text), at }]]);
  const silent = [{ addr: "127.0.0.1:14001", status: null, error: "connection refused" }];
  const text = describeTop(await look(1_010, 2_000), await look(10, 1_000), silent);
  expect(text).toMatch(/^view 7, tolerates 1, leader 127\.0\.0\.1:14000, sessions 4, blocked 2\n/);
  expect(text).toMatch(
    /127\.0\.0\.1:14000 +replica +leader +20 +19 +1000 +3\.00 +3\.98 +6 +0\.38 +3 +6 +0\.0 +0\.0/,
  );
  expect(text).toMatch(/Odd\.a"b\\c +1000 +0 +0 +3\.00 +3\.98/);
  expect(text).toMatch(/127\.0\.0\.1:14001 does not answer: connection refused$/);
  // Nothing to compare with: no rates.
  expect(describeTop(await look(1, 5), new Map(), [])).toMatch(/leader +20 +19 +- +- +- /);
});

test("appends are timed once they are durable", async () => {
  const took = new Histogram();
  const storage = timed(new MemoryStorage(), took);
  await storage.load(() => undefined);
  await storage.append([]);
  expect(took.count).toBe(1);
  const broken = timed({ ...storage, append: () => Promise.reject(new Error("no disk")) }, took);
  await expect(broken.append([])).rejects.toThrow("no disk");
  expect(took.count).toBe(1);
});
