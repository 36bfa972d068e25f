/** Reads the text format of Prometheus, as far as nodes write it. */

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** By name, in the order of the text. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

/** Lines that are none of ours are skipped: the text comes from another process. */
export function parseMetrics(text: string): Samples {
  const all = new Map<string, Sample[]>();
  for (const line of text.split("\n")) {
    const [, name, labels = "", value = ""] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const sample = { labels: labelsOf(labels), value: Number(value) };
    const before = all.get(name);
    if (before === undefined) all.set(name, [sample]);
    else before.push(sample);
  }
  return all;
}

function labelsOf(text: string): Record<string, string> {
  const found = text.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g);
  return Object.fromEntries([...found].map(([, name = "", value = ""]) => [name, plainText(value)]));
}

function plainText(value: string): string {
  return value.replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c));
}

/** The first value of a metric; null when it is not there. */
export function firstOf(samples: Samples, name: string, labels: Sample["labels"] = {}): number | null {
  const wanted = Object.entries(labels);
  const found = samples.get(name)?.find((s) => wanted.every(([key, value]) => s.labels[key] === value));
  return found?.value ?? null;
}

/** The sum of all values of a metric. */
export function sumOf(samples: Samples, name: string): number {
  return (samples.get(name) ?? []).reduce((sum, { value }) => sum + value, 0);
}

/**
 * What a histogram counted since an earlier scrape, summed over all labels but `le`, as counts of its buckets.
 * @param only the labels that count
 */
export function bucketsSince(
  now: Samples,
  before: Samples,
  name: string,
  only: Sample["labels"] = {},
): readonly number[] {
  const upTo = (samples: Samples) => {
    const sums = new Map<string, number>();
    for (const { labels, value } of samples.get(`${name}_bucket`) ?? []) {
      if (Object.entries(only).some(([key, wanted]) => labels[key] !== wanted)) continue;
      const le = labels["le"] ?? "";
      sums.set(le, (sums.get(le) ?? 0) + value);
    }
    return sums;
  };
  const [a, b] = [upTo(before), upTo(now)];
  let below = 0;
  return [...b].map(([le, value]) => {
    const all = Math.max(0, value - (a.get(le) ?? 0));
    const own = Math.max(0, all - below);
    below = all;
    return own;
  });
}
