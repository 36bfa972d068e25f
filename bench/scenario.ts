/** A scenario of the bench: what is measured in one run, so that what disturbs the machine disturbs all alike. */
import type { ServiceName } from "./services/services.ts";

export interface Setting {
  /** How long one measurement lasts, after its warm-up. */
  readonly seconds: number;
  /** How often each is repeated, in turns; the medians count. */
  readonly rounds: number;
  /** Other services to measure beside. */
  readonly versus: readonly ServiceName[];
  /** Small counts, to see that everything runs. */
  readonly quick: boolean;
}

export interface Row {
  readonly scenario: string;
  /** concoord, floor, echo, etcd, zookeeper. */
  readonly subject: string;
  /** What was done, as "durable 1x64". */
  readonly work: string;
  /** Named with their unit: opsPerSecond, p50Millis, residentMegabytes. */
  readonly figures: Readonly<Record<string, number>>;
}

export interface Scenario {
  readonly name: string;
  /** For the report, one sentence. */
  readonly about: string;
  run(setting: Setting, note: (line: string) => void): Promise<readonly Row[]>;
}

export function median(of: readonly number[]): number {
  const sorted = of.toSorted((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  const at = (place: number) => sorted[place] ?? Number.NaN;
  return (at(Math.floor(half)) + at(Math.ceil(half))) / 2;
}

/** The median of each figure over the rounds. */
export function medians(rounds: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, median(rounds.map((round) => round[name] ?? Number.NaN))]),
  );
}
