/** What the compiler says of objects that block; `tsc` runs it. */
import type { Answer, Calls } from "../../src/shared/client/index.ts";
import { type Blocked, block, resume, type Ticket, Tickets } from "../../src/shared/object/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function check<T extends true>(): T | undefined {
  return undefined;
}

export class Semaphore {
  count = 1;
  waiting: Ticket<true>[] = [];
  acquire() {
    if (this.count === 0) return block(this.waiting);
    this.count--;
    return true as const;
  }
  release() {
    if (!resume(this.waiting, true)) this.count++;
  }
}

export class Doors {
  readonly signals = new Tickets<void>();
  readonly numbers: Ticket<number>[] = [];
  readonly flags = new Tickets<boolean>();
  pass() {
    return block(this.signals, { after: 100, then: new RangeError("too late") });
  }
  number() {
    return block(this.numbers, { after: 100, then: -1 });
  }
  open(flag: boolean) {
    resume(this.signals);
    resume(this.signals, new Error("closed"));
    resume(this.numbers, 1);
    resume(this.flags, flag);
    const [first] = this.numbers;
    if (first !== undefined) resume(first, new Error("no number"));
    // @ts-expect-error an answer is needed
    resume(this.numbers);
    // @ts-expect-error of another type
    resume(this.numbers, "1");
    // @ts-expect-error of another type
    block(this.numbers, { after: 100, then: "late" });
    // @ts-expect-error a deadline has an answer
    block(this.numbers, { after: 100 });
  }
}

check<Equal<ReturnType<Semaphore["acquire"]>, true | Blocked<true>>>();
check<Equal<ReturnType<Doors["pass"]>, Blocked<void>>>();
check<Equal<ReturnType<Doors["number"]>, Blocked<number>>>();
check<Equal<Answer<ReturnType<Doors["number"]>>, number>>();
check<Equal<ReturnType<Calls<Semaphore>["acquire"]>, Promise<true>>>();
check<Equal<ReturnType<Calls<Doors>["pass"]>, Promise<void>>>();
