/** The closed loop: a fixed number of calls outstanding, each followed by the next, timed one by one. */

export interface Shape {
  readonly connections: number;
  /** Calls outstanding over all connections together. */
  readonly outstanding: number;
}

export interface Figures {
  readonly opsPerSecond: number;
  readonly p50Millis: number;
  readonly p99Millis: number;
  readonly maxMillis: number;
  /** Those measured, and all, with the warm-up and what ended too late. */
  readonly ops: number;
  readonly opsInAll: number;
}

/** How long what is to be measured runs before. */
const settleMillis = 1_000;
/**
 * So much is under way before that: code that ran a few hundred times is not compiled yet as what ran for an hour is.
 * All that is measured is warmed in this manner.
 */
const burstOutstanding = 256;
export const warmMillis = 2 * settleMillis;

type Lane = () => Promise<unknown>;

/**
 * Runs every lane in a loop of its own until the time is up; what is under way then still ends.
 * @param lanes one call each; as many as are to be outstanding
 * @param millis how long to measure, after a warm-up that does not count
 * @param started called when the measurement begins
 */
export async function closedLoop(
  lanes: readonly Lane[],
  millis: number,
  started: () => void,
): Promise<Figures> {
  let measuring = false;
  let over = false;
  let from = 0;
  let until = 0;
  let opsInAll = 0;
  const times: number[] = [];
  const timers = [
    setTimeout(() => {
      measuring = true;
      from = performance.now();
      started();
    }, settleMillis),
    setTimeout(() => {
      over = true;
      until = performance.now();
    }, settleMillis + millis),
  ];
  const run = async (lane: Lane) => {
    while (!over) {
      const at = performance.now();
      await lane();
      opsInAll++;
      if (measuring && !over) times.push(performance.now() - at);
    }
  };
  try {
    await Promise.all(lanes.map(run));
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
  return { ...summary(times, until - from), opsInAll };
}

function summary(times: readonly number[], millis: number): Omit<Figures, "opsInAll"> {
  const sorted = Float64Array.from(times).sort();
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return {
    opsPerSecond: (sorted.length / millis) * 1_000,
    p50Millis: at(0.5),
    p99Millis: at(0.99),
    maxMillis: at(1),
    ops: sorted.length,
  };
}

/** From a load process to the bench, over the channel of `process.send`. */
export type Report = { readonly type: "started" } | { readonly type: "done"; readonly figures: Figures };

/**
 * The part of a load process: runs the loop and tells the bench when it starts and what came out.
 * @param alone whether no more than one call may be under way in a lane: its calls wait for each other
 */
export async function report(lanes: readonly Lane[], seconds: number, alone = false): Promise<void> {
  const times = alone ? 1 : Math.ceil(burstOutstanding / lanes.length);
  const many = Array.from({ length: times }, () => lanes).flat();
  const before = await closedLoop(many, 0, () => undefined);
  const figures = await closedLoop(lanes, seconds * 1_000, () => tell({ type: "started" }));
  tell({ type: "done", figures: { ...figures, opsInAll: before.opsInAll + figures.opsInAll } });
}

function tell(message: Report): void {
  if (process.send === undefined) throw new Error("this file is started by the bench");
  process.send(message);
}

/** What a load process is told, as JSON in its last argument. */
export interface LoadOrder {
  readonly to: string;
  readonly shape: Shape;
  readonly seconds: number;
}

export function loadOrder(text: string | undefined): LoadOrder {
  if (text === undefined) throw new Error("this file is started by the bench");
  return JSON.parse(text) as LoadOrder;
}
