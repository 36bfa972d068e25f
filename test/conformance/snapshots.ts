/** What every Storage must do with snapshots, and with a log that is trimmed behind them. */
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { snapshotPieceBytesMax } from "../../src/shared/limits.ts";
import { slot, slotZero } from "../../src/shared/paxos/slot.ts";
import type { SnapshotSink, Storage } from "../../src/shared/server/storage.ts";
import { counted, group, type Snapshot, snapshot, trimmed } from "../storage/numbered.ts";
import { append, loadAll, type StorageRig } from "./storage.ts";

const block = 64 * 1024;
const sizes = [0, 1, 1_000, block - 1, block, block + 1, 3 * snapshotPieceBytesMax + 17];

export function snapshotConformance(
  name: string,
  makeRig: () => Promise<StorageRig>,
  kind: "durable" | "in memory",
): void {
  describe(`snapshots: ${name}`, () => {
    let rig: StorageRig;
    let storage: Storage;
    beforeEach(async () => {
      rig = await makeRig();
      storage = await rig.open();
      expect(await loadAll(storage)).toEqual({ numbers: [], notes: [], trimmed: 0, snapshot: null });
    });
    afterEach(() => rig.close());

    const made = (n: number, size: number) => snapshot(n, size, rig.hash);

    /** Writes pieces of various lengths. */
    async function fill(sink: SnapshotSink, bytes: Buffer, most = snapshotPieceBytesMax): Promise<void> {
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const length = i % 2 === 0 ? most : Math.ceil(most / 3);
        await rig.settle(sink.write(bytes.subarray(at, at + length)));
        at += length;
      }
    }

    async function kept(n: number, size: number): Promise<Snapshot> {
      const { head, bytes } = made(n, size);
      const sink = await rig.settle(storage.keep(head));
      await fill(sink, bytes);
      await rig.settle(sink.commit());
      return { head, bytes };
    }

    async function mustHold({ head, bytes }: Snapshot): Promise<void> {
      const read: Uint8Array[] = [];
      for (let at = 0; at < head.size; at += snapshotPieceBytesMax) {
        const piece = await rig.settle(storage.read(head.slot, at, snapshotPieceBytesMax));
        read.push(piece ?? expect.unreachable(`slot ${head.slot} is gone`));
      }
      expect(Buffer.concat(read).equals(bytes)).toBe(true);
    }

    async function mustLack(n: number): Promise<void> {
      expect(await rig.settle(storage.read(slot(n), 0, 1))).toBeNull();
    }

    async function refuses(commit: Promise<void>): Promise<void> {
      const error = await rig.settle(commit).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ name: "StorageError", kind: "damage" });
    }

    /** The slot of the snapshot that the next start finds; 0 for none. */
    async function found(): Promise<number> {
      await storage.close();
      storage = await rig.open();
      return (await loadAll(storage)).snapshot?.slot ?? 0;
    }

    test.each(sizes)("one of %d bytes is read as it was written, in any pieces", async (size) => {
      const one = await kept(7, size);
      await mustHold(one);
      for (const [at, length] of [
        [0, 10],
        [block - 5, 10],
        [size - 1, 10],
        [1, size],
        [size, 1],
        [size + block, 1],
      ] as const) {
        if (at < 0) continue;
        const piece = await rig.settle(storage.read(slot(7), at, length));
        expect(piece && Buffer.from(piece).equals(one.bytes.subarray(at, at + length))).toBe(true);
      }
      await mustLack(6);
      await mustLack(8);
      await storage.close();
    });

    test("one that was aborted or is not finished is not there", async () => {
      const one = await kept(5, 5_000);
      const other = made(9, 200_000);
      const sink = await rig.settle(storage.keep(other.head));
      await fill(sink, other.bytes);
      await mustLack(9);
      await rig.settle(sink.abort());
      await rig.settle(sink.abort());
      await mustLack(9);
      await mustHold(one);
      const open = await rig.settle(storage.keep(other.head));
      await rig.settle(open.write(other.bytes.subarray(0, 10)));
      if (kind === "durable") expect(await found()).toBe(5);
      await mustLack(kind === "durable" ? 9 : 10);
      await storage.close();
    });

    test("bytes that are not those of the head are refused, and the one before stays", async () => {
      const one = await kept(5, 5_000);
      const { head, bytes } = made(9, 200_000);
      const flipped = Buffer.from(bytes);
      flipped.writeUInt8(flipped.readUInt8(77_777) ^ 4, 77_777);
      for (const wrong of [flipped, bytes.subarray(1), Buffer.concat([bytes, bytes]), Buffer.alloc(0)]) {
        const sink = await rig.settle(storage.keep(head));
        await fill(sink, wrong);
        await refuses(sink.commit());
        await sink.abort();
        await mustLack(9);
      }
      await mustHold(one);
      await rig.settle(append(storage, group(1, 2)));
      await mustHold(await kept(9, 200_000));
      await storage.close();
    });

    test("of several the newest is found, and all are read until they are dropped", async () => {
      await rig.settle(append(storage, [...group(1, 40), trimmed(0)]));
      const two = [await kept(20, 150_000), await kept(30, 70_000)];
      for (const one of two) await mustHold(one);
      if (kind === "durable") expect(await found()).toBe(30);
      for (const one of two) await mustHold(one);
      await rig.settle(storage.trim(slotZero, slot(20)));
      for (const one of two) await mustHold(one);
      await rig.settle(storage.trim(slotZero, slot(21)));
      await mustLack(20);
      await mustHold(two[1] as Snapshot);
      await rig.settle(storage.trim(slotZero, slot(99)));
      await mustHold(two[1] as Snapshot);
      if (kind === "durable") expect(await found()).toBe(30);
      await mustHold(two[1] as Snapshot);
      await storage.close();
    });

    test("two at a time, also of one slot", async () => {
      const [a, b] = [made(5, 100_000), made(6, 90_000)];
      const sinks = [storage.keep(a.head), storage.keep(b.head), storage.keep(a.head)];
      const [first, second, third] = await rig.settle(Promise.all(sinks));
      for (let at = 0; at < 100_000; at += 30_000) {
        const writes = [first, third].map((sink) => sink?.write(a.bytes.subarray(at, at + 30_000)));
        await rig.settle(Promise.all([...writes, second?.write(b.bytes.subarray(at, at + 30_000))]));
      }
      await rig.settle(Promise.all([first?.commit(), second?.commit()]));
      for (const one of [a, b]) await mustHold(one);
      await rig.settle(Promise.all([third?.commit(), storage.read(slot(5), 0, 9)]));
      for (const one of [a, b]) await mustHold(one);
      if (kind === "durable") expect(await found()).toBe(6);
      for (const one of [a, b]) await mustHold(one);
      await storage.close();
    });

    test("appends go on while a snapshot is kept and the log is trimmed", async () => {
      let last = 0;
      const more = (count: number) => {
        last += count;
        return append(storage, group(last - count + 1, last));
      };
      await rig.settle(more(300));
      const one = made(200, 400_000);
      const sink = await rig.settle(storage.keep(one.head));
      for (let at = 0; at < one.bytes.length; at += 40_000)
        await rig.settle(Promise.all([sink.write(one.bytes.subarray(at, at + 40_000)), more(7)]));
      await rig.settle(Promise.all([sink.commit(), more(30)]));
      await rig.settle(append(storage, [trimmed(200)]));
      const trims = [storage.trim(slot(100), slot(200)), storage.trim(slot(200), slot(200))];
      for (let i = 0; i < 40; i++) await rig.settle(more(5));
      await rig.settle(Promise.all(trims));
      await rig.settle(more(1));
      await mustHold(one);
      await storage.close();
      if (kind === "in memory") return;
      storage = await rig.open();
      const { numbers, ...rest } = await loadAll(storage);
      expect(rest).toEqual({ notes: [], trimmed: 200, snapshot: one.head });
      const first = numbers[0] as number;
      expect(first).toBeLessThanOrEqual(201);
      expect(numbers).toEqual(counted(first, last));
      await mustHold(one);
      await storage.close();
    });

    if (kind === "durable") {
      test("trimmed again and again, and opened again in between", async () => {
        for (let n = 100; n <= 1_000; n += 100) {
          await rig.settle(append(storage, group(n - 99, n - 50)));
          await kept(n - 60, 1_000);
          await rig.settle(append(storage, [...group(n - 49, n - 20), trimmed(n - 60)]));
          await rig.settle(append(storage, group(n - 19, n)));
          await rig.settle(storage.trim(slot(n - 60), slot(n - 60)));
          if (n % 200 === 0) continue;
          await storage.close();
          storage = await rig.open();
          const { numbers, trimmed: upTo, snapshot: newest } = await loadAll(storage);
          expect([upTo, newest?.slot]).toEqual([n - 60, n - 60]);
          expect(numbers).toEqual(counted(numbers[0] as number, n));
          expect(numbers[0]).toBeLessThanOrEqual(n - 59);
        }
        await storage.close();
      });

      test("a crash while a piece is written, at a commit or in a trim", async () => {
        for (let life = 1; life <= 20; life++) {
          const base = life * 100;
          await rig.settle(append(storage, group(base - 99, base)));
          const [one, next] = [await kept(base - 50, 3_000), made(base - 20, 100_000)];
          await rig.settle(append(storage, [trimmed(base - 50)]));
          const sink = await rig.settle(storage.keep(next.head));
          if (life % 3 > 0) await fill(sink, next.bytes);
          const works = [
            () => sink.write(next.bytes),
            () => sink.commit(),
            () => storage.trim(slot(base - 50), slot(base - 50)),
          ];
          const work = works[life % 3] as () => Promise<void>;
          await rig.crash(storage, work());
          storage = await rig.open();
          const { numbers, snapshot: newest, trimmed: upTo } = await loadAll(storage);
          expect(upTo).toBe(base - 50);
          expect(numbers).toEqual(counted(numbers[0] as number, base));
          expect(numbers[0]).toBeLessThanOrEqual(base - 49);
          expect([base - 50, ...(life % 3 === 1 ? [base - 20] : [])]).toContain(newest?.slot);
          await mustHold(newest?.slot === base - 50 ? one : next);
        }
        await storage.close();
      });

      test("a disk that refuses: a piece rejects, a commit rejects, and so does every append after it", async () => {
        const { head, bytes } = made(5, 1_000);
        const sink = await rig.settle(storage.keep(head));
        rig.breakDisk();
        for (const work of [
          () => sink.write(bytes),
          () => sink.commit(),
          () => append(storage, group(1, 1)),
        ]) {
          const error = await rig.settle(work()).catch((thrown: unknown) => thrown);
          expect(error).toMatchObject({ name: "StorageError", kind: "io" });
        }
        await storage.close();
      });
    }
  });
}
