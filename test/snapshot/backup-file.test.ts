/** Backups on disk: whole or refused, whatever was done to the file. */
import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Backup, BackupError, writeBackup } from "../../src/node/snapshot/backup-file.ts";
import { aboutOf, inPieces, joined, someBytes, temporaryFolder, writtenBackup } from "./rig.ts";

async function refusal(path: string): Promise<string> {
  const opened = await Backup.open(path).then(
    () => "it was opened",
    (error: unknown) => error,
  );
  if (!(opened instanceof BackupError)) throw new Error(`no BackupError: ${String(opened)}`);
  return opened.message;
}

test("what was written is read again", async () => {
  const bytes = someBytes(2_500_000);
  const path = await writtenBackup(bytes);
  const backup = await Backup.open(path);
  expect(backup.about).toEqual(aboutOf(bytes));
  expect(await joined(backup.pieces())).toEqual(bytes);
  await backup.close();
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("an empty snapshot is one, too", async () => {
  const backup = await Backup.open(await writtenBackup(new Uint8Array(0)));
  expect(await joined(backup.pieces())).toEqual(new Uint8Array(0));
  await backup.close();
});

test("a file that exists is never replaced", async () => {
  const dir = temporaryFolder();
  const path = join(dir, "mine");
  writeFileSync(path, "precious");
  const bytes = someBytes(10);
  await expect(writeBackup(path, aboutOf(bytes), inPieces(bytes))).rejects.toThrow("exists already");
  expect(readFileSync(path, "utf8")).toBe("precious");
  expect(readdirSync(dir)).toEqual(["mine"]);
});

test("bytes that are not what the head names leave no file", async () => {
  const dir = temporaryFolder();
  const about = aboutOf(someBytes(3_000));
  const write = (bytes: Uint8Array) => writeBackup(join(dir, "wrong"), about, inPieces(bytes));
  await expect(write(someBytes(2_999))).rejects.toThrow(BackupError);
  await expect(write(someBytes(3_000).fill(1, 0, 1))).rejects.toThrow("not the one that was named");
  expect(readdirSync(dir)).toEqual([]);
});

test("what an interrupted backup left is in nobody's way", async () => {
  const dir = temporaryFolder();
  writeFileSync(join(dir, "some.backup.new"), "half of one");
  await writtenBackup(someBytes(100), dir);
  expect(readdirSync(dir)).toEqual(["some.backup"]);
});

test("each wrong file has a message of its own", async () => {
  const dir = temporaryFolder();
  const file = (text: string) => {
    const path = join(dir, "file");
    writeFileSync(path, text);
    return path;
  };
  expect(await refusal(join(dir, "missing"))).toContain("no such file");
  expect(await refusal(dir)).toContain("is not a file");
  expect(await refusal(file(""))).toContain("is empty");
  expect(await refusal(file("PK\x03\x04 and so on, but long enough"))).toContain("is no backup of concoord");
  expect(await refusal(file("concoord backup 2\nwhatever comes then"))).toContain("is a backup of format 2");
  expect(await refusal(file("concoord back"))).toContain("is cut off");
});

test("cut off anywhere, it is refused", async () => {
  const whole = readFileSync(await writtenBackup(someBytes(5_000)));
  const path = join(temporaryFolder(), "cut");
  for (let length = 1; length < whole.length; length += length < 600 ? 1 : 97) {
    writeFileSync(path, whole);
    truncateSync(path, length);
    expect(await refusal(path), `${length} bytes`).toContain("cut off");
  }
});

test("with one bit flipped anywhere, it is refused", async () => {
  const path = await writtenBackup(someBytes(3_000));
  const whole = readFileSync(path);
  for (let at = 0; at < whole.length; at += at < 600 ? 1 : 31) {
    const flipped = Buffer.from(whole);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(path, flipped);
    expect(await refusal(path), `byte ${at}`).not.toBe("");
  }
});

test("longer than it should be, it is refused", async () => {
  const path = await writtenBackup(someBytes(3_000));
  writeFileSync(path, "more", { flag: "a" });
  expect(await refusal(path)).toContain("is damaged");
});
