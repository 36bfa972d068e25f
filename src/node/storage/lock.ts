/**
 * Keeps a folder from a second process, and from being opened twice by one. Node has no flock, but the SQLite inside
 * it locks files: the system frees such a lock however the process ends, and decides races. The database stays empty.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { StorageError } from "../../shared/server/storage.ts";

const lockName = "lock";
/** Says who holds the lock, for messages; the lock itself does not rest on it. */
const holderName = "lock.pid";
/** SQLITE_BUSY. */
const busy = 5;
/** Of two that start at once both may be refused at first; a retry within this time lets one of them win. */
const retryMillis = 100;

/** A database that nobody refers to is closed by the garbage collector, and the lock with it. */
const held = new Set<DatabaseSync>();

export class FolderLock {
  private readonly database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.database = database;
  }

  /** @throws StorageError "locked" naming the process that holds the folder; "io" */
  static take(dir: string): FolderLock {
    let database: DatabaseSync | null = null;
    try {
      database = new DatabaseSync(join(dir, lockName), { timeout: retryMillis });
      database.exec("BEGIN EXCLUSIVE");
      writeFileSync(join(dir, holderName), `${process.pid}\n`, { mode: 0o600 });
      held.add(database);
      return new FolderLock(database);
    } catch (cause) {
      database?.close();
      if (isBusy(cause)) throw new StorageError("locked", `${dir} is in use by ${holder(dir)}`, { cause });
      throw new StorageError("io", `cannot lock ${dir}: ${String(cause)}`, { cause });
    }
  }

  /** May be called again. */
  release(): void {
    if (held.delete(this.database)) this.database.close();
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === busy;
}

/** The process that wrote its id last, if it lives: one that takes the lock just now may not have done so yet. */
function holder(dir: string): string {
  try {
    const pid = Number(readFileSync(join(dir, holderName), "utf8"));
    if (pid === process.pid) return `this process (pid ${pid})`;
    process.kill(pid, 0);
    return `the process with pid ${pid}`;
  } catch {
    return "another process";
  }
}
