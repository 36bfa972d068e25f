/**
 * Makes snapshots in a child process of low priority, so that the serving thread never stands still for a large
 * state. A child that fails, dies or hangs costs that snapshot and nothing else.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { snapshotBytesMax, snapshotMillisMax, snapshotPieceBytesMax } from "../../shared/limits.ts";
import type { CodeName } from "../../shared/object/held-code.ts";
import { next, type Slot, slotZero } from "../../shared/paxos/slot.ts";
import type { Base, Decision } from "../../shared/paxos/types.ts";
import type { MadeSnapshot, SnapshotJob, Snapshotter } from "../../shared/server/snapshotter.ts";
import { bad } from "../../shared/wire/bad-frame.ts";
import { ChildPipe } from "./child-pipe.ts";
import {
  decodeHashes,
  decodeHead,
  encodeDecisions,
  encodeOrder,
  type Head,
  type ObjectHash,
  type Order,
} from "./protocol.ts";

/** Of decisions that are encoded in one turn of the event loop: what takes a millisecond or so. */
const portionBytes = 128 * 1024;

/** Where a child finds the code that its node holds. */
export interface CodePlaces {
  /** As for `loadObjects`, but of a class there may be several versions. */
  readonly objects: readonly string[];
  readonly cwd: string;
  /** What the node found there: the child must find the same code. */
  readonly classes: readonly CodeName[];
}

export interface ChildSnapshotterOptions {
  /** The code that the node holds now. */
  readonly code: () => CodePlaces;
  /** How long one snapshot may take, ms; for tests. */
  readonly timeoutMillis?: number;
}

export class ChildSnapshotter implements Snapshotter {
  private readonly options: ChildSnapshotterOptions;

  constructor(options: ChildSnapshotterOptions) {
    this.options = options;
  }

  /** @example await new ChildSnapshotter({ code: () => codeFolder.places }).make(job, { aborted: false }) */
  async make(job: SnapshotJob, signal: { readonly aborted: boolean }): Promise<MadeSnapshot> {
    const { code, timeoutMillis = snapshotMillisMax } = this.options;
    const { cwd } = code();
    const pipe = new ChildPipe({ cwd, timeoutMillis, signal });
    try {
      // Its answer is awaited from the beginning: a child that gives up says so before it has been told all.
      const [made] = await Promise.all([receiveHead(pipe, job.slot), this.tell(pipe, job)]);
      return made;
    } catch (error) {
      throw await pipe.fail(error);
    }
  }

  private async tell(pipe: ChildPipe, job: SnapshotJob): Promise<void> {
    await pipe.send("order", encodeOrder(this.order(job)));
    await sendBase(pipe, job);
    for (let from = next(job.base?.slot ?? slotZero); from <= job.slot; ) {
      const portion = upTo(job.slot, job.decisions(from, portionBytes));
      const last = portion[portion.length - 1];
      if (last === undefined) throw new Error(`slot ${from} is not in the log any more`);
      await pipe.send("decisions", encodeDecisions(portion));
      await nextTurn();
      from = next(last.slot);
    }
    await pipe.send("end", new Uint8Array(0));
  }

  private order({ genesis, slot, base }: SnapshotJob): Order {
    const { objects, cwd, classes: code } = this.options.code();
    return { genesis, slot, base: base && { size: base.size, hash: base.hash }, objects, cwd, code };
  }
}

function upTo(slot: Slot, decisions: readonly Decision[]): readonly Decision[] {
  const last = decisions[decisions.length - 1];
  return last === undefined || last.slot <= slot ? decisions : decisions.filter((d) => d.slot <= slot);
}

async function sendBase(pipe: ChildPipe, { base, readBase }: SnapshotJob): Promise<void> {
  for (let at = 0; base !== null && at < base.size; ) {
    const piece = await readBase(at, Math.min(snapshotPieceBytesMax, base.size - at));
    if (piece === null || piece.length === 0) throw new Error("the previous snapshot is not there any more");
    await pipe.send("base", piece);
    at += piece.length;
  }
}

async function receiveHead(pipe: ChildPipe, slot: Slot): Promise<MadeSnapshot> {
  const head = decodeHead(await pipe.receive("head"));
  if (head.slot !== slot) bad("head.slot", String(slot));
  if (head.size > snapshotBytesMax) throw new Error(`the state is larger than ${snapshotBytesMax} bytes`);
  const hashes: ObjectHash[] = [];
  while (hashes.length < head.objects) hashes.push(...decodeHashes(await pipe.receive("hashes")));
  return new Made(pipe, head, hashes);
}

class Made implements MadeSnapshot {
  readonly base: Base;
  readonly hash: string;
  readonly size: number;
  readonly digest: number;
  readonly hashes: readonly ObjectHash[];
  private readonly pipe: ChildPipe;

  constructor(pipe: ChildPipe, head: Head, hashes: readonly ObjectHash[]) {
    this.pipe = pipe;
    this.base = { slot: head.slot, views: head.views, logTime: head.logTime };
    this.hash = head.hash;
    this.size = head.size;
    this.digest = head.digest;
    this.hashes = hashes;
  }

  async *pieces(): AsyncIterable<Uint8Array> {
    try {
      for (let left = this.size; left > 0; ) {
        const piece = await this.pipe.receive("piece");
        left -= piece.length;
        if (piece.length === 0 || left < 0) bad("piece", "the rest of the snapshot");
        yield piece;
      }
    } catch (error) {
      throw await this.pipe.fail(error);
    } finally {
      this.discard();
    }
  }

  discard(): void {
    this.pipe.close();
  }
}
