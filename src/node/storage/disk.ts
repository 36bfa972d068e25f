/** The calls of the operating system with which log and snapshots are written. Tests put in ones that fail. */
import { close, fdatasync, fsync, open, read, rename, unlink, write, writeSync } from "node:fs";
import { promisify } from "node:util";

export interface Disk {
  open(path: string, flags: string, mode?: number): Promise<number>;
  close(fd: number): Promise<void>;
  /** May write less than all of it. @returns how many bytes */
  writeSync(fd: number, bytes: Uint8Array, from: number, position: number): number;
  write(fd: number, bytes: Uint8Array, from: number, position: number): Promise<number>;
  /** Fills `bytes` from its place `from` on, or a part of that. @returns how many bytes; 0 at the end of the file */
  read(fd: number, bytes: Uint8Array, from: number, position: number): Promise<number>;
  /** The bytes, and the length of the file: not its times. */
  fdatasync(fd: number): Promise<void>;
  fsync(fd: number): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

const asyncWrite = promisify(write);
const asyncRead = promisify(read);

export const nodeDisk: Disk = {
  open: promisify(open),
  close: promisify(close),
  writeSync: (fd, bytes, from, position) => writeSync(fd, bytes, from, bytes.length - from, position),
  write: async (fd, bytes, from, position) =>
    (await asyncWrite(fd, bytes, from, bytes.length - from, position)).bytesWritten,
  read: async (fd, bytes, from, position) =>
    (await asyncRead(fd, bytes, from, bytes.length - from, position)).bytesRead,
  fdatasync: promisify(fdatasync),
  fsync: promisify(fsync),
  rename: promisify(rename),
  unlink: promisify(unlink),
};

export function writeAllSync(disk: Disk, fd: number, bytes: Uint8Array, position: number): void {
  for (let from = 0; from < bytes.length; ) from += disk.writeSync(fd, bytes, from, position + from);
}

export async function writeAll(disk: Disk, fd: number, bytes: Uint8Array, position: number): Promise<void> {
  for (let from = 0; from < bytes.length; ) from += await disk.write(fd, bytes, from, position + from);
}

/** @returns how many bytes there were: fewer than asked for where the file ends */
export async function readAll(disk: Disk, fd: number, bytes: Uint8Array, position: number): Promise<number> {
  for (let from = 0; from < bytes.length; ) {
    const count = await disk.read(fd, bytes, from, position + from);
    if (count === 0) return from;
    from += count;
  }
  return bytes.length;
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
