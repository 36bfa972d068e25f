/** Small facts that a node keeps beside its log, one file each: replaced as a whole or not at all. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StorageError } from "../../shared/server/storage.ts";

/**
 * @returns the text written last, or null when there is no such note
 * @throws StorageError "io"
 * @example readNote(dir, "port") // "14000"
 */
export function readNote(dir: string, name: string): string | null {
  try {
    return readFileSync(join(dir, name), "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
    throw new StorageError("io", `cannot read the note ${name} in ${dir}: ${String(cause)}`, { cause });
  }
}

/**
 * Durable when it returns. The caller holds the folder.
 * @throws StorageError "io"
 * @example writeNote(dir, "port", "14000")
 */
export function writeNote(dir: string, name: string, text: string): void {
  const path = join(dir, name);
  try {
    synced(openSync(`${path}.new`, "w", 0o600), (fd) => writeFileSync(fd, text));
    renameSync(`${path}.new`, path);
    // A new name is sure to be there only after its folder was synced.
    synced(openSync(dir, "r"));
  } catch (cause) {
    throw new StorageError("io", `cannot write the note ${name} in ${dir}: ${String(cause)}`, { cause });
  }
}

function synced(fd: number, write?: (fd: number) => void): void {
  try {
    write?.(fd);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
