/**
 * A simulated disk, and the storage of one process on it. An append takes its time; a crash before it resolves loses
 * the group, or keeps all of it, or tears it: then the next start reports that it was cut. Groups are never kept in
 * part, as no storage keeps them.
 */
import { must } from "../paxos/ids.ts";
import type { Write } from "../paxos/types.ts";
import { type LoadReport, type Storage, StorageError } from "../server/storage.ts";
import type { Agenda, Owner } from "./agenda.ts";
import type { Dice } from "./dice.ts";

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
  private torn = false;
  private damaged = false;

  constructor(syncMillis = 0.4) {
    this.syncMillis = syncMillis;
  }

  /** The process or its machine ends: decides about the group that is being written. */
  crash(dice: Dice): void {
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
    return { notes };
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
    if (this.disk.broken) this.failure ??= new StorageError("io", "the simulated disk refuses");
    if (this.failure !== null) return Promise.reject(this.failure);
    this.disk.begin([...writes]);
    const { promise, resolve } = Promise.withResolvers<void>();
    const millis = 0.1 + this.dice.exponential(this.disk.syncMillis) + this.disk.slow;
    this.agenda.after(millis, this.owner, () => {
      this.disk.sync();
      resolve();
    });
    return promise;
  }

  bytes(): number {
    return 0;
  }

  close(): Promise<void> {
    this.failure ??= new StorageError("io", "the storage is closed");
    return Promise.resolve();
  }
}
