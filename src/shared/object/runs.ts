/**
 * Runs code of users: methods, constructors and hooks of one object after the other, with agreed time and chance. Whose
 * objects these are, and what becomes of the outcomes, is the business of others: replicas execute the log with it,
 * programs the inputs of objects that they watch. State changed before a throw stays changed, as with a local object.
 */
import { must } from "../paxos/ids.ts";
import { beginCall, enter, leave } from "./ambient.ts";
import { dFieldsOf } from "./d-class.ts";
import { Frame, type Wakes } from "./frame.ts";
import type { Instance } from "./instances.ts";
import { enterInvocation } from "./invocation.ts";
import { disregard, type Outcomes } from "./outcomes.ts";
import type { HookKey, Method } from "./registry.ts";
import type { Session } from "./session.ts";
import type { SlotContext } from "./surround.ts";
import type { Call, Outcome } from "./types.ts";
import type { Caller } from "./waiting-calls.ts";

/** The one method with a leading underscore that may be called: it builds the object anew. */
export const initMethod = "__concoordinit__";

const nowhere: SlotContext = { slot: 0, wall: 0, logTime: 0, seed: 0 };

export interface RunsWakes<S extends Caller> extends Wakes<S> {
  /** The object was built anew: the calls that wait in the old one are over. */
  rebuilt(instance: Instance): void;
}

export class Runs<S extends Caller = Session> {
  protected readonly outcomes: Outcomes;
  protected readonly frame: Frame<S>;
  protected readonly wakes: RunsWakes<S>;
  protected context = nowhere;
  /** Calls and hooks of this slot so far: the k of their seeds. */
  protected k = 0;
  protected entered = false;
  /** The call index of the next call. */
  callIndex: number;

  /** @param wakes where calls wait, and what becomes of those that are resumed */
  constructor(outcomes: Outcomes, callIndex: number, wakes: RunsWakes<S>) {
    this.outcomes = outcomes;
    this.wakes = wakes;
    this.frame = new Frame(outcomes, wakes);
    this.callIndex = callIndex;
  }

  /** Starts a slot: the first call exchanges the clock and the dice, `end` restores them. */
  begin(context: SlotContext): void {
    this.k = 0;
    this.context = context;
    this.frame.slot = context.slot;
    this.frame.now = context.wall;
    this.frame.logTime = context.logTime;
    enter(context.wall, context.logTime, context.seed);
    enterInvocation(this.frame);
    this.entered = true;
  }

  /** Ends the slot; harmless when none was begun. */
  end(): void {
    if (!this.entered) return;
    this.entered = false;
    enterInvocation(null);
    leave();
  }

  protected beginRun(session: S, seq: number, instance: Instance | null): void {
    must(this.entered, "code of objects runs within a slot");
    const { frame } = this;
    frame.session = session.id;
    frame.seq = seq;
    frame.index = this.callIndex;
    frame.user = session.user;
    frame.caller = null;
    frame.instance = instance;
    beginCall(this.k++);
  }

  /** A call that there is runs now. Only replicas note it. */
  protected noting(_instance: Instance, _call: Call): void {
    return;
  }

  /**
   * Tells an object of the end of a session or of a ticket, then each D-class that is one of its own fields. What a
   * hook throws interests nobody: what it did before stays done, as in methods.
   *
   * @param seq that of the ticket, else 0
   */
  tell(instance: Instance, key: HookKey, session: S, seq: number, argument: unknown): void {
    const own = instance.entry.hooks.get(key);
    const hooks: [object, Method][] = own === undefined ? [] : [[instance.object, own]];
    for (const field of instance.hasDClass ? dFieldsOf(instance.object) : []) {
      const hook: unknown = Reflect.get(field, key);
      if (typeof hook === "function") hooks.push([field, hook as Method]);
    }
    for (const [target, hook] of hooks) {
      this.beginRun(session, seq, instance);
      try {
        disregard(Reflect.apply(hook, target, [argument]));
      } catch {
        // See above.
      }
    }
    this.frame.instance = null;
  }

  /** Runs a method of the object, which the class has. */
  protected run(instance: Instance, method: Method, call: Call, caller: S): Outcome {
    const { frame } = this;
    const { name } = instance.entry;
    this.noting(instance, call);
    frame.instance = instance;
    frame.caller = caller;
    try {
      const value: unknown = Reflect.apply(method, instance.object, call.args);
      // What comes now may run code of the object, but that is no method.
      frame.caller = null;
      if (frame.hasBlocked) return frame.returned(value, name, call.method);
      return this.outcomes.returned(value, name, call.method);
    } catch (error) {
      frame.caller = null;
      frame.release();
      return this.outcomes.threw(error);
    }
  }

  /** Builds an object anew. The calls that wait in the old one are over. */
  protected rebuild(instance: Instance, call: Call): Outcome {
    this.noting(instance, call);
    const made = this.build(instance, call.args);
    if (made.type === "returned") this.wakes.rebuilt(instance);
    return made;
  }

  protected build(instance: Instance, args: readonly unknown[]): Outcome {
    const { entry } = instance;
    this.frame.instance = instance;
    try {
      instance.object = new entry.ctor(...args);
      return this.outcomes.returned(undefined, entry.name, initMethod);
    } catch (error) {
      return this.outcomes.threw(error);
    }
  }
}
