/** A storage that is timed: how long each append took to be durable. */
import type { Histogram } from "../../shared/server/latency.ts";
import type { Storage } from "../../shared/server/storage.ts";

/** The same storage. @param took where the ms of each append are counted */
export function timed(storage: Storage, took: Histogram): Storage {
  return {
    load: (each) => storage.load(each),
    append: (writes) => {
      const since = performance.now();
      const durable = storage.append(writes);
      const done = () => took.add(performance.now() - since);
      if (durable !== null) return durable.then(done);
      done();
      return null;
    },
    keep: (head) => storage.keep(head),
    read: (slot, offset, length) => storage.read(slot, offset, length),
    trim: (upTo, keepFrom) => storage.trim(upTo, keepFrom),
    bytes: () => storage.bytes(),
    close: () => storage.close(),
  };
}
