/** Last in, first out. Departs from the original: `pop` answers what it took. */
import type { Reads } from "../surface.ts";
import { indexError } from "./parts/errors.ts";

export class Stack<T = unknown> {
  static reads = ["peek", "get_size", "get_stack"] satisfies Reads<Stack>;
  private readonly stack: T[] = [];

  append(item: T): void {
    this.stack.push(item);
  }

  /** Takes the newest one. @throws IndexError when there is none */
  pop(): T {
    for (const item of this.stack.splice(-1)) return item;
    throw indexError("the stack is empty");
  }

  /** The newest one, which stays. @throws IndexError when there is none */
  peek(): T {
    for (const item of this.stack.slice(-1)) return item;
    throw indexError("the stack is empty");
  }

  get_size(): number {
    return this.stack.length;
  }

  /** All of them, the oldest first. */
  get_stack(): T[] {
    return [...this.stack];
  }
}
