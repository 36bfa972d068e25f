/**
 * Virtual time: what happens when, in one binary heap. Two events of one instant happen in the order in which they
 * were planned, so that a run follows from its seed alone.
 */

/** A process that can be killed or paused: its events are dropped, or wait until it goes on. */
export interface Owner {
  readonly alive: boolean;
  readonly pausedUntil: number;
}

export interface Event {
  at: number;
  order: number;
  readonly owner: Owner | null;
  /** Null when it was cancelled. */
  run: (() => void) | null;
}

export class Agenda {
  /** Milliseconds since the world began. */
  now = 0;
  private planned = 0;
  /** Invariant: heap[i] is not before heap[(i - 1) >> 1]. */
  private readonly heap: Event[] = [];

  /** @param owner the process in which it happens; null for the world itself */
  plan(at: number, owner: Owner | null, run: () => void): Event {
    const event = { at: Math.max(at, this.now), order: this.planned++, owner, run };
    this.push(event);
    return event;
  }

  after(wait: number, owner: Owner | null, run: () => void): Event {
    return this.plan(this.now + wait, owner, run);
  }

  /** Takes off the next event that is to happen, and moves time on to it; null when nothing is planned. */
  next(): Event | null {
    for (let event = this.pop(); event !== null; event = this.pop()) {
      const { owner } = event;
      if (event.run === null || (owner !== null && !owner.alive)) continue;
      this.now = event.at;
      if (owner === null || owner.pausedUntil <= this.now) return event;
      event.at = owner.pausedUntil;
      this.push(event);
    }
    return null;
  }

  private push(event: Event): void {
    let at = this.heap.length;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.heap[above] as Event;
      if (!isBefore(event, parent)) break;
      this.heap[at] = parent;
      at = above;
    }
    this.heap[at] = event;
  }

  private pop(): Event | null {
    const top = this.heap[0];
    const last = this.heap.pop();
    if (top === undefined || last === undefined) return null;
    if (this.heap.length > 0) this.sink(last);
    return top;
  }

  private sink(event: Event): void {
    const { length } = this.heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(this.heap[child + 1] as Event, this.heap[child] as Event)) child++;
      if (!isBefore(this.heap[child] as Event, event)) break;
      this.heap[at] = this.heap[child] as Event;
      at = child;
    }
    this.heap[at] = event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
