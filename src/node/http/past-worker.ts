/**
 * The thread that looks up the past of an object: it executes the log again, from a snapshot to a slot, with classes
 * that it loads itself, so that nothing that the node holds is touched and the serving thread never stands still. It
 * is told all it needs at its start, answers once and ends.
 */
import { parentPort, workerData } from "node:worker_threads";
import { HeldCode } from "../../shared/object/held-code.ts";
import { makeRegistry } from "../../shared/object/registry.ts";
import { StateMachine } from "../../shared/object/state-machine.ts";
import type { Decision } from "../../shared/paxos/types.ts";
import { LogTail, Outcomes } from "../../shared/server/log-tail.ts";
import type { PastReport } from "../../shared/server/page-report.ts";
import { objectCodec } from "../../shared/wire/values.ts";
import { loadClasses } from "../load/load.ts";
import { decodeDecisions, decodeOrder } from "../snapshot/protocol.ts";
import type { PastAnswer, PastQuestion } from "./past.ts";
import { shower } from "./shower.ts";
import { stateOf } from "./watch.ts";

async function lookUp({ object, order: bytes, base, decisions }: PastQuestion): Promise<PastReport> {
  const order = decodeOrder(bytes);
  const held = new HeldCode(makeRegistry([]));
  held.add((await loadClasses(order.objects, order.cwd)).map(({ entry }) => entry));
  for (const { name } of held.missing(order.code))
    throw new Error(`the file of class ${name} changed since the node started: restart the node`);
  const machine = new StateMachine({
    genesis: order.genesis,
    registry: makeRegistry([]),
    codec: objectCodec,
  });
  machine.hold(held);
  if (base !== null) machine.restore(base);
  const outcomes = new Outcomes();
  machine.turns.heard = [outcomes];
  const decided = new Map<number, Decision>();
  for (const part of decisions)
    for (const decision of decodeDecisions(part)) {
      machine.apply(decision.slot, decision.proposal);
      decided.set(decision.slot, decision);
    }
  const read = (slot: number) => decided.get(slot)?.proposal ?? null;
  const tail = new LogTail(machine, objectCodec, shower, read);
  tail.update(outcomes.take());
  return { ...stateOf(machine, object), log: tail.all };
}

const answer = (message: PastAnswer) => parentPort?.postMessage(message);
lookUp(workerData as PastQuestion).then(
  (report) => answer({ report, problem: null }),
  (error: unknown) =>
    answer({ report: null, problem: error instanceof Error ? error.message : String(error) }),
);
