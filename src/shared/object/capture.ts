/** A snapshot while it is being made. */
import { snapshotProblemsMax } from "../limits.ts";
import type { LogTime } from "../paxos/ids.ts";
import type { Slot } from "../paxos/slot.ts";
import type { View } from "../paxos/view.ts";
import { ByteSink } from "./byte-sink.ts";
import { GraphWriter } from "./graph-writer.ts";
import type { Instance, Instances } from "./instances.ts";
import { knownClassesOf } from "./known-classes.ts";
import { type MachineState, surroundings, writeHead } from "./machine-state.ts";
import { surround } from "./surround.ts";
import type { ObjectCodec } from "./types.ts";
import { writeBlocked } from "./waiting-calls.ts";

/** 32 bits of one object's state, to find out which objects differ. */
export interface ObjectHash {
  /** "Class/name". */
  readonly object: string;
  readonly hash: number;
}

/**
 * The state after a slot. `pieces` are to be taken once and before the next slot is executed; `problems` and `hashes`
 * are complete when they were all taken.
 */
export interface Capture {
  readonly slot: Slot;
  /** Those that govern a slot behind this one. */
  readonly views: readonly View[];
  readonly logTime: LogTime;
  /** Joined they are the snapshot; each has about 256 kB, the last one less. */
  readonly pieces: Iterable<Uint8Array>;
  /** One line for each value that cannot be taken, naming object and field. With a problem there is no snapshot. */
  readonly problems: readonly string[];
  readonly hashes: readonly ObjectHash[];
}

/** Begins a snapshot; it is made while its pieces are taken. */
export function capture(state: MachineState, codec: ObjectCodec): Capture {
  const problems: string[] = [];
  const hashes: ObjectHash[] = [];
  const { slot, views, logTime } = state;
  const pieces = writePieces(state, codec, problems, hashes);
  return { slot, views, logTime, pieces, problems, hashes };
}

function* writePieces(
  state: MachineState,
  codec: ObjectCodec,
  problems: string[],
  hashes: ObjectHash[],
): Generator<Uint8Array, void> {
  const sink = new ByteSink();
  writeHead(sink, codec, state);
  const sessions = [...state.sessions];
  sink.count(state.opened);
  sink.count(sessions.length);
  for (const session of sessions) {
    session.write(sink);
    if (sink.ready) yield* sink.take();
  }
  sink.count(state.blocked.length);
  for (const call of state.blocked) {
    writeBlocked(sink, call);
    if (sink.ready) yield* sink.take();
  }
  sink.count(state.instances.size);
  const objects = new ObjectsWriter(sink, state.instances, problems, hashes);
  while (!surround(surroundings(state), (hook) => objects.run(hook))) yield* sink.take();
  yield* sink.takeRest();
}

/** Writes one object of the cluster after the other. */
class ObjectsWriter {
  private readonly sink: ByteSink;
  private readonly left: Iterator<readonly [string, Instance]>;
  private readonly problems: string[];
  private readonly hashes: ObjectHash[];
  private readonly graph: GraphWriter;
  /** The object that is being written. */
  private key: string | null = null;
  private hook: () => void = () => undefined;

  constructor(sink: ByteSink, instances: Instances, problems: string[], hashes: ObjectHash[]) {
    this.sink = sink;
    this.left = instances[Symbol.iterator]();
    this.problems = problems;
    this.hashes = hashes;
    this.graph = new GraphWriter(sink, {
      problem: (path, what) => this.problem(path, what),
      hook: () => this.hook(),
    });
  }

  /** Goes on. @returns true when all are written, false when a chunk is full */
  run(hook: () => void): boolean {
    this.hook = hook;
    for (;;) {
      if (!this.graph.run()) return false;
      if (this.key !== null) this.hashes.push({ object: this.key, hash: this.sink.endHash() });
      const next = this.left.next();
      if (next.done === true) return true;
      const [key, { entry, object, hasDClass }] = next.value;
      this.key = key;
      this.sink.text(key);
      this.sink.count(hasDClass ? 1 : 0);
      this.sink.beginHash();
      this.graph.begin(object, knownClassesOf(entry), entry.isProxy);
    }
  }

  private problem(path: string, what: string): void {
    if (this.problems.length >= snapshotProblemsMax) return;
    const field = path === "" ? "it" : `field ${path.replace(/^\./, "")}`;
    this.problems.push(`${this.key}: ${field} ${what}`);
  }
}
