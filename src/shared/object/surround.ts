/** The surroundings in which code of users runs: agreed time, agreed chance, and what it may ask about itself. */
import { beginCall, enter, leave } from "./ambient.ts";
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

/**
 * Runs code of users that is no call, in the surroundings of one: constructors and hooks. The function that it is
 * given begins another stream of chance.
 */
export function surround<T>(context: SlotContext, run: (hook: () => void) => T): T {
  const frame = new Frame();
  frame.slot = context.slot;
  frame.now = context.wall;
  frame.logTime = context.logTime;
  let k = 0;
  enter(context.wall, context.logTime, context.seed);
  enterInvocation(frame);
  beginCall(k);
  try {
    return run(() => beginCall(++k));
  } finally {
    enterInvocation(null);
    leave();
  }
}

/**
 * Makes an object with its no-argument constructor in the surroundings of a call, and forgets it.
 *
 * @throws whatever the constructor throws
 */
export function tryConstruct(ctor: Constructor): void {
  surround({ slot: 0, wall: 0, logTime: 0, seed: 0 }, () => Reflect.construct(ctor, []));
}
