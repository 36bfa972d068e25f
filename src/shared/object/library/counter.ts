/** A number that counts: the first object of the library, and of every tutorial. */
import type { Reads } from "../surface.ts";

export class Counter {
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
