/** A number that counts: the first object of the library, and of every tutorial. */
import type { Reads } from "../surface.ts";
import { valueError } from "../sync/errors.ts";

export class Counter {
  static reads = ["getvalue"] satisfies Reads<Counter>;
  value: number;

  constructor(value = 0) {
    if (typeof value !== "number") throw valueError("a counter begins with a number");
    this.value = value;
  }

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
