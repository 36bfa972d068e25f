/** One value, replaced at once or only when it is still what the caller saw. */
import type { Reads } from "../surface.ts";
import { same } from "./parts/same.ts";

export class Register<T = unknown> {
  static reads = ["get"] satisfies Reads<Register>;
  private value: T | null = null;

  /** @returns null until something was set */
  get(): T | null {
    return this.value;
  }

  set(value: T | null): void {
    this.value = value;
  }

  /**
   * Sets `next` if the value is `expected`, by what they say (parts/same.ts).
   *
   * @returns whether it was, and so is set
   */
  compareAndSet(expected: T | null, next: T | null): boolean {
    if (!same(this.value, expected)) return false;
    this.value = next;
    return true;
  }
}
