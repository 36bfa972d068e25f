/**
 * `npm run soak -- --minutes 10`: three real replicas under endless load. After the warm-up their memory and their
 * disks must not grow any more. Prints what it saw as JSON; exit 1 when something grew or an answer was wrong.
 */
import { parseArgs } from "node:util";
import { Cluster } from "./process/cluster.ts";
import { judge } from "./soak/judge.ts";
import { Load } from "./soak/load.ts";
import { type Sample, Sampler } from "./soak/sampler.ts";

const usage = `npm run soak -- [--minutes 10] [--outstanding 256] [--json]
  --minutes      how long, warm-up and all (the first fifth of it, 2 minutes at most)
  --outstanding  calls under way at any time
  --json         every sample in the result, too`;

interface Options {
  readonly minutes: number;
  readonly outstanding: number;
  readonly json: boolean;
}

function options(): Options {
  const { values } = parseArgs({
    options: {
      minutes: { type: "string", default: "10" },
      outstanding: { type: "string", default: "256" },
      json: { type: "boolean", default: false },
    },
  });
  const [minutes, outstanding] = [Number(values.minutes), Number(values.outstanding)];
  if (!(minutes > 0 && minutes <= 10_080)) throw new RangeError("--minutes is from 0 to 10080");
  if (!(Number.isInteger(outstanding) && outstanding > 0 && outstanding <= 10_000))
    throw new RangeError("--outstanding is from 1 to 10000");
  return { minutes, outstanding, json: values.json };
}

function tell({ atMillis, opsPerSecond, p99Millis, residentBytes, diskBytes }: Sample): void {
  const MB = (bytes: readonly number[]) => bytes.map((n) => Math.round(n / 1e6)).join("+");
  const speed = `${Math.round(opsPerSecond)} ops/s, p99 ${p99Millis.toFixed(1)} ms`;
  const sizes = `memory ${MB(residentBytes)} MB, disk ${MB(diskBytes)} MB`;
  process.stderr.write(`${Math.round(atMillis / 1_000)} s: ${speed}, ${sizes}\n`);
}

async function soak({ minutes, outstanding, json }: Options): Promise<void> {
  const cluster = await Cluster.start(3);
  const load = new Load(cluster.bootstrap, outstanding);
  try {
    const samples = await new Sampler(cluster, load).run(minutes * 60_000, tell);
    const wrong = await load.finish();
    const { steady, growth } = judge(samples, minutes * 60_000);
    const { acknowledged: calls } = load;
    const opsPerSecond = Math.round(calls / (minutes * 60));
    const result = { minutes, outstanding, calls, opsPerSecond, steady, wrong, growth };
    process.stdout.write(`${JSON.stringify(json ? { ...result, samples } : result)}\n`);
    if (!steady || wrong.length > 0) process.exitCode = 1;
  } finally {
    await load.close();
    await cluster.stop();
  }
}

try {
  await soak(options());
} catch (error) {
  const misused = error instanceof RangeError || error instanceof TypeError;
  process.stderr.write(`soak: ${error instanceof Error ? error.message : String(error)}\n`);
  if (misused) process.stderr.write(`${usage}\n`);
  process.exitCode = misused ? 2 : 1;
}
