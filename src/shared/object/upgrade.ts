/**
 * Objects go over to other code: what the old class told of an object is given to the new one, as with a snapshot. All
 * of them go over or none does, so that every replica can give the same answer when one cannot.
 */
import { Broken } from "../paxos/ids.ts";
import { ByteSink } from "./byte-sink.ts";
import { ByteSource } from "./byte-source.ts";
import { GraphWriter } from "./graph-writer.ts";
import { dFieldsOf } from "./hooks.ts";
import type { Input } from "./input.ts";
import type { Instance, Instances } from "./instances.ts";
import { knownClassesOf } from "./known-classes.ts";
import { readMoved } from "./migrate.ts";
import type { ClassEntry } from "./registry.ts";
import { type SlotContext, surround } from "./surround.ts";
import { sessionId } from "./types.ts";

/** Objects whose state is written down at once. */
const groupSize = 1_000;

/** What those are told who watch an object. */
const migrated: Input = {
  kind: "migrate",
  index: 0,
  k: 0,
  session: sessionId("1.0"),
  user: null,
  seq: 0,
  told: false,
  payload: new Uint8Array(0),
};

/** An object that goes over. */
interface Move {
  readonly key: string;
  readonly instance: Instance;
  readonly to: ClassEntry;
}

/**
 * Gives the objects of these classes the code that they have from now on.
 *
 * @param code the new code by the name of the class
 * @param context the surroundings of the slot in which that was decided
 * @returns why it cannot be, in one line; then no object changed
 */
export function moveObjects(
  instances: Instances,
  code: ReadonlyMap<string, ClassEntry>,
  context: SlotContext,
): string | null {
  const moves: Move[] = [];
  for (const [key, instance] of instances) {
    const to = code.get(instance.entry.name);
    if (to !== undefined && to !== instance.entry) moves.push({ key, instance, to });
  }
  const made: object[] = [];
  let at = "";
  try {
    surround(context, (hook) => {
      for (let from = 0; from < moves.length; from += groupSize) {
        const group = moves.slice(from, from + groupSize);
        at = "";
        const source = new ByteSource(write(group, hook));
        for (const { key, instance, to } of group) {
          at = key;
          made.push(readMoved(source, instance.entry, to, hook));
        }
      }
    });
  } catch (error) {
    if (error instanceof Broken) throw error;
    const why = error instanceof Error ? error.message : String(error);
    return at === "" ? why : `${at}: ${why}`;
  }
  for (const [i, { instance, to }] of moves.entries()) {
    const object = made[i] as object;
    instance.tap?.(context, migrated);
    instance.entry = to;
    instance.object = object;
    instance.hasDClass ||= dFieldsOf(object).size > 0;
  }
  return null;
}

/** The state of objects, one after the other, as their old classes tell it. */
function write(moves: readonly Move[], hook: () => void): Uint8Array {
  const sink = new ByteSink();
  const pieces: Uint8Array[] = [];
  const problems: string[] = [];
  const graph = new GraphWriter(sink, {
    problem: (path, what) => {
      const field = path === "" ? "it" : `field ${path.replace(/^\./, "")}`;
      problems.push(`${field} ${what}`);
    },
    hook,
  });
  for (const { key, instance } of moves) {
    const { entry, object } = instance;
    graph.begin(object, knownClassesOf(entry), entry.isProxy);
    while (!graph.run()) pieces.push(...sink.take());
    if (problems[0] !== undefined) throw new Error(`${key}: ${problems[0]}`);
  }
  pieces.push(...sink.takeRest());
  return joined(pieces);
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
