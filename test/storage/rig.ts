/** Folders with a log in them, and their files as values that a test can change and put back. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { type Disk, nodeDisk } from "../../src/node/storage/disk.ts";
import { FileStorage } from "../../src/node/storage/index.ts";
import { StorageError } from "../../src/shared/server/storage.ts";
import { logCodec } from "../../src/shared/wire/log-codec.ts";
import { loadNumbers } from "../conformance/storage.ts";
import { counted, group } from "./numbered.ts";

/** Small, so that a test crosses from one to the next often. */
export const segmentBytes = 4_096;

/** A new folder, removed when the test is over. */
export function folder(): string {
  const dir = tempFolder();
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A new folder, which the caller removes. */
export function tempFolder(): string {
  return mkdtempSync(join(tmpdir(), "concoord-storage-"));
}

/** Without syncs: hundreds of starts in a second. */
const quick: Disk = { ...nodeDisk, fdatasync: () => Promise.resolve(), fsync: () => Promise.resolve() };

export function openIn(dir: string, disk: Disk = quick): Promise<FileStorage> {
  return FileStorage.open({ dir, codec: logCodec, segmentBytes, disk });
}

/** The files of log and snapshots by name: "000001.log", and "000002.log.new" where one is unfinished. */
export type Image = ReadonlyMap<string, Buffer>;

export function isOfStorage(name: string): boolean {
  return /^(\d+\.log|trimmed|snapshot-\d+(\.\d+)?)(\.new)?$/.test(name);
}

export function imageOf(dir: string): Image {
  const names = readdirSync(dir).filter(isOfStorage).sort();
  return new Map(names.map((name) => [name, readFileSync(join(dir, name))]));
}

/** Makes the folder's log and snapshots as in the image. */
export function restore(dir: string, image: Image): void {
  for (const name of readdirSync(dir)) if (isOfStorage(name)) unlinkSync(join(dir, name));
  for (const [name, bytes] of image) writeFileSync(join(dir, name), bytes);
}

/** A copy in which one file is other. */
export function withFile(image: Image, name: string, bytes: Buffer): Image {
  return new Map([...image, [name, bytes]]);
}

export type Outcome =
  | { readonly type: "loaded"; readonly count: number; readonly notes: readonly string[] }
  /** Refused as damaged, with a file and an offset. */
  | { readonly type: "damage"; readonly message: string };

/**
 * Loads the image in a folder. What loads is the writes from 1 on; it takes more of them, and after another start
 * they are all there.
 */
export async function outcomeOf(dir: string, image: Image): Promise<Outcome> {
  restore(dir, image);
  const storage = await openIn(dir);
  let found: Awaited<ReturnType<typeof loadNumbers>>;
  try {
    found = await loadNumbers(storage);
  } catch (error) {
    await storage.close();
    return { type: "damage", message: damageIn(error) };
  }
  const count = found.numbers.length;
  expect(found.numbers).toEqual(counted(1, count));
  await storage.append(group(count + 1, count + 3));
  await storage.close();
  const again = await openIn(dir);
  expect(await loadNumbers(again)).toEqual({ numbers: counted(1, count + 3), notes: [] });
  await again.close();
  return { type: "loaded", count, notes: found.notes };
}

/** @returns the message, which names file and offset */
export function damageIn(error: unknown): string {
  if (!(error instanceof StorageError) || error.kind !== "damage") throw error;
  expect(error.message).toMatch(/(\d{6}\.log|trimmed|snapshot-\d+(\.\d+\.new)?), offset \d+/);
  return error.message;
}

export interface Log {
  readonly image: Image;
  /** How many writes there were after each group. */
  readonly counts: readonly number[];
  /** The files after each group. */
  readonly history: readonly Image[];
}

/** A log of `groups` groups of 1 to 8 writes, over several segments. */
export async function makeLog(groups: number): Promise<Log> {
  const dir = tempFolder();
  const storage = await openIn(dir);
  await loadNumbers(storage);
  const counts: number[] = [];
  const history: Image[] = [];
  let last = 0;
  for (let i = 0; i < groups; i++) {
    const first = last + 1;
    last += 1 + ((i * 5) % 8);
    await storage.append(group(first, last));
    counts.push(last);
    history.push(imageOf(dir));
  }
  await storage.close();
  const image = imageOf(dir);
  rmSync(dir, { recursive: true });
  return { image, counts, history };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Bytes up to and with the last that is not zero. */
export function usedBytes(bytes: Buffer): number {
  let used = bytes.length;
  while (used > 0 && bytes[used - 1] === 0) used--;
  return used;
}
