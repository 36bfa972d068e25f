/** `/metrics` of nodes that run: what callers did is there. */
import { expect, test } from "vitest";
import { openSession } from "../../src/node/index.ts";
import { firstOf, parseMetrics, type Samples, sumOf } from "../../src/node/metrics/parse.ts";
import { replica } from "../../src/node/node.ts";
import { freePorts } from "../process/processes.ts";

async function scrape(addr: string): Promise<Samples> {
  const answer = await fetch(`http://${addr}/metrics`);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([
    200,
    expect.stringMatching(/^text\/plain/),
  ]);
  return parseMetrics(await answer.text());
}

test("calls, reads, errors, batches, bytes", { timeout: 30_000 }, async () => {
  const [port = 0] = await freePorts(1);
  const objects = ["concoord.object.counter.Counter"];
  await using node = await replica({ objects, port, memory: true });
  await using session = openSession(node.addr);
  for (let i = 0; i < 10; i++) await session.call("Counter/main", "increment", []);
  await Promise.all(Array.from({ length: 20 }, () => session.call("Counter/main", "increment", [])));
  await session.call("Counter/main", "getvalue", []);
  await expect(session.call("Counter/main", "nothing", [])).rejects.toThrow("nothing");
  const samples = await scrape(node.addr);
  const of = (name: string, method: string) => firstOf(samples, name, { class: "Counter", method });
  expect(of("concoord_ops_total", "increment")).toBe(30);
  expect(sumOf(samples, "concoord_ops_total") + sumOf(samples, "concoord_reads_total")).toBe(32);
  expect(sumOf(samples, "concoord_op_errors_total")).toBe(1);
  expect(of("concoord_op_duration_seconds_count", "increment")).toBe(30);
  expect(firstOf(samples, "concoord_batch_ops_sum")).toBe(sumOf(samples, "concoord_ops_total"));
  expect(firstOf(samples, "concoord_fsync_duration_seconds_count")).toBeGreaterThan(10);
  expect(firstOf(samples, "concoord_decided_slot")).toBe(node.status().decided);
  const plain = ["sessions", "connections", "leading", "ready", "ballot_changes_total"];
  expect(plain.map((name) => firstOf(samples, `concoord_${name}`))).toEqual([1, 1, 1, 1, 1]);
  expect(firstOf(samples, "concoord_received_bytes_total", { with: "clients" })).toBeGreaterThan(500);
});
