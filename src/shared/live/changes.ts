/** The confirmed inputs of a live object, as programs iterate over them. */
import { whenAborted } from "../client/abort.ts";
import { ConcoordError } from "../client/errors.ts";
import { changesWaitingMax } from "../limits.ts";
import type { SlotContext } from "../object/surround.ts";
import { decodeCall, type PlacedInput } from "../wire/feed-codec.ts";
import type { Change, Gap } from "./types.ts";

type Item = Change | Gap;

export class Changes {
  readonly #open = new Set<Reading>();
  #ended: ConcoordError | null | undefined = undefined;

  iterate(signal: AbortSignal | undefined): AsyncIterableIterator<Item> {
    const reading = new Reading(this.#open);
    if (this.#ended !== undefined) reading.end(this.#ended);
    if (signal !== undefined) reading.stop = whenAborted(signal, () => reading.end(null));
    return reading.items();
  }

  push(context: SlotContext, input: PlacedInput): void {
    for (const reading of this.#open) reading.push(changeOf(context, input));
  }

  gap(slot: number): void {
    for (const reading of this.#open) reading.push({ kind: "gap", slot });
  }

  /** @param error why; null: the program wants no more */
  end(error: ConcoordError | null): void {
    this.#ended = error;
    for (const reading of this.#open) reading.end(error);
  }
}

/** Each reader gets arguments of its own. */
function changeOf({ slot, wall: now, logTime }: SlotContext, input: PlacedInput): Change {
  const { k, told, payload, ...rest } = input;
  const { method = null, args = [] } = decodeCall(payload) ?? {};
  return { ...rest, slot, method, args, now, logTime };
}

/** One loop over the changes. */
class Reading {
  /** Ends the listening to the signal. */
  stop: () => void = () => undefined;
  readonly #all: Set<Reading>;
  #items: Item[] = [];
  #wake: () => void = () => undefined;
  /** Why no more come; null: nobody wants more. */
  #ended: ConcoordError | null | undefined = undefined;

  constructor(all: Set<Reading>) {
    this.#all = all;
    all.add(this);
  }

  push(item: Item): void {
    this.#wake();
    if (this.#items.push(item) <= changesWaitingMax) return;
    this.#items = [];
    this.end(new ConcoordError("BUSY", `more than ${changesWaitingMax} changes were not taken`, "no"));
  }

  /** Those that are there still come. */
  end(error: ConcoordError | null): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#wake();
    this.#all.delete(this);
    this.stop();
  }

  /** Whoever leaves the loop is not kept waiting for a change that may never come. */
  items(): AsyncIterableIterator<Item> {
    const items = this.#each();
    return Object.assign(items, {
      return: () => {
        this.#items = [];
        this.end(null);
        return items.next();
      },
    });
  }

  async *#each(): AsyncGenerator<Item, undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#ended === null) return;
      else if (this.#ended !== undefined) throw this.#ended;
      else
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
    }
  }
}
