import type { Write } from "../paxos/types.ts";
import type { LoadReport, Storage } from "../server/storage.ts";
import type { Agenda, Owner } from "./agenda.ts";
import type { Dice } from "./dice.ts";

export class StubDisk {
  readonly kept: Write[] = [];
  pending: readonly Write[] = [];
  slow = 0;
  crash(dice: Dice): void {
    if (dice.chance(0.3)) this.kept.push(...this.pending);
    this.pending = [];
  }
}
export class StubStorage implements Storage {
  private readonly disk: StubDisk;
  private readonly agenda: Agenda;
  private readonly dice: Dice;
  private readonly owner: Owner;
  constructor(disk: StubDisk, agenda: Agenda, dice: Dice, owner: Owner) {
    this.disk = disk;
    this.agenda = agenda;
    this.dice = dice;
    this.owner = owner;
  }
  async load(each: (write: Write) => void): Promise<LoadReport> {
    for (const w of this.disk.kept) each(w);
    return { notes: [] };
  }
  append(writes: readonly Write[]): Promise<void> {
    this.disk.pending = writes;
    return new Promise((resolve) => {
      this.agenda.after(0.1 + this.dice.exponential(0.4) + this.disk.slow, this.owner, () => {
        this.disk.kept.push(...writes);
        this.disk.pending = [];
        resolve();
      });
    });
  }
  bytes(): number {
    return 0;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}
