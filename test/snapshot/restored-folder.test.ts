/** The data folder that a restore makes: a new cluster of one that begins with the snapshot. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DataFolder } from "../../src/node/data-folder.ts";
import { Backup } from "../../src/node/snapshot/backup-file.ts";
import { FolderError, makeRestoredFolder } from "../../src/node/snapshot/restored-folder.ts";
import { Recovery } from "../../src/shared/paxos/recovery.ts";
import { genesis } from "../object/machine.ts";
import { headOf, someBytes, temporaryFolder, writtenBackup } from "./rig.ts";

async function restored(dir: string, bytes = someBytes(2_100_000)) {
  const backup = await Backup.open(await writtenBackup(bytes));
  try {
    return await makeRestoredFolder(backup, { dir, host: "127.0.0.1", port: 14_321 });
  } finally {
    await backup.close();
  }
}

async function read(dir: string) {
  const folder = await DataFolder.open(dir);
  try {
    const recovery = new Recovery();
    const { snapshot, notes } = await folder.storage.load((write) => recovery.add(write));
    const size = snapshot?.size ?? 0;
    const bytes = snapshot === null ? null : await folder.storage.read(snapshot.slot, 0, size);
    return { snapshot, notes, bytes, found: recovery.result, port: folder.port };
  } finally {
    await folder.storage.close();
  }
}

test("it holds the snapshot, and a cluster of its own with one member", async () => {
  const dir = join(temporaryFolder(), "deep", "data");
  const bytes = someBytes(2_100_000);
  const made = await restored(dir, bytes);
  const { snapshot, notes, bytes: kept, found, port } = await read(dir);
  const { hash, size, slot } = headOf(bytes);
  expect(snapshot).toMatchObject({ hash, size, slot, views: [made.view] });
  expect(Buffer.compare(kept ?? new Uint8Array(0), bytes)).toBe(0);
  expect(notes).toEqual([]);
  expect(port).toBe(14_321);
  expect(made.cluster).not.toBe(genesis.cluster);
  const [member] = made.view.members;
  expect(made.view.members).toHaveLength(1);
  expect(member).toMatchObject({ role: "replica", addr: "127.0.0.1:14321" });
  expect(made.view).toMatchObject({ number: 1, first: slot + 1 });
  expect(found).toMatchObject({ id: member?.id, genesis: made, decided: slot, trimmed: slot, accepted: [] });
  expect(found?.views).toEqual([made.view]);
  expect(readdirSync(join(dir, ".."))).toEqual(["data"]);
});

test("two restores of one backup are two clusters", async () => {
  const dir = temporaryFolder();
  const [a, b] = [await restored(join(dir, "a")), await restored(join(dir, "b"))];
  expect(a.cluster).not.toBe(b.cluster);
  expect(a.view.members[0]?.id).not.toBe(b.view.members[0]?.id);
});

test("an empty folder is taken, a used one is not", async () => {
  const dir = temporaryFolder();
  mkdirSync(join(dir, "empty"));
  await restored(join(dir, "empty"));
  expect((await read(join(dir, "empty"))).found).not.toBeNull();
  await expect(restored(join(dir, "empty"))).rejects.toThrow("is not empty");
  writeFileSync(join(dir, "file"), "");
  await expect(restored(join(dir, "file"))).rejects.toThrow(FolderError);
});

test("when it fails nothing is left", async () => {
  const dir = temporaryFolder();
  const bytes = someBytes(3_000);
  const backup = await Backup.open(await writtenBackup(bytes));
  await backup.close();
  const made = makeRestoredFolder(backup, { dir: join(dir, "data"), host: "127.0.0.1", port: 14_000 });
  await expect(made).rejects.toThrow();
  expect(existsSync(join(dir, "data"))).toBe(false);
  expect(readdirSync(dir)).toEqual([]);
});
