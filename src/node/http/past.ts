/** The past of an object, for the page: what past-worker.ts finds out, one question at a time. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { pastBytesMax, pastMillisMax, snapshotPieceBytesMax } from "../../shared/limits.ts";
import { next, slot as slotOf, slotZero } from "../../shared/paxos/slot.ts";
import type { PastReport } from "../../shared/server/page-report.ts";
import type { Past } from "../../shared/server/past.ts";
import type { SnapshotJob } from "../../shared/server/snapshotter.ts";
import { ownProgram } from "../own-files.ts";
import type { CodePlaces } from "../snapshot/child-snapshotter.ts";
import { encodeDecisions, encodeOrder } from "../snapshot/protocol.ts";
import { HttpError } from "./errors.ts";

/** Memory of the thread. */
const heapMegabytes = 512;
/** Of decisions that are encoded in one turn of the event loop: what takes a millisecond or so. */
const portionBytes = 128 * 1024;

/** All that the thread is told. */
export interface PastQuestion {
  readonly object: string;
  readonly order: Uint8Array;
  /** The snapshot to begin with; null: from the founding. */
  readonly base: Uint8Array | null;
  readonly decisions: readonly Uint8Array[];
}

export type PastAnswer =
  | { readonly report: PastReport; readonly problem: null }
  | { readonly report: null; readonly problem: string };

export class PastLooker {
  private readonly past: () => Past;
  private readonly code: (() => CodePlaces) | null;
  private readonly stopping = new AbortController();
  private busy = false;

  /** @param code where the thread finds the code of the node; null for a node that executes nothing */
  constructor(past: () => Past, code: (() => CodePlaces) | null) {
    this.past = past;
    this.code = code;
  }

  /**
   * The state of an object after a slot, and the calls before it.
   *
   * @throws HttpError 400 for a slot that cannot be looked up, 413 when it takes too much, 503 while another is looked up
   * @example (await looker.look("Counter/main", 17)).state
   */
  async look(object: string, slot: number): Promise<PastReport> {
    if (this.code === null) throw new HttpError(400, "BAD_FRAME", "this node holds no objects");
    if (!Number.isSafeInteger(slot) || slot < 1)
      throw new HttpError(400, "BAD_FRAME", "a slot is a number from 1 on");
    const job = this.past().job(slotOf(slot));
    if (typeof job === "string") throw new HttpError(413, "TOO_BIG", job);
    if (this.busy) throw new HttpError(503, "BUSY", "the past is being looked up for somebody else");
    this.busy = true;
    try {
      const question = await ask(object, job, this.code());
      return await answerOf(question, this.stopping.signal);
    } finally {
      this.busy = false;
    }
  }

  close(): void {
    this.stopping.abort();
  }
}

/** What the thread needs, put together bit by bit: clients go on being served. */
async function ask(object: string, job: SnapshotJob, places: CodePlaces): Promise<PastQuestion> {
  const { genesis, slot, base } = job;
  const { objects, cwd, classes: code } = places;
  const named = base && { size: base.size, hash: base.hash };
  const order = encodeOrder({ genesis, slot, base: named, objects, cwd, code });
  const bytes = await readBase(job);
  const decisions: Uint8Array[] = [];
  let size = 0;
  for (let from = next(base?.slot ?? slotZero); from <= slot; ) {
    const portion = job.decisions(from, portionBytes);
    const last = portion.at(-1);
    if (last === undefined) throw new HttpError(503, "BUSY", `slot ${from} has just left the log`);
    const part = encodeDecisions(portion);
    size += part.length;
    if (size > pastBytesMax)
      throw new HttpError(413, "TOO_BIG", `more than ${pastBytesMax} bytes lie since the snapshot before`);
    decisions.push(part);
    await nextTurn();
    from = next(last.slot);
  }
  return { object, order, base: bytes, decisions };
}

async function readBase({ base, readBase: read }: SnapshotJob): Promise<Uint8Array | null> {
  if (base === null) return null;
  const bytes = new Uint8Array(base.size);
  for (let at = 0; at < base.size; ) {
    const piece = await read(at, Math.min(snapshotPieceBytesMax, base.size - at));
    if (piece === null || piece.length === 0)
      throw new HttpError(503, "BUSY", `the snapshot of slot ${base.slot} is not there any more`);
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

async function answerOf(question: PastQuestion, signal: AbortSignal): Promise<PastReport> {
  const [program, ...argv] = ownProgram("node/http/past-worker");
  const worker = new Worker(program, {
    argv,
    workerData: question,
    // What classes print is of no interest a second time.
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
  });
  const { promise, resolve, reject } = Promise.withResolvers<PastAnswer>();
  worker.once("message", (message: PastAnswer) => resolve(message));
  worker.once("error", reject);
  worker.once("exit", () => reject(new Error("it ended without an answer")));
  const limit = AbortSignal.any([signal, AbortSignal.timeout(pastMillisMax)]);
  limit.addEventListener("abort", () => reject(new Error(`it took more than ${pastMillisMax} ms`)));
  try {
    const { report, problem } = await promise;
    if (report === null) throw new Error(problem);
    return report;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new HttpError(503, "NOT_EXECUTED", `the past cannot be looked up: ${why}`);
  } finally {
    await worker.terminate();
  }
}
