/**
 * A backup: one snapshot with what a new cluster needs to begin with it, in one file. Numbers are big-endian.
 *
 *   backup = "concoord backup 1\n" length of about:u32 about sum bytes
 *   about  = CBOR: version of concoord, genesis of the cluster, head of the snapshot
 *   sum    = SHA-256 of all that is before it
 *
 * The head holds the length and the SHA-256 of the bytes, so that all of the file can be checked.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { snapshotPieceBytesMax } from "../../shared/limits.ts";
import type { SnapshotHead } from "../../shared/paxos/types.ts";
import type { Genesis } from "../../shared/paxos/view.ts";
import { decodeItem, encodeItem } from "../../shared/wire/codec.ts";
import { text, tuple } from "../../shared/wire/fields.ts";
import { genesis, genesisTuple, head, headTuple } from "../../shared/wire/paxos-fields.ts";
import { nodeDisk, syncFolder } from "../storage/disk.ts";

const signature = Buffer.from("concoord backup 1\n");
const anyVersion = /^concoord backup ([0-9]+)\n/;
const frontBytes = signature.length + 4;
const sumBytes = 32;
const versionCharsMax = 64;
const aboutBytesMax = 1024 * 1024;

export interface About {
  /** The version of concoord that wrote the file. */
  readonly version: string;
  readonly genesis: Genesis;
  readonly head: SnapshotHead;
}

/** The file is not what it should be; the message names it and says what is wrong. */
export class BackupError extends Error {
  override readonly name = "BackupError";
}

/**
 * Writes a backup, for this user alone to read: all of it is on the disk under its name, or nothing is.
 * @param pieces the bytes of the snapshot, whose length and hash are checked
 * @throws BackupError when the file is there already or the pieces are not what the head says
 */
export async function writeBackup(
  path: string,
  about: About,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const unfinished = `${path}.new`;
  refuseExisting(path);
  await rm(unfinished, { force: true });
  const file = await open(unfinished, "wx", 0o600);
  try {
    try {
      await file.writeFile(frontOf(about));
      await writeChecked(file, about.head, pieces);
      await file.sync();
    } finally {
      await file.close();
    }
    refuseExisting(path);
    await rename(unfinished, path);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
  await syncFolder(nodeDisk, dirname(path));
}

/** @throws BackupError */
export function refuseExisting(path: string): void {
  if (existsSync(path)) throw new BackupError(`${path} exists already; a backup never replaces a file`);
}

function frontOf({ version, genesis: g, head: h }: About): Buffer {
  const about = encodeItem([version, genesisTuple(g), headTuple(h)]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(about.length);
  const front = Buffer.concat([signature, length, about]);
  return Buffer.concat([front, createHash("sha256").update(front).digest()]);
}

async function writeChecked(
  file: FileHandle,
  { size, hash }: SnapshotHead,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const sum = createHash("sha256");
  let written = 0;
  for await (const piece of pieces) {
    sum.update(piece);
    written += piece.length;
    await file.writeFile(piece);
  }
  if (written !== size || sum.digest("hex") !== hash)
    throw new BackupError("the snapshot that came is not the one that was named");
}

/** A backup that was opened and checked from its first to its last byte. */
export class Backup {
  readonly about: About;
  private readonly file: FileHandle;
  /** Where the bytes of the snapshot begin. */
  private readonly start: number;

  private constructor(about: About, file: FileHandle, start: number) {
    this.about = about;
    this.file = file;
    this.start = start;
  }

  /** @throws BackupError when the file is missing, damaged, cut off or of another version */
  static async open(path: string): Promise<Backup> {
    const file = await openToRead(path);
    try {
      const { about, start } = await readFront(file, path);
      const backup = new Backup(about, file, start);
      await backup.check(path);
      return backup;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The bytes of the snapshot. */
  async *pieces(): AsyncIterable<Buffer> {
    const { size } = this.about.head;
    for (let at = 0; at < size; ) {
      const piece = await read(this.file, this.start + at, Math.min(size - at, snapshotPieceBytesMax));
      if (piece.length === 0) throw new BackupError("the file became shorter while it was read");
      at += piece.length;
      yield piece;
    }
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async check(path: string): Promise<void> {
    const { size, hash } = this.about.head;
    const wanted = this.start + size;
    const { size: found } = await this.file.stat();
    if (found < wanted) throw new BackupError(`${path} is cut off: ${found} of ${wanted} bytes are there`);
    const sum = createHash("sha256");
    for await (const piece of this.pieces()) sum.update(piece);
    if (found > wanted || sum.digest("hex") !== hash) throw damaged(path);
  }
}

async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    throw new BackupError(missing ? `${path}: no such file` : `cannot read ${path}: ${String(error)}`);
  }
}

async function readFront(file: FileHandle, path: string): Promise<{ about: About; start: number }> {
  const about = await file.stat();
  if (!about.isFile()) throw new BackupError(`${path} is not a file`);
  if (about.size === 0) throw new BackupError(`${path} is empty`);
  const beginning = await read(file, 0, frontBytes);
  if (!beginning.subarray(0, signature.length).equals(signature)) throw foreign(beginning, path);
  if (beginning.length < frontBytes) throw new BackupError(`${path} is cut off in its header`);
  const aboutBytes = beginning.readUInt32BE(signature.length);
  const start = frontBytes + aboutBytes + sumBytes;
  if (aboutBytes > aboutBytesMax) throw damaged(path);
  const front = await read(file, 0, start);
  if (front.length < start) throw new BackupError(`${path} is cut off in its header`);
  const sum = createHash("sha256").update(front.subarray(0, -sumBytes)).digest();
  if (!sum.equals(front.subarray(-sumBytes))) throw damaged(path);
  const [version, g, h] = tuple(decodeItem(front.subarray(frontBytes, -sumBytes)), "about", 3);
  const known = { version: text(version, "version", versionCharsMax), genesis: genesis(g), head: head(h) };
  return { about: known, start };
}

function foreign(beginning: Buffer, path: string): BackupError {
  const version = anyVersion.exec(beginning.toString("latin1"))?.[1];
  if (version === undefined && signature.subarray(0, beginning.length).equals(beginning))
    return new BackupError(`${path} is cut off in its header`);
  if (version === undefined) return new BackupError(`${path} is no backup of concoord`);
  return new BackupError(`${path} is a backup of format ${version}; this version of concoord reads format 1`);
}

function damaged(path: string): BackupError {
  return new BackupError(`${path} is damaged: its bytes do not add up`);
}

/** Up to `length` bytes; fewer only where the file ends. */
async function read(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let have = 0;
  while (have < length) {
    const { bytesRead } = await file.read(bytes, have, length - have, from + have);
    if (bytesRead === 0) break;
    have += bytesRead;
  }
  return bytes.subarray(0, have);
}
