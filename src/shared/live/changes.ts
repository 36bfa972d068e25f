/** The confirmed inputs of a live object, as programs iterate over them. */
import { whenAborted } from "../client/abort.ts";
import { ConcoordError } from "../client/errors.ts";
import { changesWaitingMax } from "../limits.ts";
import type { SlotContext } from "../object/surround.ts";
import { decodeCall, type PlacedInput } from "../wire/feed-codec.ts";
import type { Change, Gap } from "./types.ts";

type Item = Change | Gap;
type Result = IteratorResult<Item, undefined>;
const over: Result = { done: true, value: undefined };

export class Changes {
  readonly #open = new Set<Iteration>();
  #ended: ConcoordError | null | undefined = undefined;

  iterate(signal: AbortSignal | undefined): AsyncIterableIterator<Item> {
    const iteration = new Iteration(() => this.#open.delete(iteration));
    this.#open.add(iteration);
    if (this.#ended !== undefined) iteration.end(this.#ended);
    if (signal !== undefined) iteration.stop = whenAborted(signal, () => iteration.end(null));
    return iteration;
  }

  push(context: SlotContext, input: PlacedInput): void {
    if (this.#open.size === 0) return;
    for (const iteration of this.#open) iteration.push(changeOf(context, input));
  }

  gap(slot: number): void {
    for (const iteration of this.#open) iteration.push({ kind: "gap", slot });
  }

  /** @param error why; null: the program wants no more */
  end(error: ConcoordError | null): void {
    this.#ended = error;
    for (const iteration of [...this.#open]) iteration.end(error);
  }
}

/** Each reader gets arguments of its own. */
function changeOf({ slot, wall: now, logTime }: SlotContext, input: PlacedInput): Change {
  const { kind, at, index, session, user, seq, payload } = input;
  const call = decodeCall(payload);
  const called = { method: call?.method ?? null, args: call?.args ?? [] };
  return { kind, slot, at, index, session, user, seq, ...called, now, logTime };
}

interface Waiter {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: ConcoordError) => void;
}

class Iteration implements AsyncIterableIterator<Item, undefined> {
  /** Ends the listening to the signal. */
  stop: () => void = () => undefined;
  readonly #left: () => void;
  readonly #items: Item[] = [];
  readonly #waiters: Waiter[] = [];
  #isOver = false;
  #error: ConcoordError | null = null;

  constructor(left: () => void) {
    this.#left = left;
  }

  push(item: Item): void {
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) return waiter.resolve({ done: false, value: item });
    if (this.#items.push(item) <= changesWaitingMax) return;
    this.#items.length = 0;
    this.end(new ConcoordError("BUSY", `more than ${changesWaitingMax} changes were not taken`, "no"));
  }

  end(error: ConcoordError | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#error = error;
    this.#left();
    this.stop();
    for (const waiter of this.#waiters.splice(0)) this.#last(waiter);
  }

  next(): Promise<Result> {
    const value = this.#items.shift();
    if (value !== undefined) return Promise.resolve({ done: false, value });
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      if (this.#isOver) this.#last(waiter);
      else this.#waiters.push(waiter);
    });
  }

  /** The program leaves the loop. */
  return(): Promise<Result> {
    this.#items.length = 0;
    this.end(null);
    return Promise.resolve(over);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The error is told once. */
  #last({ resolve, reject }: Waiter): void {
    const error = this.#error;
    this.#error = null;
    if (error === null) resolve(over);
    else reject(error);
  }
}
