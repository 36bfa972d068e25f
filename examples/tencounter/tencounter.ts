/** Counts in tens: what the paper's tutorial makes of its counter. */
import type { Reads } from "concoord/object";

export class TenCounter {
  static reads = ["getvalue"] satisfies Reads<TenCounter>;
  value: number;

  constructor(value = 0) {
    this.value = value;
  }

  increment(): void {
    this.value += 10;
  }

  decrement(): void {
    this.value -= 10;
  }

  getvalue(): number {
    return this.value;
  }
}
