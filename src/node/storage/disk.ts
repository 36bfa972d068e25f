/** The calls of the operating system with which the log is written. Tests put in ones that fail. */
import { close, fdatasync, fsync, open, rename, write, writeSync } from "node:fs";
import { promisify } from "node:util";

export interface Disk {
  open(path: string, flags: string, mode?: number): Promise<number>;
  close(fd: number): Promise<void>;
  /** May write less than all of it. @returns how many bytes */
  writeSync(fd: number, bytes: Uint8Array, from: number, position: number): number;
  write(fd: number, bytes: Uint8Array, from: number, position: number): Promise<number>;
  /** The bytes, and the length of the file: not its times. */
  fdatasync(fd: number): Promise<void>;
  fsync(fd: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
}

const asyncWrite = promisify(write);

export const nodeDisk: Disk = {
  open: promisify(open),
  close: promisify(close),
  writeSync: (fd, bytes, from, position) => writeSync(fd, bytes, from, bytes.length - from, position),
  write: async (fd, bytes, from, position) =>
    (await asyncWrite(fd, bytes, from, bytes.length - from, position)).bytesWritten,
  fdatasync: promisify(fdatasync),
  fsync: promisify(fsync),
  rename: promisify(rename),
};

export function writeAllSync(disk: Disk, fd: number, bytes: Uint8Array, position: number): void {
  for (let from = 0; from < bytes.length; ) from += disk.writeSync(fd, bytes, from, position + from);
}

export async function writeAll(disk: Disk, fd: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let from = 0; from < bytes.length; ) from += await disk.write(fd, bytes, from, position + from);
}

/** Makes names in a folder durable: new files, renamed ones, new folders. */
export async function syncFolder(disk: Disk, dir: string): Promise<void> {
  const fd = await disk.open(dir, "r");
  try {
    await disk.fsync(fd);
  } finally {
    await disk.close(fd);
  }
}
