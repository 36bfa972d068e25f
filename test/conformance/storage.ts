/** What every Storage must do; each adapter runs it with a rig of its own. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ballotZero } from "../../src/shared/paxos/ballot.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import type { SnapshotHead, Write } from "../../src/shared/paxos/types.ts";
import { type Storage, StorageError } from "../../src/shared/server/storage.ts";
import { counted, group, numberOf } from "../storage/numbered.ts";

export interface StorageRig {
  /** Opens what the last one left, which was closed or has crashed. */
  open(): Promise<Storage>;
  /** The process that uses it dies during `work`, which may settle or not. */
  crash(storage: Storage, work: Promise<unknown>): Promise<void>;
  /** Lets time pass until the promise settles. */
  settle<T>(promise: Promise<T>): Promise<T>;
  /** From now on the disk refuses to make anything durable. */
  breakDisk(): void;
  /** Something that was durable changes; nobody has the log open. */
  damage(): Promise<void>;
  /** The hash that this storage checks snapshots by. */
  hash(bytes: Uint8Array): string;
  close(): Promise<void>;
}

export interface Found {
  readonly numbers: number[];
  readonly notes: readonly string[];
}

export interface FoundAll extends Found {
  /** The slot of the last `trimmed` record; 0 for none. */
  readonly trimmed: number;
  readonly snapshot: SnapshotHead | null;
}

export async function loadNumbers(storage: Storage): Promise<Found> {
  const { numbers, notes } = await loadAll(storage);
  return { numbers, notes };
}

export async function loadAll(storage: Storage): Promise<FoundAll> {
  const numbers: number[] = [];
  let trimmed = 0;
  const { snapshot, notes } = await storage.load((write) => {
    if (write.type === "trimmed") trimmed = write.slot;
    else numbers.push(numberOf(write));
  });
  return { numbers, notes, trimmed, snapshot };
}

/** An append that can be waited for, also where there is nothing to wait for. */
export function append(storage: Storage, writes: readonly Write[]): Promise<void> {
  return storage.append(writes) ?? Promise.resolve();
}

export function storageConformance(name: string, makeRig: () => Promise<StorageRig>): void {
  describe(`storage: ${name}`, () => {
    let rig: StorageRig;
    beforeEach(async () => {
      rig = await makeRig();
    });
    afterEach(() => rig.close());

    async function fresh(): Promise<Storage> {
      const storage = await rig.open();
      expect(await loadNumbers(storage)).toEqual({ numbers: [], notes: [] });
      return storage;
    }

    async function reopened(storage: Storage): Promise<{ next: Storage; found: Found }> {
      await storage.close();
      const next = await rig.open();
      return { next, found: await loadNumbers(next) };
    }

    test("what was appended is loaded in order, and nothing else", async () => {
      const storage = await fresh();
      await rig.settle(append(storage, group(1, 1)));
      await rig.settle(append(storage, group(2, 5)));
      await rig.settle(append(storage, group(6, 6)));
      const { next, found } = await reopened(storage);
      expect(found).toEqual({ numbers: counted(1, 6), notes: [] });
      await next.close();
    });

    test("an empty append adds nothing", async () => {
      const storage = await fresh();
      await rig.settle(append(storage, []));
      await rig.settle(append(storage, group(1, 2)));
      await rig.settle(append(storage, []));
      const { next, found } = await reopened(storage);
      expect(found).toEqual({ numbers: [1, 2], notes: [] });
      await rig.settle(append(next, []));
      const again = await reopened(next);
      expect(again.found).toEqual({ numbers: [1, 2], notes: [] });
      await again.next.close();
    });

    test("a large group, and one behind it", async () => {
      const storage = await fresh();
      await rig.settle(append(storage, group(1, 3)));
      await rig.settle(append(storage, group(4, 10_000)));
      await rig.settle(append(storage, group(10_001, 10_002)));
      const { next, found } = await reopened(storage);
      expect(found.notes).toEqual([]);
      expect(found.numbers).toEqual(counted(1, 10_002));
      await next.close();
    });

    test("a large record", async () => {
      const storage = await fresh();
      const body = new Uint8Array(3_000_000).map((_, i) => i % 251);
      const pvalue = { ballot: ballotZero, slot: slot(1), proposal: { stamp: null, change: null, body } };
      await rig.settle(append(storage, [{ type: "accepted", pvalue }]));
      await storage.close();
      const next = await rig.open();
      const found: Write[] = [];
      await next.load((write) => found.push(write));
      expect(found.map(({ type }) => type)).toEqual(["accepted"]);
      const same = found[0]?.type === "accepted" && Buffer.from(found[0].pvalue.proposal.body).equals(body);
      expect(same).toBe(true);
      await next.close();
    });

    test("the caller may change its list and its bytes once the append is durable", async () => {
      const storage = await fresh();
      const writes = group(1, 4);
      await rig.settle(append(storage, writes));
      writes.length = 0;
      await rig.settle(append(storage, group(5, 5)));
      const { next, found } = await reopened(storage);
      expect(found.numbers).toEqual(counted(1, 5));
      await next.close();
    });

    test("many groups, and on and on after each reopening", async () => {
      let storage = await fresh();
      let last = 0;
      for (let life = 0; life < 5; life++) {
        for (let i = 0; i < 20; i++) {
          const first = last + 1;
          last += 1 + ((i + life) % 7);
          await rig.settle(append(storage, group(first, last)));
        }
        const { next, found } = await reopened(storage);
        expect(found).toEqual({ numbers: counted(1, last), notes: [] });
        storage = next;
      }
      await storage.close();
    });

    test("a crash takes nothing that was durable, and a group as a whole or not at all", async () => {
      let storage = await fresh();
      let last = 0;
      for (let life = 0; life < 20; life++) {
        await rig.settle(append(storage, group(last + 1, last + 3)));
        const wide = (life * 7) % 40;
        await rig.crash(storage, append(storage, group(last + 4, last + 4 + wide)));
        storage = await rig.open();
        const { numbers } = await loadNumbers(storage);
        expect(numbers).toEqual(counted(1, numbers.length));
        expect([last + 3, last + 4 + wide]).toContain(numbers.length);
        last = numbers.length;
      }
      await storage.close();
    });

    test("an append after the close rejects", async () => {
      const storage = await fresh();
      await rig.settle(append(storage, group(1, 1)));
      await storage.close();
      await expect(append(storage, group(2, 2))).rejects.toThrow(StorageError);
      const next = await rig.open();
      expect((await loadNumbers(next)).numbers).toEqual([1]);
      await next.close();
    });

    test("a disk that refuses: the append rejects, and every one after it", async () => {
      const storage = await fresh();
      await rig.settle(append(storage, group(1, 3)));
      rig.breakDisk();
      for (const last of [5, 5, 6]) {
        const error = await rig.settle(append(storage, group(4, last))).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ name: "StorageError", kind: "io" });
      }
      await storage.close();
    });

    test("a log that changed is refused, at each start", async () => {
      const storage = await fresh();
      await rig.settle(append(storage, group(1, 3)));
      await storage.close();
      await rig.damage();
      for (let start = 0; start < 2; start++) {
        const refused = await rig.open();
        const error = await refused.load(() => undefined).catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ name: "StorageError", kind: "damage" });
        await refused.close();
      }
    });

    test("it knows how much it takes", async () => {
      const storage = await fresh();
      const empty = storage.bytes();
      for (let i = 0; i < 20; i++) await rig.settle(append(storage, group(1 + i * 100, 100 + i * 100)));
      expect(empty).toBeGreaterThanOrEqual(0);
      expect(storage.bytes()).toBeGreaterThanOrEqual(empty);
      await storage.close();
    });
  });
}
