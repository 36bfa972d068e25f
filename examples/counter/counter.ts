/** A plain class: nothing to extend, nothing to decorate. concoord keeps it in step on several machines. */
import type { Reads } from "concoord/object";

export class Counter {
  // These methods only read: they need no entry in the log.
  static reads = ["getvalue"] satisfies Reads<Counter>;
  value = 0;

  increment(): void {
    this.value += 1;
  }

  decrement(): void {
    this.value -= 1;
  }

  getvalue(): number {
    return this.value;
  }
}
