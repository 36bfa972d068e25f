/** Small facts that a node keeps beside its log, one file each: written whole or not at all. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { StorageError } from "../../shared/server/storage.ts";
import { nodeDisk, syncFolder, writeAll } from "./disk.ts";

/**
 * @returns the text written last, or null when there is none
 * @throws StorageError "io"
 * @example Number(await readNote(dir, "port")) // 14000
 */
export async function readNote(dir: string, name: string): Promise<string | null> {
  try {
    return await readFile(join(dir, name), "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
    throw new StorageError("io", `cannot read ${name} in ${dir}: ${String(cause)}`, { cause });
  }
}

/**
 * Replaces the note; durable when it resolves. The caller holds the folder.
 * @throws StorageError "io"
 * @example await writeNote(dir, "port", "14000")
 */
export async function writeNote(dir: string, name: string, text: string): Promise<void> {
  const path = join(dir, name);
  try {
    const fd = await nodeDisk.open(`${path}.new`, "w", 0o600);
    try {
      await writeAll(nodeDisk, fd, Buffer.from(text), 0);
      await nodeDisk.fsync(fd);
    } finally {
      await nodeDisk.close(fd);
    }
    await nodeDisk.rename(`${path}.new`, path);
    await syncFolder(nodeDisk, dir);
  } catch (cause) {
    throw new StorageError("io", `cannot write ${name} in ${dir}: ${String(cause)}`, { cause });
  }
}
