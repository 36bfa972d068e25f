/**
 * When sessions end: a binary heap by due time. Hearing of a session does not touch the heap: its entry is then too
 * early, which is noticed and repaired only when the entry comes to the top. So a keep-alive of 100,000 sessions
 * costs one store each.
 */
import { type LogTime, logTime } from "../paxos/ids.ts";

export interface Expiring {
  /** The first log time at which it is due now. */
  due(): LogTime;
  /** The due time under which the heap holds it. Invariant: never later than `due()`. */
  heapDue: LogTime;
  /** Its place in the heap; -1 when it is not there. */
  heapIndex: number;
}

/** Entries that one question for the next due time repairs; the answer is early, never late, if more are stale. */
const repairsMax = 64;

export class Expiry<T extends Expiring> {
  /** Invariant: heap[i].heapDue >= heap[(i - 1) >> 1].heapDue, and heap[i].heapIndex === i. */
  private readonly heap: T[] = [];

  add(item: T): void {
    item.heapDue = item.due();
    this.heap.push(item);
    this.up(item, this.heap.length - 1);
  }

  remove(item: T): void {
    const at = item.heapIndex;
    const last = this.heap.pop();
    item.heapIndex = -1;
    if (last === undefined || last === item) return;
    this.up(last, at);
    this.down(last, last.heapIndex);
  }

  /** Takes out what is due at `now`, in no particular order. */
  take(now: LogTime): T[] {
    const taken: T[] = [];
    for (let top = this.heap[0]; top !== undefined && top.heapDue <= now; top = this.heap[0]) {
      if (top.due() <= now) {
        this.remove(top);
        taken.push(top);
      } else this.repair(top);
    }
    return taken;
  }

  /** The earliest due time, Infinity when there is none. Never late; early only when very many were heard at once. */
  next(): LogTime {
    for (let i = 0; i < repairsMax; i++) {
      const top = this.heap[0];
      if (top === undefined) return logTime(Number.POSITIVE_INFINITY);
      if (top.heapDue === top.due()) return top.heapDue;
      this.repair(top);
    }
    return this.heap[0]?.heapDue ?? logTime(Number.POSITIVE_INFINITY);
  }

  private repair(item: T): void {
    item.heapDue = item.due();
    this.down(item, item.heapIndex);
  }

  private put(item: T, at: number): void {
    this.heap[at] = item;
    item.heapIndex = at;
  }

  private up(item: T, from: number): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.heap[above];
      if (parent === undefined || parent.heapDue <= item.heapDue) break;
      this.put(parent, at);
      at = above;
    }
    this.put(item, at);
  }

  private down(item: T, from: number): void {
    let at = from;
    for (;;) {
      const left = this.heap[2 * at + 1];
      const right = this.heap[2 * at + 2];
      const child = right !== undefined && left !== undefined && right.heapDue < left.heapDue ? right : left;
      if (child === undefined || child.heapDue >= item.heapDue) break;
      const below = child.heapIndex;
      this.put(child, at);
      at = below;
    }
    this.put(item, at);
  }
}
