/**
 * `npm run bench`: durable calls through the published `connect` against three replicas as real processes; beside
 * them a floor (replication with everything but durability taken away) and the bare `ws` echo, in the same run.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { benchDns } from "./dns.ts";
import { type Shape, shapes, warmMillis } from "./measure.ts";
import { type Result, type Subject, startConcoord, startEcho, startFloor } from "./subjects.ts";

const usage = `npm run bench -- [--seconds 3] [--only 16x256,…] [--memory] [--json]
  --seconds     how long each shape is measured, after ${warmMillis} ms of warm-up
  --only        shapes, as CONNECTIONSxOUTSTANDING
  --memory      replicas and floor without a disk
  --skip-floor  neither floor nor echo
  --floor-only  floor and echo alone
  --dns         the nameserver instead: by UDP, TCP and HTTPS
  --json        the results as JSON on standard output, too
Hand-overs of a lock are measured by bench/locks.ts, snapshots of a large state by bench/snapshots.ts.`;

interface Options {
  readonly seconds: number;
  readonly shapes: readonly Shape[];
  readonly memory: boolean;
  readonly floor: boolean;
  readonly concoord: boolean;
  readonly json: boolean;
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      seconds: { type: "string", default: "3" },
      only: { type: "string" },
      memory: { type: "boolean", default: false },
      "skip-floor": { type: "boolean", default: false },
      "floor-only": { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const seconds = Number(values.seconds);
  if (!(seconds > 0 && seconds <= 60)) throw new RangeError("--seconds is from 0 to 60");
  const names = values.only?.split(",");
  const wanted = names === undefined ? shapes : shapes.filter((shape) => names.includes(nameOf(shape)));
  if (wanted.length === 0) throw new RangeError(`--only knows ${shapes.map(nameOf).join(", ")}`);
  const floor = !values["skip-floor"];
  const { memory, json } = values;
  return { seconds, shapes: wanted, memory, floor, concoord: !values["floor-only"], json };
}

function nameOf({ connections, outstanding }: Shape): string {
  return `${connections}x${outstanding}`;
}

/** One shape after the other, and in each every subject: what disturbs the machine then disturbs them alike. */
async function measureAll(wanted: Options): Promise<readonly Result[]> {
  const subjects: Subject[] = [];
  const results: Result[] = [];
  try {
    if (wanted.concoord) subjects.push(await startConcoord(wanted.memory));
    if (wanted.floor) subjects.push(await startFloor(wanted.memory), await startEcho());
    for (const shape of wanted.shapes) {
      for (const subject of subjects) {
        const result = await subject.measure(shape, wanted.seconds);
        process.stderr.write(`${subject.name} ${nameOf(shape)}: ${Math.round(result.opsPerSecond)} ops/s\n`);
        results.push(result);
      }
    }
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
  return results.toSorted((a, b) => (a.subject === b.subject ? 0 : a.subject < b.subject ? -1 : 1));
}

/** A line for each measurement; `of floor` is its share of what the floor did in the same shape. */
function describe(results: readonly Result[]): string {
  const head = [
    "subject",
    "conns",
    "outst.",
    "ops/s",
    "p50 ms",
    "p99 ms",
    "max ms",
    "cpu us/op",
    "disk B/op",
    "of floor",
  ];
  const rows = results.map((r) => {
    const same = (o: Result) => o.connections === r.connections && o.outstanding === r.outstanding;
    const floor = results.find((o) => o.subject === "floor" && same(o));
    return [
      r.subject,
      String(r.connections),
      String(r.outstanding),
      r.opsPerSecond.toFixed(0),
      r.p50Millis.toFixed(2),
      r.p99Millis.toFixed(2),
      r.maxMillis.toFixed(1),
      r.cpuMicrosPerOp.toFixed(1),
      r.diskBytesPerOp?.toFixed(0) ?? "-",
      floor === undefined || floor === r ? "-" : (r.opsPerSecond / floor.opsPerSecond).toFixed(2),
    ];
  });
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return [head, ...rows].map(line).join("\n");
}

function save(wanted: Options, results: readonly Result[]): string {
  const at = new Date().toISOString();
  const machine = { cpu: cpus()[0]?.model ?? "", cores: availableParallelism(), node: process.version };
  const text = JSON.stringify(
    { at, machine, memory: wanted.memory, seconds: wanted.seconds, results },
    null,
    2,
  );
  const folder = new URL("results/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL(`${at.replaceAll(":", "-")}.json`, folder), `${text}\n`);
  return text;
}

/** More than every measurement together can take. */
function budgetMillis({ seconds, shapes: wanted }: Options): number {
  return wanted.length * 3 * (warmMillis + seconds * 1_000 + 5_000) + 120_000;
}

if (process.argv.includes("--dns")) process.exit(await benchDns(process.argv.includes("--json")));

try {
  const wanted = options();
  setTimeout(() => {
    process.stderr.write("bench: it takes too long\n");
    process.exit(1);
  }, budgetMillis(wanted)).unref();
  const results = await measureAll(wanted);
  const text = save(wanted, results);
  process.stdout.write(wanted.json ? `${text}\n` : `${describe(results)}\n`);
} catch (error) {
  const wrong = error instanceof RangeError || error instanceof TypeError;
  process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`);
  if (wrong) process.stderr.write(`${usage}\n`);
  process.exitCode = wrong ? 2 : 1;
}
