/**
 * `node bench/profile.ts`: where the time goes, by stage. Three replicas under the profiler of Node (`--cpu-prof`), and
 * one load process; the share of one core that each stage takes at the leader and at a follower, and what it takes for
 * a call. Functions are counted where they stand: what the system does for a socket or the log has stages of its own.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { flags, rounded, runBench } from "./flags.ts";
import { startConcoord } from "./subjects.ts";

const usage = `node bench/profile.ts [--connections 1] [--outstanding 1] [--seconds 5] [--memory]
  --connections  programs, each with a session
  --outstanding  calls under way in all of them
  --seconds      how long it is measured
  --memory       replicas without a disk`;

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** What the name of the function, or the place of its source, says: the first that fits counts. */
const stages: readonly (readonly [stage: string, fits: RegExp])[] = [
  ["nothing", /^\((?:idle|root)\)/],
  ["system: sockets", /^(?:writev|readStart) $/],
  ["system: log", /^(?:fdatasync|writeBuffers?) $/],
  ["garbage collector", /^\(garbage collector\)/],
  ["the program of Node", /^\(program\)/],
  ["WebSocket", /node_modules\/ws\//],
  ["codec", /cbor-x|\/wire\//],
  ["agreement", /shared\/paxos\//],
  ["sessions and execution", /shared\/object\//],
  ["the node around them", /shared\/(?:server|live)\//],
  ["log", /node\/storage\//],
  ["connections", /node\/(?:net|client)\//],
  ["streams and timers of Node", /node:/],
];

function stageOf(frame: Profile["nodes"][number]["callFrame"]): string {
  const text = `${frame.functionName} ${frame.url}`;
  return stages.find(([, fits]) => fits.test(text))?.[0] ?? "else";
}

/** Microseconds of each stage in the last `seconds` of a profile: before that it started, and warmed up. */
function microsOf(folder: string, seconds: number): Map<string, number> {
  const [name = ""] = readdirSync(folder);
  const profile = JSON.parse(readFileSync(join(folder, name), "utf8")) as Profile;
  const stage = new Map(profile.nodes.map(({ id, callFrame }) => [id, stageOf(callFrame)]));
  const micros = new Map<string, number>();
  let left = seconds * 1e6;
  for (let i = profile.samples.length - 1; i >= 0 && left > 0; i--) {
    const took = profile.timeDeltas[i] as number;
    const of = stage.get(profile.samples[i] as number) ?? "else";
    micros.set(of, (micros.get(of) ?? 0) + took);
    left -= took;
  }
  return micros;
}

function table(micros: Map<string, number>, seconds: number, ops: number) {
  const rows = [...micros].filter(([stage]) => stage !== "nothing").toSorted(([, a], [, b]) => b - a);
  return Object.fromEntries(
    rows.map(([stage, took]) => [stage, { ofCore: took / seconds / 1e6, microsPerCall: took / ops }]),
  );
}

const defaults = { connections: 1, outstanding: 1, seconds: 5, memory: false } as const;

async function profile(): Promise<boolean> {
  const { memory, seconds, ...shape } = flags(defaults);
  const folder = mkdtempSync(join(tmpdir(), "concoord-profile-"));
  try {
    const prof = (i: number) => [
      "--cpu-prof",
      "--cpu-prof-interval=400",
      `--cpu-prof-dir=${join(folder, String(i))}`,
    ];
    const subject = await startConcoord(memory, undefined, undefined, prof);
    const { opsPerSecond, p50Millis, ops } = await subject
      .measure(shape, seconds)
      .finally(() => subject.stop());
    // The first one founded the cluster, and leads.
    const [leader, follower] = [0, 1].map((i) =>
      table(microsOf(join(folder, String(i)), seconds), seconds, ops),
    );
    const found = { ...shape, memory, opsPerSecond, p50Millis, leader, follower };
    process.stdout.write(`${JSON.stringify(found, rounded, 2)}\n`);
    return true;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await runBench("profile", usage, profile);
