/**
 * Clients that do not read what is sent to them. What waits for one of them is bounded by not reading from it any more,
 * but for the answers to what it has asked before; what waits for all together is bounded by dropping those that have
 * not read for longest.
 */
import { clientQueuesBytesMax } from "../../shared/limits.ts";

/** What waits for less counts as nothing. */
const slowBytes = 16 * 1024;

/** A connection, as far as it matters here. */
export interface Reader {
  /** Bytes that were written and have not left. */
  readonly backlog: number;
  drop(): void;
}

interface Standing {
  bytes: number;
  /** When some of it last left, in monotonic ms. */
  readAt: number;
}

export class SlowReaders {
  private readonly slow = new Map<Reader, Standing>();
  private total = 0;
  private readonly dropped: (why: string) => void;

  /** @param dropped is told why a client was */
  constructor(dropped: (why: string) => void) {
    this.dropped = dropped;
  }

  /** Something was written to it, or has left. */
  note(reader: Reader): void {
    const { backlog } = reader;
    const known = this.slow.get(reader);
    if (known === undefined && backlog < slowBytes) return;
    const standing = known ?? { bytes: 0, readAt: performance.now() };
    if (backlog < standing.bytes) standing.readAt = performance.now();
    this.total += backlog - standing.bytes;
    standing.bytes = backlog;
    if (backlog < slowBytes) return this.forget(reader);
    this.slow.set(reader, standing);
    if (this.total > clientQueuesBytesMax) this.dropSlowest();
  }

  /** Whether it is slow, and all slow ones together have as much to read as may wait. */
  isFull(reader: Reader): boolean {
    return 2 * this.total > clientQueuesBytesMax && this.slow.has(reader);
  }

  forget(reader: Reader): void {
    const standing = this.slow.get(reader);
    if (standing === undefined) return;
    this.total -= standing.bytes;
    this.slow.delete(reader);
  }

  private dropSlowest(): void {
    for (const reader of [...this.slow.keys()]) this.look(reader);
    if (this.total <= clientQueuesBytesMax) return;
    const [slowest] = [...this.slow].sort(([, a], [, b]) => a.readAt - b.readAt);
    if (slowest === undefined) return;
    const [reader, { bytes }] = slowest;
    this.forget(reader);
    this.dropped(`${bytes} bytes wait for a client that does not read them`);
    reader.drop();
  }

  /** Some of what waited may have left since. */
  private look(reader: Reader): void {
    const standing = this.slow.get(reader) as Standing;
    if (reader.backlog === standing.bytes) return;
    this.total += reader.backlog - standing.bytes;
    standing.bytes = reader.backlog;
    standing.readAt = performance.now();
  }
}
