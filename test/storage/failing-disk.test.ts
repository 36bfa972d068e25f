/** A disk that refuses: the append rejects, every later one too, and nothing that was acknowledged is lost. */
import { expect, test } from "vitest";
import type { FileStorage } from "../../src/node/storage/index.ts";
import { slot } from "../../src/shared/paxos/slot.ts";
import { StorageError } from "../../src/shared/server/storage.ts";
import { loadAll, loadNumbers } from "../conformance/storage.ts";
import { counted, group, snapshot } from "./numbered.ts";
import { folder, imageOf, openIn, sha256 } from "./rig.ts";
import { type Call, refusal, WatchedDisk } from "./watched-disk.ts";

/** A storage with three writes acknowledged. */
async function started(): Promise<{ dir: string; disk: WatchedDisk; storage: FileStorage }> {
  const dir = folder();
  const disk = new WatchedDisk();
  const storage = await openIn(dir, disk);
  await loadNumbers(storage);
  await storage.append(group(1, 3));
  return { dir, disk, storage };
}

async function refused(append: Promise<unknown>, code: string): Promise<void> {
  const error = await append.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(StorageError);
  expect(error).toMatchObject({ kind: "io" });
  expect(String(error)).toContain(code);
}

/** The disk works again: what does a start find? */
async function foundIn(dir: string): Promise<number> {
  const storage = await openIn(dir);
  const { numbers } = await loadNumbers(storage);
  expect(numbers).toEqual(counted(1, numbers.length));
  await storage.append(group(numbers.length + 1, numbers.length + 2));
  await storage.close();
  return numbers.length;
}

const cases: readonly { readonly call: Call; readonly code: string; readonly written: string }[] = [
  { call: "writeSync", code: "ENOSPC", written: "nothing" },
  { call: "writeSync", code: "ENOSPC", written: "half" },
  { call: "writeSync", code: "EIO", written: "nothing" },
  { call: "fdatasync", code: "EIO", written: "all" },
];

test.each(cases)("$call rejects with $code, $written written", async ({ call, code, written }) => {
  const { dir, disk, storage } = await started();
  let calls = 0;
  if (written === "half") disk.atMost = 100;
  disk.before = (called) => {
    if (called === call && (written !== "half" || ++calls > 2)) throw refusal(code);
  };
  await refused(storage.append(group(4, 10)), code);
  disk.before = (called) => {
    throw new Error(`${called} after the failure`);
  };
  disk.atMost = Number.POSITIVE_INFINITY;
  await refused(storage.append(group(4, 10)), code);
  await refused(storage.append(group(11, 11)), code);
  await refused(storage.append([]), code);
  disk.before = () => undefined;
  await storage.close();
  expect(disk.openFiles).toBe(0);
  expect([3, 10]).toContain(await foundIn(dir));
});

test("writes that take a few bytes at a time are made whole", async () => {
  const { dir, disk, storage } = await started();
  disk.atMost = 7;
  let last = 3;
  for (let i = 0; i < 12; i++) {
    await storage.append(group(last + 1, last + 5));
    last += 5;
  }
  await storage.close();
  expect(await foundIn(dir)).toBe(last);
});

test("a file that cannot be made is reported by the append that needs it, and by none before", async () => {
  const { dir, disk, storage } = await started();
  let refusals = 0;
  disk.before = (call, path) => {
    if (call === "open" && path.endsWith(".new") && refusals++ === 0) throw refusal("EMFILE");
  };
  let last = 3;
  let failure: unknown = null;
  while (failure === null) {
    const writes = group(last + 1, last + 1);
    failure = await storage.append(writes).then(
      () => null,
      (error: unknown) => error,
    );
    if (failure === null) last++;
    expect(last).toBeLessThan(100);
  }
  expect(failure).toMatchObject({ name: "StorageError", kind: "io" });
  expect(String(failure)).toContain("EMFILE");
  // More than half of a file of 4 KiB was used after the making of the next one had failed.
  expect(last).toBeGreaterThan(12);
  disk.before = () => undefined;
  await refused(storage.append(group(last + 1, last + 1)), "EMFILE");
  await storage.close();
  expect(disk.openFiles).toBe(0);
  expect(await foundIn(dir)).toBe(last);
});

test("a full disk while the next file is made: the append that needs it rejects, and no later one is taken", async () => {
  const { dir, disk, storage } = await started();
  disk.before = (call, path) => {
    if (call === "write" && path.endsWith(".new")) throw refusal("ENOSPC");
  };
  let last = 3;
  let failure: unknown = null;
  while (failure === null) {
    failure = await storage.append(group(last + 1, last + 1)).then(
      () => null,
      (error: unknown) => error,
    );
    if (failure === null) last++;
    expect(last).toBeLessThan(100);
  }
  expect(failure).toMatchObject({ name: "StorageError", kind: "io" });
  expect(String(failure)).toContain("ENOSPC");
  disk.before = () => undefined;
  await refused(storage.append(group(last + 1, last + 1)), "ENOSPC");
  await storage.close();
  expect(disk.openFiles).toBe(0);
  expect(await foundIn(dir)).toBe(last);
});

const pieceCases: readonly { readonly call: Call; readonly code: string; readonly step: string }[] = [
  { call: "open", code: "EMFILE", step: "the beginning" },
  { call: "write", code: "ENOSPC", step: "the beginning" },
  { call: "write", code: "ENOSPC", step: "a piece" },
  { call: "fdatasync", code: "EIO", step: "a piece" },
  { call: "write", code: "ENOSPC", step: "the commit" },
  { call: "fsync", code: "EIO", step: "the commit" },
  { call: "rename", code: "EIO", step: "the commit" },
  { call: "read", code: "EIO", step: "a read" },
];

test.each(pieceCases)(
  "a snapshot: $call rejects with $code at $step, and all later work",
  async ({ call, code, step }) => {
    const { dir, disk, storage } = await started();
    const refuse = () => {
      disk.before = (called, path) => {
        if (called === call && path.includes("snapshot-")) throw refusal(code);
      };
    };
    const { head, bytes } = snapshot(2, 100_000, sha256);
    if (step === "the beginning") {
      refuse();
      await refused(storage.keep(head), code);
    } else {
      const sink = await storage.keep(head);
      await sink.write(bytes.subarray(0, 60_000));
      if (step === "a piece") {
        refuse();
        await refused(sink.write(bytes.subarray(60_000)), code);
      } else {
        await sink.write(bytes.subarray(60_000));
        if (step === "the commit") {
          refuse();
          await refused(sink.commit(), code);
          await refused(sink.commit(), code);
        } else {
          await sink.commit();
          refuse();
          await refused(storage.read(slot(2), 0, 10), code);
        }
      }
      await sink.abort();
    }
    disk.before = () => undefined;
    await refused(storage.append(group(4, 4)), code);
    await storage.close();
    expect(disk.openFiles).toBe(0);
    expect(await foundIn(dir)).toBe(3);
    expect([...imageOf(dir).keys()].filter((name) => /^snapshot-.*new$/.test(name))).toEqual([]);
  },
);

test("a snapshot whose writes and reads take few bytes at a time is whole", async () => {
  const { dir, disk, storage } = await started();
  disk.atMost = 777;
  const { head, bytes } = snapshot(2, 200_000, sha256);
  const sink = await storage.keep(head);
  await sink.write(bytes);
  await sink.commit();
  expect(bytes.equals((await storage.read(slot(2), 0, 200_000)) ?? Buffer.alloc(0))).toBe(true);
  await storage.close();
  const next = await openIn(dir, disk);
  expect((await loadAll(next)).snapshot).toEqual(head);
  expect(bytes.equals((await next.read(slot(2), 0, 200_000)) ?? Buffer.alloc(0))).toBe(true);
  await next.close();
});

const sizes = [1, 12, 2, 30, 60, 1, 5, 20, 9];

/** Opens, loads and appends until something is refused, with the k-th call failing. @returns what was acknowledged */
async function runFailing(dir: string, k: number, code: string) {
  const disk = new WatchedDisk();
  let calls = 0;
  let failed = "";
  disk.before = (call, path) => {
    // By the time a file is closed all of it was synced: what a failing close says is of no use.
    if (call === "close" || ++calls !== k) return;
    failed = `${call} ${path}`;
    throw refusal(code);
  };
  let [acknowledged, atMost] = [0, 0];
  let error: unknown = null;
  try {
    const storage = await openIn(dir, disk);
    try {
      await loadNumbers(storage);
      for (const size of sizes) {
        atMost += size;
        await storage.append(group(acknowledged + 1, atMost));
        acknowledged = atMost;
      }
    } finally {
      await storage.close();
    }
  } catch (thrown) {
    error = thrown;
  }
  return { failed, acknowledged, atMost, error, open: disk.openFiles };
}

test("any one call that fails: an error of kind io or no harm, and all that was acknowledged is found", async () => {
  let failures = 0;
  for (let k = 1; ; k++) {
    const dir = folder();
    const run = await runFailing(dir, k, "EIO");
    if (run.failed === "") break;
    const what = `call ${k}: ${run.failed}: ${String(run.error)}`;
    if (run.error !== null) {
      failures++;
      expect(run.error, what).toMatchObject({ name: "StorageError", kind: "io" });
      expect(String(run.error), what).toContain("EIO");
    } else expect(run.acknowledged, what).toBe(run.atMost);
    expect(run.open, what).toBe(0);
    expect([run.acknowledged, run.atMost], what).toContain(await foundIn(dir));
  }
  expect(failures).toBeGreaterThan(30);
});
