/**
 * A simulated disk, and the storage of one process on it. An append takes its time; a crash before it resolves loses
 * the group, or keeps all of it, or tears it: then the next start reports that it was cut. Groups are never kept in
 * part, as no storage keeps them. So does the commit of a snapshot, which is never torn: its name comes last.
 */
import { must } from "../paxos/ids.ts";
import { type Slot, slotZero } from "../paxos/slot.ts";
import type { SnapshotHead, Write } from "../paxos/types.ts";
import { type LoadReport, type SnapshotSink, type Storage, StorageError } from "../server/storage.ts";
import type { Agenda, Owner } from "./agenda.ts";
import type { Dice } from "./dice.ts";
import { fakeHashOf } from "./fake-hash.ts";

export interface SimSnapshot {
  readonly head: SnapshotHead;
  readonly bytes: Uint8Array;
}

/** What stays when a process ends. */
export class SimDisk {
  /** Mean milliseconds of a sync, and what every one takes longer for now. */
  readonly syncMillis: number;
  slow = 0;
  /** Whether it refuses every write. */
  broken = false;
  /** Probability that a crash keeps the trailer of a torn group and not all of its body: the next start finds damage. */
  trailerFirst = 0;
  private readonly kept: Write[] = [];
  private group: readonly Write[] = [];
  private readonly snapshots = new Map<Slot, SimSnapshot>();
  /** Those whose commit is under way. */
  private readonly committing = new Set<SimSnapshot>();
  private torn = false;
  private damaged = false;

  constructor(syncMillis = 0.4) {
    this.syncMillis = syncMillis;
  }

  /** The process or its machine ends: decides about what is being written. */
  crash(dice: Dice): void {
    for (const snapshot of this.committing) if (dice.chance(0.5)) this.commit(snapshot);
    this.committing.clear();
    if (this.group.length === 0) return;
    const fate = dice.fraction();
    if (fate < 0.3) this.kept.push(...this.group);
    else if (fate < 0.6) this.tear(dice);
    this.group = [];
  }

  private tear(dice: Dice): void {
    if (this.trailerFirst > 0 && dice.chance(this.trailerFirst)) this.damaged = true;
    else this.torn = true;
  }

  get isDamaged(): boolean {
    return this.damaged;
  }

  /** Something that was durable changes: no start succeeds any more. */
  corrupt(): void {
    this.damaged = true;
  }

  read(each: (write: Write) => void): LoadReport {
    if (this.damaged) throw new StorageError("damage", "the simulated disk is damaged");
    must(this.group.length === 0, "a disk is read after the crash of the process that wrote it");
    for (const write of this.kept) each(write);
    const notes = this.torn ? ["cut a write that was under way at the crash"] : [];
    this.torn = false;
    return { snapshot: this.newest?.head ?? null, notes };
  }

  /** Bytes of the snapshots: the simulated log has no size. */
  get bytes(): number {
    return [...this.snapshots.values()].reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  private get newest(): SimSnapshot | undefined {
    return [...this.snapshots.values()].sort((a, b) => b.head.slot - a.head.slot)[0];
  }

  snapshot(at: Slot): SimSnapshot | undefined {
    return this.snapshots.get(at);
  }

  /** From now on a crash may keep the group, or a part of it. */
  begin(group: readonly Write[]): void {
    must(this.group.length === 0, "one append at a time");
    this.group = group;
  }

  /** The group is durable. */
  sync(): void {
    for (const write of this.group) this.kept.push(write);
    this.group = [];
  }

  /** From now on a crash may keep the snapshot. */
  beginCommit(snapshot: SimSnapshot): void {
    this.committing.add(snapshot);
  }

  commit(snapshot: SimSnapshot): void {
    this.committing.delete(snapshot);
    this.snapshots.set(snapshot.head.slot, snapshot);
  }

  /** Segments hold a part of the log each: any number of the oldest needless records may stay. */
  trim(upTo: Slot, keepFrom: Slot, dice: Dice): void {
    const said = this.kept.findLastIndex((write) => write.type === "trimmed");
    const record = this.kept[said];
    must(record?.type === "trimmed" && record.slot >= upTo, "a trim follows its durable record");
    const needed = this.kept.findIndex((write, i) => i >= said || slotOf(write) > upTo);
    this.kept.splice(0, dice.chance(0.5) ? needed : dice.below(needed + 1));
    const newest = this.newest?.head.slot ?? slotZero;
    for (const at of this.snapshots.keys()) if (at < keepFrom && at < newest) this.snapshots.delete(at);
  }
}

/** The slot whose value the write holds; 0 when it holds none. */
function slotOf(write: Write): Slot {
  if (write.type === "accepted") return write.pvalue.slot;
  return write.type === "chosen" ? write.decision.slot : slotZero;
}

export class SimStorage implements Storage {
  private readonly disk: SimDisk;
  private readonly agenda: Agenda;
  private readonly dice: Dice;
  private readonly owner: Owner;
  private failure: StorageError | null = null;

  /** @param owner the process: when it is dead, its appends never resolve */
  constructor(disk: SimDisk, agenda: Agenda, dice: Dice, owner: Owner) {
    this.disk = disk;
    this.agenda = agenda;
    this.dice = dice;
    this.owner = owner;
  }

  async load(each: (write: Write) => void): Promise<LoadReport> {
    return this.disk.read(each);
  }

  append(writes: readonly Write[]): Promise<void> {
    return this.take(
      () => this.disk.begin([...writes]),
      () => this.disk.sync(),
    );
  }

  async keep(head: SnapshotHead): Promise<SnapshotSink> {
    const pieces: Uint8Array[] = [];
    let isOpen = true;
    const nothing = () => undefined;
    return {
      write: (piece) => {
        must(isOpen, "a snapshot is written until it is committed or aborted");
        pieces.push(piece.slice());
        return this.take(nothing, nothing);
      },
      commit: async () => {
        must(isOpen, "a snapshot is committed once");
        isOpen = false;
        const snapshot = { head, bytes: joined(pieces) };
        if (snapshot.bytes.length !== head.size || fakeHashOf(snapshot.bytes) !== head.hash)
          throw new StorageError("damage", "the bytes of a snapshot are not those of its hash");
        await this.take(
          () => this.disk.beginCommit(snapshot),
          () => this.disk.commit(snapshot),
        );
      },
      abort: async () => {
        isOpen = false;
      },
    };
  }

  read(slot: Slot, offset: number, length: number): Promise<Uint8Array | null> {
    return this.take(
      () => undefined,
      () => this.disk.snapshot(slot)?.bytes.slice(offset, offset + length) ?? null,
    );
  }

  trim(upTo: Slot, keepFrom: Slot): Promise<void> {
    return this.take(
      () => undefined,
      () => this.disk.trim(upTo, keepFrom, this.dice),
    );
  }

  bytes(): number {
    return this.disk.bytes;
  }

  close(): Promise<void> {
    this.failure ??= new StorageError("io", "the storage is closed");
    return Promise.resolve();
  }

  /** Takes the time of an append between the two; a process that died hears no more of it. */
  private take<T>(begin: () => void, end: () => T): Promise<T> {
    if (this.disk.broken) this.failure ??= new StorageError("io", "the simulated disk refuses");
    if (this.failure !== null) return Promise.reject(this.failure);
    const { promise, resolve } = Promise.withResolvers<T>();
    if (!this.owner.alive) return promise;
    begin();
    const millis = 0.1 + this.dice.exponential(this.disk.syncMillis) + this.disk.slow;
    this.agenda.after(millis, this.owner, () => resolve(end()));
    return promise;
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
