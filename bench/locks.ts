/**
 * `node bench/locks.ts`: what a lock costs, measured in calls. Three replicas as real processes and clients through the
 * published `connect`; in each round, one after the other: one call alone, acquire and release alone, and hand-overs of
 * a lock that many sessions want.
 *
 * A hand-over needs one durable round: the release that gives the lock to the next one. So there cannot be more of them
 * in a second than calls one after the other, and there should not be much fewer. A machine that is busy with other
 * things slows the mean down and not the median: `handOversOfMean` compares hand-overs with as many calls as there
 * really were.
 */
import { type Flags, flags, rounded, runBench } from "./flags.ts";
import { type Subject, startConcoord } from "./subjects.ts";

const usage = `node bench/locks.ts [--clients 16] [--seconds 3] [--rounds 3] [--memory]
  --clients  sessions that want the lock
  --seconds  how long each of the three is measured, after a warm-up
  --rounds   how often; the ratios are the medians of all rounds
  --memory   replicas without a disk`;

/** Hand-overs a second, at least this share of how many calls fit into a second one after the other. */
const handOversMin = 0.6;
/** Median of acquire and release together, at most so many medians of one call. */
const pairMax = 2.2;

const defaults = { clients: 16, seconds: 3, rounds: 3, memory: false } as const;
type Options = Flags<typeof defaults>;

interface Round {
  readonly callMillis: number;
  readonly callsPerSecond: number;
  readonly pairMillis: number;
  readonly handOversPerSecond: number;
  readonly handOverRatio: number;
  readonly handOversOfMean: number;
  readonly pairRatio: number;
}

async function measureRound(subject: Subject, { clients, seconds }: Options): Promise<Round> {
  const of = (work: "increment" | "pair", n: number) =>
    subject.measure({ connections: n, outstanding: n }, seconds, subject.loadOf(work));
  const { p50Millis: callMillis, opsPerSecond: callsPerSecond } = await of("increment", 1);
  const { p50Millis: pairMillis } = await of("pair", 1);
  const { opsPerSecond: handOversPerSecond } = await of("pair", clients);
  return {
    callMillis,
    callsPerSecond,
    pairMillis,
    handOversPerSecond,
    handOverRatio: (handOversPerSecond * callMillis) / 1_000,
    handOversOfMean: handOversPerSecond / callsPerSecond,
    pairRatio: pairMillis / callMillis,
  };
}

interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

function spread(of: readonly number[]): Spread {
  const sorted = of.toSorted((a, b) => a - b);
  const at = (place: number) => sorted[place] ?? Number.NaN;
  const half = (sorted.length - 1) / 2;
  return { min: at(0), median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2, max: at(sorted.length - 1) };
}

async function measure(wanted: Options): Promise<boolean> {
  const objects = ["concoord.object.counter.Counter", "concoord.object.lock.Lock"];
  const subject = await startConcoord(wanted.memory, objects);
  const rounds: Round[] = [];
  try {
    while (rounds.length < wanted.rounds) rounds.push(await measureRound(subject, wanted));
  } finally {
    await subject.stop();
  }
  const all = (key: keyof Round) => spread(rounds.map((round) => round[key]));
  const results = {
    callMillis: all("callMillis"),
    callsPerSecond: all("callsPerSecond"),
    pairMillis: all("pairMillis"),
    handOversPerSecond: all("handOversPerSecond"),
    handOverRatio: { ...all("handOverRatio"), wanted: handOversMin },
    handOversOfMean: all("handOversOfMean"),
    pairRatio: { ...all("pairRatio"), wanted: pairMax },
  };
  process.stdout.write(`${JSON.stringify({ ...wanted, ...results }, rounded, 2)}\n`);
  return results.handOverRatio.median >= handOversMin && results.pairRatio.median <= pairMax;
}

await runBench("locks", usage, () => measure(flags(defaults)));
