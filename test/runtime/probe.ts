/** The object that the acceptance suite of the client calls, in whatever runtime. */
import { block, type Reads, resume, type Ticket } from "../../src/shared/object/index.ts";

export class Probe {
  value = 0;
  waiting: Ticket<unknown>[] = [];
  static reads = ["getvalue"] satisfies Reads<Probe>;

  increment(by = 1): number {
    this.value += by;
    return this.value;
  }

  getvalue(): number {
    return this.value;
  }

  echo(...args: unknown[]): unknown {
    return args;
  }

  nothing(): void {
    this.value += 0;
  }

  fail(): never {
    throw Object.assign(new RangeError("too low"), { code: "TOO_LOW", least: 3, list: [1n] });
  }

  wait() {
    return block(this.waiting);
  }

  wake(answer: unknown): boolean {
    return resume(this.waiting, answer);
  }
}
