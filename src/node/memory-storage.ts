/** Nothing is kept: for `--memory`. A node that restarts is a new node. */
import type { LoadReport, Storage } from "../shared/server/storage.ts";

export class MemoryStorage implements Storage {
  async load(): Promise<LoadReport> {
    return { notes: [] };
  }

  /** Done at once: what a crash would take is taken with the whole node. */
  append(): Promise<void> {
    return done;
  }

  bytes(): number {
    return 0;
  }

  async close(): Promise<void> {
    return done;
  }
}

const done = Promise.resolve();
