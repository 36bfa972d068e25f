/** How long calls took, as counts in buckets that double: what `/metrics` tells and the page shows. */

/**
 * Milliseconds: bucket i counts what took at most `bounds[i]`, and more than the one before; the last what took
 * longer.
 */
export const latencyBounds: readonly number[] = Array.from({ length: 18 }, (_, i) => 0.125 * 2 ** i);

/** A histogram as data. */
export interface Latencies {
  readonly count: number;
  /** Of all, in ms. */
  readonly sum: number;
  /** One more than there are bounds. */
  readonly buckets: readonly number[];
}

export class Histogram implements Latencies {
  count = 0;
  sum = 0;
  readonly buckets: number[] = new Array<number>(latencyBounds.length + 1).fill(0);

  /** @param took ms, not negative */
  add(took: number): void {
    this.count++;
    this.sum += took;
    const i = Math.min(latencyBounds.length, 32 - Math.clz32(Math.ceil(took * 8) - 1));
    (this.buckets[took <= 0.125 ? 0 : i] as number) += 1;
  }
}

/**
 * The time that a share of the calls did not exceed, about: the bucket is known, and within it they count as even.
 *
 * @param share from 0 to 1
 * @returns ms; null when there were none
 * @example quantile(buckets, 0.99)
 */
export function quantile(buckets: readonly number[], share: number): number | null {
  const all = buckets.reduce((sum, n) => sum + n, 0);
  if (all === 0) return null;
  let left = share * all;
  for (const [i, n] of buckets.entries()) {
    const from = i === 0 ? 0 : (latencyBounds[i - 1] as number);
    const to = latencyBounds[i] ?? from;
    if (n >= left && n > 0) return from + ((to - from) * left) / n;
    left -= n;
  }
  return latencyBounds.at(-1) ?? null;
}
