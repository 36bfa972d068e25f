/** A dictionary: values by name. KeyValue can do more; this is the plain one. */
import type { Reads } from "../surface.ts";
import { text } from "./parts/arguments.ts";
import { keyError } from "./parts/errors.ts";

export class DataStore<T = unknown> {
  static reads = ["get", "contains", "keys", "get_size"] satisfies Reads<DataStore>;
  /** In lists of one, as a value may be undefined. */
  private readonly data = new Map<string, readonly [T]>();

  put(key: string, value: T): void {
    this.data.set(text(key, "key"), [value]);
  }

  /** @throws KeyError when there is no such key */
  get(key: string): T {
    const found = this.data.get(key);
    if (found === undefined) throw keyError(`there is no key ${key}`);
    return found[0];
  }

  /** @throws KeyError when there is no such key */
  delete(key: string): void {
    if (!this.data.delete(key)) throw keyError(`there is no key ${key}`);
  }

  contains(key: string): boolean {
    return this.data.has(key);
  }

  /** In the order in which they were first put. */
  keys(): string[] {
    return [...this.data.keys()];
  }

  get_size(): number {
    return this.data.size;
  }

  clear(): void {
    this.data.clear();
  }
}
