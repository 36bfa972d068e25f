/**
 * The load of bench/live.ts, in processes of their own: `writer`, who calls at a fixed pace, whether the calls before
 * were answered or not; `followers`, who hold live objects and say on demand what these show; and `burner`, who takes
 * as much of a core as they do and asks nothing of anybody.
 */
import { argv } from "node:process";
import { connect, type Live, live } from "concoord";
import { Pad } from "./pad.ts";

export interface WriterOrder {
  readonly to: string;
  readonly perSecond: number;
  readonly seconds: number;
  /** Before it is measured. */
  readonly warmSeconds: number;
}

export interface FollowersOrder {
  readonly to: string;
  readonly followers: number;
}

export interface BurnerOrder {
  /** Of one core. */
  readonly share: number;
}

export interface Written {
  readonly p50Millis: number;
  readonly p99Millis: number;
  readonly maxMillis: number;
  readonly writes: number;
  /** What the last one returned. */
  readonly count: number;
}

/** How many followers show a count of at least `count`. */
export interface Shown {
  readonly shown: number;
}

/** Starting them all at once would be another measurement. */
const startsAtOnce = 50;
const frameMillis = 50;

function tell(message: object): void {
  if (process.send === undefined) throw new Error("this file is started by bench/live.ts");
  process.send(message);
}

async function write({ to, perSecond, seconds, warmSeconds }: WriterOrder): Promise<Written> {
  const pad = connect(Pad, to);
  await pad.tick();
  const times: number[] = [];
  const calls: Promise<number>[] = [];
  const writes = Math.round((seconds + warmSeconds) * perSecond);
  const began = performance.now();
  const call = async (i: number): Promise<number> => {
    const at = performance.now();
    const count = await pad.tick();
    if (i >= warmSeconds * perSecond) times.push(performance.now() - at);
    return count;
  };
  while (calls.length < writes) {
    const due = Math.min(writes, Math.floor(((performance.now() - began) / 1_000) * perSecond) + 1);
    while (calls.length < due) calls.push(call(calls.length));
    const wait = began + (calls.length * 1_000) / perSecond - performance.now();
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, wait)));
  }
  const counts = await Promise.all(calls);
  await pad[Symbol.asyncDispose]();
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    p50Millis: at(0.5),
    p99Millis: at(0.99),
    maxMillis: at(1),
    writes: sorted.length,
    count: Math.max(...counts),
  };
}

async function follow({ to, followers }: FollowersOrder): Promise<void> {
  const pads: Live<Pad>[] = [];
  while (pads.length < followers) {
    const some = Array.from({ length: Math.min(startsAtOnce, followers - pads.length) }, () => live(Pad, to));
    await Promise.all(some.map((pad) => pad.ready));
    pads.push(...some);
  }
  process.on("message", (count: number) =>
    tell({ shown: pads.filter((pad) => pad.state.count >= count).length } satisfies Shown),
  );
  tell({ shown: 0 } satisfies Shown);
}

/** Busy at the start of each 50 ms, as followers are when a frame comes. */
function burn({ share }: BurnerOrder): void {
  let next = performance.now();
  const turn = () => {
    const until = performance.now() + share * frameMillis;
    while (performance.now() < until);
    next += frameMillis;
    setTimeout(turn, Math.max(0, next - performance.now()));
  };
  turn();
  tell({ shown: 0 } satisfies Shown);
}

const [, , part, order] = argv;
if (order === undefined) throw new Error("this file is started by bench/live.ts");
if (part === "followers") await follow(JSON.parse(order) as FollowersOrder);
else if (part === "burner") burn(JSON.parse(order) as BurnerOrder);
else {
  tell(await write(JSON.parse(order) as WriterOrder));
  process.disconnect?.();
}
