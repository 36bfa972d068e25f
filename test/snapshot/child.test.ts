/** Snapshots that a child process makes: the same bytes as in the thread, and no harm to the node when it fails. */
import { createHash } from "node:crypto";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test, vi } from "vitest";
import { loadObjects } from "../../src/node/load/load.ts";
import { ChildSnapshotter } from "../../src/node/snapshot/child-snapshotter.ts";
import { classInfos } from "../../src/shared/object/registry.ts";
import { headOf, joined, KeptLog, someBytes, temporaryFolder } from "./rig.ts";

const cwd = fileURLToPath(new URL("../fixtures/objects", import.meta.url));
const wanted = { aborted: false };

afterEach(() => void vi.unstubAllEnvs());

async function storeOf(objects = ["./store.ts", "./moods.ts"], folder = cwd, timeoutMillis = 60_000) {
  const registry = await loadObjects(objects, folder);
  const code = () => ({ objects, cwd: folder, classes: classInfos(registry) });
  const snapshotter = new ChildSnapshotter({ code, timeoutMillis });
  return { log: new KeptLog(registry), snapshotter };
}

/** What the thread itself makes of the state. */
function inThread({ machine }: KeptLog) {
  const { pieces, hashes, slot, views, logTime, problems } = machine.capture();
  const bytes = new Uint8Array(Buffer.concat([...pieces]));
  expect(problems).toEqual([]);
  const hash = createHash("sha256").update(bytes).digest("hex");
  return { head: { slot, views, logTime, hash, size: bytes.length }, bytes, hashes, digest: machine.digest };
}

test("from the founding: what the thread would make", async () => {
  const { log, snapshotter } = await storeOf();
  for (let i = 0; i < 20; i++) log.does("Store/main", "fill", i * 1_000, 1_000);
  log.does("Store/other", "fill", 0, 3);
  const made = await snapshotter.make(log.job(), wanted);
  const expected = inThread(log);
  expect({ ...made.base, hash: made.hash, size: made.size }).toEqual(expected.head);
  expect(made.digest).toBe(expected.digest);
  expect(made.hashes).toEqual(expected.hashes);
  expect(made.size).toBeGreaterThan(1024 * 1024);
  const bytes = await joined(made.pieces());
  expect(Buffer.compare(bytes, expected.bytes)).toBe(0);
});

test("from an earlier snapshot, with what was decided since", async () => {
  const { log, snapshotter } = await storeOf();
  for (let i = 0; i < 10; i++) log.does("Store/main", "fill", i * 2_000, 2_000);
  const earlier = inThread(log);
  log.does("Store/main", "fill", 5, 1);
  log.open(2);
  for (let i = 0; i < 400; i++) log.does("Store/main", "get", i);
  const job = log.job(earlier.head, earlier.bytes);
  const made = await snapshotter.make(job, wanted);
  const expected = inThread(log);
  expect(made.hash).toBe(expected.head.hash);
  expect(made.digest).toBe(expected.digest);
  expect(Buffer.compare(await joined(made.pieces()), expected.bytes)).toBe(0);
});

test("decisions above the slot are not executed", async () => {
  const { log, snapshotter } = await storeOf();
  log.does("Store/main", "fill", 0, 5);
  const job = log.job();
  const expected = inThread(log);
  log.does("Store/main", "fill", 5, 5);
  const made = await snapshotter.make(job, wanted);
  made.discard();
  expect(made.hash).toBe(expected.head.hash);
});

test("what classes print goes nowhere near the snapshot", async () => {
  const { log, snapshotter } = await storeOf();
  const silent = vi.spyOn(console, "log").mockImplementation(() => undefined);
  log.does("Moods/main", "print");
  silent.mockRestore();
  const made = await snapshotter.make(log.job(), wanted);
  expect(Buffer.compare(await joined(made.pieces()), inThread(log).bytes)).toBe(0);
});

test("a value that cannot be taken is named", async () => {
  const { log, snapshotter } = await storeOf();
  log.does("Moods/main", "hide");
  await expect(snapshotter.make(log.job(), wanted)).rejects.toThrow(/Moods\/main: field held\[0\]/);
});

test("a child that dies is an error, and the next one works", async () => {
  const { log, snapshotter } = await storeOf();
  log.does("Moods/main", "die");
  await expect(snapshotter.make(log.job(), wanted)).rejects.toThrow("the child process ended: exit code 7");
  const other = await storeOf();
  const made = await other.snapshotter.make(other.log.job(), wanted);
  expect((await joined(made.pieces())).length).toBe(made.size);
});

test("a child without memory is an error that says so", async () => {
  const { log, snapshotter } = await storeOf();
  log.does("Moods/main", "grow");
  vi.stubEnv("NODE_OPTIONS", "--max-old-space-size=40");
  await expect(snapshotter.make(log.job(), wanted)).rejects.toThrow(/heap out of memory|SIGABRT|SIGTRAP/);
});

test("a child that hangs is ended when the time is up", async () => {
  const { log, snapshotter } = await storeOf(["./moods.ts"], cwd, 1_500);
  log.does("Moods/main", "hang");
  await expect(snapshotter.make(log.job(), wanted)).rejects.toThrow("took longer than 1500 ms");
});

test("a snapshot that is not wanted any more is given up", async () => {
  const { log, snapshotter } = await storeOf();
  log.does("Moods/main", "hang");
  const signal = { aborted: false };
  const job = log.job();
  const decisions = (...args: Parameters<typeof job.decisions>) => {
    signal.aborted = true;
    return job.decisions(...args);
  };
  await expect(snapshotter.make({ ...job, decisions }, signal)).rejects.toThrow("not wanted any more");
});

test("code that changed since the node loaded it makes no snapshot", async () => {
  const folder = temporaryFolder();
  cpSync(join(cwd, "store.ts"), join(folder, "store.ts"));
  const { log, snapshotter } = await storeOf(["./store.ts"], folder);
  log.does("Store/main", "fill", 0, 1);
  writeFileSync(join(folder, "store.ts"), "\n// another version\n", { flag: "a" });
  const made = snapshotter.make(log.job(), wanted);
  await expect(made).rejects.toThrow("the file of class Store changed since the node started");
});

test("what the child is told must be whole", async () => {
  const { log, snapshotter } = await storeOf();
  log.does("Store/main", "fill", 0, 1);
  const bytes = someBytes(3_000_000);
  const head = { ...headOf(bytes, 1), hash: "0".repeat(64) };
  await expect(snapshotter.make(log.job(head, bytes), wanted)).rejects.toThrow("is damaged");
  const gone = { ...log.job(head, bytes), readBase: async () => null };
  await expect(snapshotter.make(gone, wanted)).rejects.toThrow("not there any more");
  const trimmed = { ...log.job(), decisions: () => [] };
  await expect(snapshotter.make(trimmed, wanted)).rejects.toThrow("slot 1 is not in the log any more");
});
