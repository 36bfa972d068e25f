/** Whether something grows: the medians of the second and of the last quarter of what follows the warm-up. */
import type { Sample } from "./sampler.ts";

const warmMillisMax = 120_000;
/** Growth that counts as none: medians differ by chance, and files are made in pieces of 16 MiB. */
const factor = 1.15;
const slackBytes = { memory: 24e6, disk: 48e6 };

export interface Growth {
  readonly replica: number;
  readonly of: "memory" | "disk";
  readonly before: number;
  readonly after: number;
  readonly steady: boolean;
}

export function judge(
  samples: readonly Sample[],
  millis: number,
): { steady: boolean; growth: readonly Growth[] } {
  const warm = Math.min(warmMillisMax, millis / 5);
  const rest = samples.filter(({ atMillis }) => atMillis >= warm);
  const replicas = rest[0]?.diskBytes.length ?? 0;
  const growth = Array.from({ length: replicas }, (_, replica) => [
    compare(
      "memory",
      replica,
      rest.map((sample) => sample.residentBytes[replica] ?? 0),
    ),
    compare(
      "disk",
      replica,
      rest.map((sample) => sample.diskBytes[replica] ?? 0),
    ),
  ]).flat();
  return { steady: growth.length > 0 && growth.every(({ steady }) => steady), growth };
}

function compare(of: Growth["of"], replica: number, values: readonly number[]): Growth {
  const quarter = Math.floor(values.length / 4);
  const before = median(values.slice(quarter, 2 * quarter));
  const after = median(values.slice(3 * quarter));
  return { replica, of, before, after, steady: after <= before * factor + slackBytes[of] };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
