/** Small facts beside the log, each in a file of its own, replaced as a whole. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";

/** @returns null when there is no such note */
export function readNote(dir: string, name: string): string | null {
  try {
    return readFileSync(join(dir, name), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** Durable when it returns. */
export function writeNote(dir: string, name: string, text: string): void {
  const path = join(dir, name);
  const fd = openSync(`${path}.new`, "w", 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(`${path}.new`, path);
  syncFolder(dir);
}

/** A new or renamed file is only sure to be there after its folder was synced. */
export function syncFolder(dir: string): void {
  const fd = openSync(dir, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
