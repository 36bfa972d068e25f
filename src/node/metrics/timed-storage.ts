/** A storage that is timed: how long each append took to be durable. */
import type { Histogram } from "../../shared/server/latency.ts";
import type { Storage } from "../../shared/server/storage.ts";

/** The same storage. @param took where the ms of each append are counted */
export function timed(storage: Storage, took: Histogram): Storage {
  return {
    load: (each) => storage.load(each),
    append: async (writes) => {
      const since = performance.now();
      await storage.append(writes);
      took.add(performance.now() - since);
    },
    keep: (head) => storage.keep(head),
    read: (slot, offset, length) => storage.read(slot, offset, length),
    trim: (upTo, keepFrom) => storage.trim(upTo, keepFrom),
    bytes: () => storage.bytes(),
    close: () => storage.close(),
  };
}
