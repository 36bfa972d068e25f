/**
 * What a method may ask about the call that runs it. The context lives on the global object under a registered
 * symbol, so that a class that imports its own copy of concoord still finds the one that runs it.
 */
import { isObject } from "./is-object.ts";
import type { Constructor } from "./registry.ts";
import type { Blocked, Deadline, Ticket, TicketQueue } from "./ticket.ts";
import type { SessionId } from "./types.ts";

/** The call that is being executed; equal on every replica. */
export interface Invocation {
  /** Who calls. In hooks it is the session that the hook is about. */
  readonly session: SessionId;
  /** Which of the session's calls this is: a number from 1, one more with each call. In hooks the ticket's, or 0. */
  readonly seq: number;
  /** How many calls the cluster executed before this one: it rises for ever. */
  readonly index: number;
  /** Where in the log the call stands: a number from 1; calls that were decided together share it. */
  readonly slot: number;
  /** The user whom the session's token names, or null. */
  readonly user: string | null;
  /** Agreed wall-clock milliseconds since 1970; never goes back. */
  readonly now: number;
  /** Milliseconds of leadership since the cluster was founded: the clock of deadlines. */
  readonly logTime: number;
  /** Agreed chance, from 0 up to, not including, 1; the same stream as Math.random inside a method. */
  random(): number;
}

/** A method, hook or constructor that is running, as blocking and D-classes need it. */
export interface Running extends Invocation {
  /** See block.ts. */
  block<T>(queue: TicketQueue<T>, deadline: Deadline<T> | null): Blocked<T>;
  resume(ticket: Ticket, answer: unknown): boolean;
  waits(ticket: Ticket): boolean;
  waitOn(ticket: Ticket): void;
  /** A D-class was made, which the object may keep as a field. */
  madeDClass(): void;
}

/** The shared place. Its shape is what the 1 in the symbol's name stands for. */
interface Execution {
  current: Running | null;
  /** See our-classes.ts. */
  readonly classes: { readonly name: string; readonly ctor: Constructor }[];
}

const place = Symbol.for("concoord/execution/1");

function isExecution(value: unknown): value is Execution {
  return isObject(value) && "current" in value && "classes" in value;
}

/** Finds the place that another copy of concoord made, or makes it. */
function findExecution(): Execution {
  const found: unknown = Reflect.get(globalThis, place);
  if (isExecution(found)) return found;
  const made: Execution = { current: null, classes: [] };
  Object.defineProperty(globalThis, place, { value: made, enumerable: false });
  return made;
}

export const execution: Execution = findExecution();

/** Makes `frame` the current call; null after the last one. The frame may be changed from call to call. */
export function enterInvocation(frame: Running | null): void {
  execution.current = frame;
}

/** What is running now. @param asks the function that needs it. @throws Error outside of a replicated object's code */
export function running(asks: string): Running {
  const at = execution.current;
  if (at === null) throw new Error(`${asks}() answers only inside a method of a replicated object`);
  return at;
}

/**
 * The call that is being executed.
 *
 * @throws Error outside of a method or constructor of a replicated object
 * @example this.owner = invocation().session;
 */
export function invocation(): Invocation {
  const at = running("invocation");
  // A copy: the frame belongs to the next call as soon as this one ends.
  return {
    session: at.session,
    seq: at.seq,
    index: at.index,
    slot: at.slot,
    user: at.user,
    now: at.now,
    logTime: at.logTime,
    random: at.random,
  };
}
