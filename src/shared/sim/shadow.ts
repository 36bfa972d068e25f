/**
 * What a machine's disk must hold, as far as it said so: the checker's own copy. A vote may leave only if it stands on
 * something in here, and after a crash all of it must be found again.
 */
import { type Ballot, ballotZero, compareBallots, maxBallot } from "../paxos/ballot.ts";
import { must, type NodeId, unreachable } from "../paxos/ids.ts";
import { maxSlot, type Slot, slotZero } from "../paxos/slot.ts";
import type { PValue, SnapshotHead, Write } from "../paxos/types.ts";
import type { LoadReport, SnapshotSink, Storage } from "../server/storage.ts";
import type { Owner } from "./agenda.ts";
import { sameValue } from "./same.ts";

export class Shadow {
  id: NodeId | null = null;
  promised: Ballot = ballotZero;
  decided: Slot = slotZero;
  /** Values up to here left the log. */
  trimmed: Slot = slotZero;
  /** The newest snapshot; 0 for none. */
  snapshot: Slot = slotZero;
  readonly values = new Map<Slot, PValue>();

  add(write: Write): void {
    switch (write.type) {
      case "founded":
        this.id = write.id;
        return;
      case "promised":
        this.promised = maxBallot(this.promised, write.ballot);
        return;
      case "accepted":
        this.promised = maxBallot(this.promised, write.pvalue.ballot);
        this.values.set(write.pvalue.slot, write.pvalue);
        return;
      case "chosen":
        this.values.set(write.decision.slot, { ballot: ballotZero, ...write.decision });
        return;
      case "mark":
        this.decided = write.decided;
        return;
      case "trimmed":
        this.id = write.id;
        this.promised = maxBallot(this.promised, write.promised);
        this.decided = maxSlot(this.decided, write.decided);
        this.trimmed = write.slot;
        for (const s of this.values.keys()) if (s <= write.slot) this.values.delete(s);
        return;
      default:
        return unreachable(write);
    }
  }

  /** P1: what was durable is found again. More may be found: a write that was not known to be durable yet. */
  mustBeIn(found: Shadow): void {
    must(this.id === null || this.id === found.id, "the disk forgot who this node is");
    must(compareBallots(found.promised, this.promised) >= 0, "P1: the disk forgot a promise");
    must(found.decided >= this.decided, "the disk forgot the decided mark");
    must(found.snapshot >= this.snapshot, "P9: the disk forgot a snapshot");
    must(found.snapshot >= found.trimmed && found.trimmed >= this.trimmed, "P9: trimmed beyond the snapshot");
    for (const [slot, { ballot, proposal }] of this.values) {
      if (slot <= found.trimmed) continue;
      const there = found.values.get(slot);
      must(there !== undefined, `P1: the disk forgot what was accepted in slot ${slot}`);
      // A write that was under way may be there: a later acceptance, or what the slot decided.
      const later = compareBallots(there.ballot, ballot) > 0 || slot <= found.decided;
      must(later || sameValue(there.proposal, proposal), `P1: the disk changed slot ${slot}`);
    }
  }

  become(found: Shadow): void {
    this.id = found.id;
    this.promised = found.promised;
    this.decided = found.decided;
    this.trimmed = found.trimmed;
    this.snapshot = found.snapshot;
    this.values.clear();
    for (const [slot, pvalue] of found.values) this.values.set(slot, pvalue);
  }
}

/** A storage that tells the shadow what became durable. */
export class ShadowedStorage implements Storage {
  private readonly inner: Storage;
  private readonly shadow: Shadow;
  private readonly owner: Owner;
  private readonly kept: (head: SnapshotHead) => void;

  /** @param owner the process: a dead one writes nothing any more, though its promises run on */
  constructor(inner: Storage, shadow: Shadow, owner: Owner, kept: (head: SnapshotHead) => void) {
    this.kept = kept;
    this.inner = inner;
    this.shadow = shadow;
    this.owner = owner;
  }

  async load(each: (write: Write) => void): Promise<LoadReport> {
    const found = new Shadow();
    const report = await this.inner.load((write) => {
      found.add(write);
      each(write);
    });
    found.snapshot = report.snapshot?.slot ?? slotZero;
    this.shadow.mustBeIn(found);
    this.shadow.become(found);
    return report;
  }

  async append(writes: readonly Write[]): Promise<void> {
    if (!this.owner.alive) return new Promise(() => undefined);
    await this.inner.append(writes);
    for (const write of writes) this.shadow.add(write);
  }

  async keep(head: SnapshotHead): Promise<SnapshotSink> {
    const { shadow } = this;
    const sink = await this.inner.keep(head);
    return {
      write: (piece) => sink.write(piece),
      commit: async () => {
        await sink.commit();
        shadow.snapshot = maxSlot(shadow.snapshot, head.slot);
        this.kept(head);
      },
      abort: () => sink.abort(),
    };
  }

  read(slot: Slot, offset: number, length: number): Promise<Uint8Array | null> {
    return this.inner.read(slot, offset, length);
  }

  trim(upTo: Slot, keepFrom: Slot): Promise<void> {
    return this.inner.trim(upTo, keepFrom);
  }

  bytes(): number {
    return this.inner.bytes();
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
