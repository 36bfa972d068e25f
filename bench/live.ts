/**
 * `node bench/live.ts`: what live objects cost those who write. Three replicas as real processes; a writer at a fixed
 * pace, in each round first alone and then while many programs follow the object, all at the same replica, as clients
 * go to the leader. Then, with one replica, the bytes that a small change to an object of a megabyte moves.
 *
 * The followers are one process of the lowest priority: on machines of their own they would not be in the way. Where
 * they share cores with the replicas they are all the same, so that each round has a third part: without followers,
 * but with a process that takes as much of a core as they did. `ratio` compares with the writer alone, `replicasRatio`
 * with that part: what is left of it is what the replicas do for followers. `followersCpu` and `replicasCpu` say how
 * much of one core each took meanwhile.
 */

import { createServer, connect as dial } from "node:net";
import { connect, live } from "concoord";
import { cpuSeconds, type Running, startNode, startProgram } from "../test/process/processes.ts";
import { type Flags, flags, rounded, runBench } from "./flags.ts";
import type { BurnerOrder, FollowersOrder, Shown, WriterOrder, Written } from "./live-load.ts";
import { Pad } from "./pad.ts";
import { type Subject, startConcoord } from "./subjects.ts";

const usage = `node bench/live.ts [--followers 1000] [--rate 200] [--seconds 10] [--rounds 3] [--memory]
  --followers  live objects, each on a session of its own
  --rate       writes a second
  --seconds    how long each is measured, after a warm-up
  --rounds     how often; the ratio is the median of all rounds
  --memory     replicas without a disk`;

const warmSeconds = 2;
const startMillisMax = 120_000;
/** Medians of writes with followers, at most so many of those without. */
const ratioMax = 1.2;
/** Of one change. */
const bytesMax = 1_000;
const megabyte = 1_000_000;

const defaults = { followers: 1_000, rate: 200, seconds: 10, rounds: 3, memory: false } as const;
type Options = Flags<typeof defaults>;

/** The next thing that a process tells. */
function told<T>(from: Running, millis: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it told nothing in time: ${from.errors()}`)), millis);
    from.child.once("message", (message) => {
      clearTimeout(timer);
      resolve(message as T);
    });
    void from.over.then(() => reject(new Error(`it ended: ${from.errors()}`)));
  });
}

async function write(to: string, { rate, seconds }: Options): Promise<Written> {
  const order: WriterOrder = { to, perSecond: rate, seconds, warmSeconds };
  const writer = startNode(["bench/live-load.ts", "writer", JSON.stringify(order)], {}, { ipc: true });
  try {
    return await told<Written>(writer, (seconds + warmSeconds) * 1_000 + startMillisMax);
  } finally {
    await writer.stop();
  }
}

interface Round {
  readonly alone: Written;
  readonly followed: Written;
  readonly burned: Written;
  readonly ratio: number;
  readonly replicasRatio: number;
  readonly followersCpu: number;
  readonly replicasCpuAlone: number;
  readonly replicasCpu: number;
}

/** What `run` brings, and how much of one core each of these groups of processes took meanwhile. */
async function shares<T>(groups: readonly (readonly number[])[], run: () => Promise<T>) {
  const before = groups.map(cpuSeconds);
  const began = performance.now();
  const brought = await run();
  const seconds = (performance.now() - began) / 1_000;
  const taken = groups.map((pids, i) => (cpuSeconds(pids) - (before[i] ?? 0)) / seconds);
  return [brought, ...taken] as const;
}

/** A process of the lowest priority with all its threads, which has told that it is under way. */
async function startCrowd(part: string, order: FollowersOrder | BurnerOrder): Promise<Running> {
  const args = ["bench/live-load.ts", part, JSON.stringify(order)];
  const crowd = startProgram("nice", ["-n", "19", process.execPath, ...args], {}, { ipc: true });
  await told<Shown>(crowd, startMillisMax);
  return crowd;
}

async function measureRound(subject: Subject, wanted: Options): Promise<Round> {
  const { to, pids } = subject;
  const [alone, replicasCpuAlone = 0] = await shares([pids], () => write(to, wanted));
  const crowd = await startCrowd("followers", { to, followers: wanted.followers });
  const [followed, replicasCpu = 0, followersCpu = 0] = await shares([pids, [crowd.pid]], () =>
    write(to, wanted),
  )
    .then(async (found) => {
      await allShow(crowd, found[0].count, wanted.followers);
      return found;
    })
    .finally(() => crowd.stop());
  const burner = await startCrowd("burner", { share: followersCpu });
  const burned = await write(to, wanted).finally(() => burner.stop());
  const ratio = followed.p50Millis / alone.p50Millis;
  const replicasRatio = followed.p50Millis / burned.p50Millis;
  return { alone, followed, burned, ratio, replicasRatio, followersCpu, replicasCpuAlone, replicasCpu };
}

/** Every follower has every write in the end. */
async function allShow(crowd: Running, count: number, followers: number): Promise<void> {
  const until = performance.now() + startMillisMax;
  while (performance.now() < until) {
    crowd.child.send(count);
    if ((await told<Shown>(crowd, startMillisMax)).shown === followers) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error("not all followers were told of all writes");
}

interface Moved {
  readonly stateBytes: number;
  /** Both ways, for one change, with all that TCP was given for it. */
  readonly changeBytes: number;
  readonly idleBytesPerSecond: number;
}

/** One that follows, behind something that counts. */
async function measureBytes(memory: boolean): Promise<Moved> {
  const subject = await startConcoord(memory, ["./bench/pad.ts"], 1);
  const target = Number(subject.to.split(":").at(-1));
  let bytes = 0;
  const proxy = createServer((client) => {
    const node = dial(target, "127.0.0.1");
    for (const [from, to] of [
      [client, node],
      [node, client],
    ] as const) {
      from.on("data", (data: Buffer) => {
        bytes += data.length;
        to.write(data);
      });
      from.on("close", () => to.destroy());
      from.on("error", () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = proxy.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    const writer = connect(Pad, subject.to);
    for (let i = 0; i < 10; i++) await writer.fill(100, 1_000);
    const pad = live(Pad, `127.0.0.1:${port}`);
    await pad.ready;
    const stateBytes = pad.state.lines.reduce((sum, line) => sum + line.length, 0);
    const idle = async (millis: number) => {
      const before = bytes;
      await new Promise((resolve) => setTimeout(resolve, millis));
      return bytes - before;
    };
    await idle(3_000);
    const idleBytes = await idle(5_000);
    // Within a second of the one before it, so that one heartbeat at most is counted.
    const before = bytes;
    const count = await writer.tick();
    while (pad.state.count < count) await new Promise((resolve) => setTimeout(resolve, 5));
    await idle(500);
    const changeBytes = bytes - before;
    await pad[Symbol.asyncDispose]();
    await writer[Symbol.asyncDispose]();
    return { stateBytes, changeBytes, idleBytesPerSecond: idleBytes / 5 };
  } finally {
    proxy.close();
    await subject.stop();
  }
}

function median(of: readonly number[]): number {
  const sorted = of.toSorted((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] ?? Number.NaN) + (sorted[Math.ceil(half)] ?? Number.NaN)) / 2;
}

async function measure(wanted: Options): Promise<boolean> {
  const moved = await measureBytes(wanted.memory);
  const subject = await startConcoord(wanted.memory, ["./bench/pad.ts"]);
  const rounds: Round[] = [];
  try {
    while (rounds.length < wanted.rounds) rounds.push(await measureRound(subject, wanted));
  } finally {
    await subject.stop();
  }
  const ratio = median(rounds.map((round) => round.ratio));
  const replicasRatio = median(rounds.map((round) => round.replicasRatio));
  const found = { ...wanted, ...moved, ratio, replicasRatio, ratioMax, bytesMax, rounds };
  process.stdout.write(`${JSON.stringify(found, rounded, 2)}\n`);
  return ratio <= ratioMax && moved.stateBytes >= megabyte && moved.changeBytes < bytesMax;
}

await runBench("live", usage, () => measure(flags(defaults)));
