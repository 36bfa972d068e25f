/** A list of entries that only grows, until it is written anew. */
import type { Reads } from "../surface.ts";

export class Log {
  static reads = ["read", "entries", "get_size"] satisfies Reads<Log>;
  private log: unknown[] = [];

  /** Replaces all entries by this one. */
  write(entry: unknown): void {
    this.log = [entry];
  }

  append(entry: unknown): void {
    this.log.push(entry);
  }

  /** The entries as one text, with spaces between them. */
  read(): string {
    return this.log.map((entry) => String(entry)).join(" ");
  }

  /** The entries as they are, from the one numbered `from` (0 is the first) up to, not including, `to`. */
  entries(from = 0, to?: number): unknown[] {
    return this.log.slice(from, to);
  }

  get_size(): number {
    return this.log.length;
  }
}
