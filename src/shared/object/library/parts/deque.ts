/** First in, first out, without moving what waits: what comes in and what goes out are two lists. */

export class Deque<T> {
  /** The next one last, so that taking it moves nothing. */
  private outgoing: T[] = [];
  private incoming: T[] = [];

  get length(): number {
    return this.outgoing.length + this.incoming.length;
  }

  push(item: T): void {
    this.incoming.push(item);
  }

  /** Takes the oldest one. @returns it alone, or nothing: an item may be undefined */
  take(): T[] {
    if (this.outgoing.length === 0) {
      this.outgoing = this.incoming.reverse();
      this.incoming = [];
    }
    return this.outgoing.splice(-1);
  }

  /** All of them, the oldest first. */
  list(): T[] {
    return [...this.outgoing.toReversed(), ...this.incoming];
  }
}
