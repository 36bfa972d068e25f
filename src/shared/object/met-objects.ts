/**
 * The objects of a graph that were met, numbered in this order. To have been met once is what happens to nearly all,
 * and costs one operation on a set; their numbers are looked up only when one is met again.
 */
export class MetObjects {
  private met = new Set<object>();
  /** The numbers of those up to where `left` stands. */
  private ids = new Map<object, number>();
  /** Goes on with what is added after it came to the last one: it is never asked for more than there is. */
  private left = this.met.values();

  clear(): void {
    if (this.met.size === 0) return;
    this.met = new Set();
    this.ids = new Map();
    this.left = this.met.values();
  }

  /** @returns false when it was met before */
  add(o: object): boolean {
    const { size } = this.met;
    return this.met.add(o).size > size;
  }

  /** The number of an object that was met. */
  idOf(o: object): number {
    for (;;) {
      const id = this.ids.get(o);
      if (id !== undefined) return id;
      const next = this.left.next();
      if (next.done === true) throw new RangeError("an object that was not met has no number");
      this.ids.set(next.value, this.ids.size);
    }
  }
}
