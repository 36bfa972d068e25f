/** Looks at the processes of a cluster now and then: memory, disk, and how the load does. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "../process/cluster.ts";
import type { Load } from "./load.ts";

const sampleMillisMax = 5_000;
/** Enough of them that medians mean something. */
const samplesMin = 60;

export interface Sample {
  /** Since the beginning. */
  readonly atMillis: number;
  readonly opsPerSecond: number;
  readonly p99Millis: number;
  /** Of each replica; 0 where the system does not tell. */
  readonly residentBytes: readonly number[];
  readonly diskBytes: readonly number[];
}

export class Sampler {
  private readonly cluster: Cluster;
  private readonly load: Load;

  constructor(cluster: Cluster, load: Load) {
    this.cluster = cluster;
    this.load = load;
  }

  /** Samples until the time is over. @throws Error when a replica ended */
  run(millis: number, each: (sample: Sample) => void): Promise<readonly Sample[]> {
    const from = performance.now();
    const samples: Sample[] = [];
    let last = from;
    return new Promise((resolve, reject) => {
      const look = () => {
        try {
          const now = performance.now();
          const sample = this.sample(now - from, now - last);
          last = now;
          samples.push(sample);
          each(sample);
          if (now - from < millis) return;
          clearInterval(timer);
          resolve(samples);
        } catch (error) {
          clearInterval(timer);
          reject(error);
        }
      };
      const timer = setInterval(look, Math.min(sampleMillisMax, millis / samplesMin));
    });
  }

  private sample(atMillis: number, sinceMillis: number): Sample {
    const times = Float64Array.from(this.load.take()).sort();
    const pids = this.cluster.replicas.map(({ process: running, addr }) => {
      if (running === null || running.child.exitCode !== null)
        throw new Error(`${addr} ended: ${running?.errors()}`);
      return running.pid;
    });
    return {
      atMillis,
      opsPerSecond: (times.length / sinceMillis) * 1_000,
      p99Millis: times[Math.floor(times.length * 0.99)] ?? Number.NaN,
      residentBytes: pids.map(residentBytes),
      diskBytes: this.cluster.replicas.map(({ data }) => diskBytes(data)),
    };
  }
}

function residentBytes(pid: number): number {
  if (process.platform !== "linux") return 0;
  const kB = /^VmRSS:\s+([0-9]+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kB ?? 0) * 1024;
}

/** Of all files, as they are now: they come and go. */
function diskBytes(folder: string): number {
  let bytes = 0;
  for (const name of readdirSync(folder))
    bytes += (statSync(join(folder, name), { throwIfNoEntry: false })?.blocks ?? 0) * 512;
  return bytes;
}
