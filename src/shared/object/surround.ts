/** The surroundings in which code of users runs: agreed time, agreed chance, and what it may ask about itself. */
import { agree, beginCall, enter, leave } from "./ambient.ts";
import { Frame } from "./frame.ts";
import { enterInvocation } from "./invocation.ts";
import type { Constructor } from "./registry.ts";

/** What one slot gives to all of its calls. */
export interface SlotContext {
  readonly slot: number;
  readonly wall: number;
  readonly logTime: number;
  /** 32 bits, unsigned. */
  readonly seed: number;
}

/** Of no slot: for code that must ask for nothing that is agreed. */
export const nowhere: SlotContext = { slot: 0, wall: 0, logTime: 0, seed: 0 };

/**
 * Runs code of users in the surroundings of calls. The function that it is given begins another stream of chance.
 *
 * @param frame what the code may ask and do: nothing with calls, unless it is given
 */
export function surround<T>(
  context: SlotContext,
  run: (hook: () => void) => T,
  frame: Frame = new Frame(),
): T {
  let k = 0;
  enter();
  give(context, frame);
  enterInvocation(frame);
  beginCall(k);
  try {
    return run(() => beginCall(++k));
  } finally {
    enterInvocation(null);
    leave();
  }
}

/** What one slot gives to its calls. */
export function give({ slot, wall, logTime, seed }: SlotContext, frame: Frame): void {
  frame.slot = slot;
  frame.now = wall;
  frame.logTime = logTime;
  agree(wall, logTime, seed);
}

/**
 * Makes an object with its no-argument constructor in the surroundings of a call, and forgets it.
 *
 * @throws whatever the constructor throws
 */
export function tryConstruct(ctor: Constructor): void {
  surround(nowhere, () => Reflect.construct(ctor, []));
}
