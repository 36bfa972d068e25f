/** The file log in temporary folders: opened, crashed, damaged. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Disk, nodeDisk } from "../../src/node/storage/disk.ts";
import { FileStorage } from "../../src/node/storage/index.ts";
import { decodeWrite, encodeWrite } from "../../src/shared/wire/log-codec.ts";
import type { StorageRig } from "../conformance/storage.ts";

export const codec = { encode: encodeWrite, decode: decodeWrite };
/** Small, so that tests fill many segments. */
export const segmentBytes = 64 * 1024;

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "concoord-storage-"));
}

export function logFiles(dir: string): readonly string[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith(".log"))
    .sort();
}

/** The log's files as they are now; what a killed process would leave. */
export function copyLog(from: string, to: string): void {
  for (const name of logFiles(from)) copyFileSync(join(from, name), join(to, name));
}

/** What the system says on a full or failing disk. */
export function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: it fails, ${syscall}`), { code, syscall });
}

/** Changes the bytes of a file. */
export function edit(path: string, change: (bytes: Buffer) => Buffer | undefined): void {
  const bytes = readFileSync(path);
  writeFileSync(path, change(bytes) ?? bytes);
}

/** Flips the last bit of the log that is set. */
export function damageTrailer(dir: string): void {
  const name = logFiles(dir).findLast((file) => usedBytes(readFileSync(join(dir, file))) > 512) ?? "";
  edit(join(dir, name), (bytes) => {
    const at = usedBytes(bytes) - 1;
    bytes[at] = (bytes[at] as number) ^ 0x80;
    return undefined;
  });
}

/** Up to and including the last byte that is not zero. */
export function usedBytes(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

export async function fileRig(): Promise<StorageRig> {
  const folders = [temporaryFolder()];
  const dir = () => folders.at(-1) as string;
  let broken = false;
  const disk: Disk = {
    ...nodeDisk,
    fdatasync: (fd) => (broken ? Promise.reject(systemError("EIO", "fdatasync")) : nodeDisk.fdatasync(fd)),
  };
  const opened = new Set<FileStorage>();
  return {
    open: async () => {
      const storage = await FileStorage.open({ dir: dir(), codec, segmentBytes, disk });
      opened.add(storage);
      return storage;
    },
    crash: async () => {
      const from = dir();
      folders.push(temporaryFolder());
      copyLog(from, dir());
    },
    settle: (promise) => promise,
    breakDisk: () => {
      broken = true;
    },
    damage: async () => damageTrailer(dir()),
    close: async () => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true });
    },
  };
}
