/**
 * Keeps a data folder from a second process. On Linux the lock is an abstract socket named after the folder's inode:
 * the kernel gives it to one process only and frees it at its death, however it dies. Elsewhere it is a file with the
 * holder's process id.
 */
import { closeSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { StorageError } from "../../shared/server/storage.ts";

export interface FolderLock {
  release(): Promise<void>;
}

/** @throws StorageError "locked" */
export function lockFolder(dir: string): Promise<FolderLock> {
  return process.platform === "linux" ? lockBySocket(dir) : lockByFile(dir);
}

function inUse(dir: string): StorageError {
  return new StorageError("locked", `the data folder ${dir} is in use by another process`);
}

function lockBySocket(dir: string): Promise<FolderLock> {
  const { dev, ino } = statSync(dir);
  const server = createServer((socket) => socket.destroy());
  server.unref();
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(error.code === "EADDRINUSE" ? inUse(dir) : error);
    });
    server.listen(`\0concoord-data-${dev}-${ino}`, () => {
      resolve({ release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}

async function lockByFile(dir: string): Promise<FolderLock> {
  const path = join(dir, "lock");
  for (;;) {
    try {
      const fd = openSync(path, "wx");
      writeSync(fd, String(process.pid));
      closeSync(fd);
      return { release: async () => unlinkSync(path) };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    if (isRunning(Number(readFileSync(path, "utf8")))) throw inUse(dir);
    unlinkSync(path);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
