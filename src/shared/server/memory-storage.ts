/** Storage without a disk: for `--memory`, where a node that restarts is a new node, and for tests. */
import type { Write } from "../paxos/types.ts";
import type { LoadReport, Storage } from "./storage.ts";

export class MemoryStorage implements Storage {
  private readonly kept: Write[] | null;

  /**
   * @param kept where tests find again what was written; without it nothing is kept, because nobody reads it
   * @example const storage = new MemoryStorage();
   */
  constructor(kept: Write[] | null = null) {
    this.kept = kept;
  }

  load(each: (write: Write) => void): Promise<LoadReport> {
    this.kept?.forEach(each);
    return Promise.resolve({ notes: [] });
  }

  append(writes: readonly Write[]): Promise<void> {
    if (this.kept !== null) for (const write of writes) this.kept.push(write);
    return done;
  }

  bytes(): number {
    return 0;
  }

  close(): Promise<void> {
    return done;
  }
}

const done = Promise.resolve();
