/** How files and the system refuse, as errors of the storage. */
import { StorageError } from "../../shared/server/storage.ts";

/** What does not verify, and where in its file. */
export class Damage extends Error {
  override readonly name = "Damage";
  readonly offset: number;
  constructor(offset: number, what: string) {
    super(what);
    this.offset = offset;
  }
}

export function damageError(path: string, cause: Damage): StorageError {
  return new StorageError("damage", `${path}, offset ${cause.offset}: ${cause.message}`, { cause });
}

export function ioError(dir: string, cause: unknown): StorageError {
  const what = cause instanceof Error ? cause.message : String(cause);
  return new StorageError("io", `the disk of ${dir} refuses: ${what}`, { cause });
}

export function isSystemError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

/** Runs what reads the file `path`: damage that it finds is that of this file. */
export function inFile<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof Damage ? damageError(path, error) : error;
  }
}
