/**
 * Runs code of users: methods, constructors and hooks of one object after the other, with agreed time and chance. Which
 * objects these are is the business of others. State changed before a throw stays changed, as with a local object.
 * Programs that watch an object run the same code with shared/live/copy.ts, which must do as this file does.
 */
import { must } from "../paxos/ids.ts";
import { beginCall, enter, leave } from "./ambient.ts";
import { hooksOf } from "./hooks.ts";
import type { Instance } from "./instances.ts";
import { enterInvocation } from "./invocation.ts";
import { MachineFrame, type Wakes } from "./machine-frame.ts";
import { disregard, type Outcomes } from "./outcomes.ts";
import type { HookKey, Method } from "./registry.ts";
import type { Session } from "./session.ts";
import { initMethod } from "./surface.ts";
import { give, nowhere, type SlotContext } from "./surround.ts";
import type { Call, Outcome } from "./types.ts";

export interface RunsWakes extends Wakes {
  /** The object was built anew: the calls that wait in the old one are over. */
  rebuilt(instance: Instance): void;
}

export class Runs {
  protected readonly outcomes: Outcomes;
  protected readonly frame: MachineFrame;
  protected readonly wakes: RunsWakes;
  protected context: SlotContext = nowhere;
  /** Calls and hooks of this slot so far: the k of their seeds. */
  protected k = 0;
  protected entered = false;
  /** The call index of the next call. */
  callIndex: number;

  /** @param wakes where calls wait, and what becomes of those that are resumed */
  constructor(outcomes: Outcomes, callIndex: number, wakes: RunsWakes) {
    this.outcomes = outcomes;
    this.wakes = wakes;
    this.frame = new MachineFrame(outcomes, wakes);
    this.callIndex = callIndex;
  }

  /** Starts a slot: the first call exchanges the clock and the dice, `end` restores them. */
  begin(context: SlotContext): void {
    this.k = 0;
    this.context = context;
    enter();
    give(context, this.frame);
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

  protected beginRun(session: Session, seq: number, instance: Instance | null): void {
    must(this.entered, "code of objects runs within a slot");
    const { frame } = this;
    frame.session = session.id;
    frame.seq = seq;
    frame.index = this.callIndex;
    frame.user = session.user;
    frame.mayBlock = false;
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
  tell(instance: Instance, key: HookKey, session: Session, seq: number, argument: unknown): void {
    const { entry, object, hasDClass } = instance;
    for (const [target, hook] of hooksOf(object, entry.hooks.get(key), hasDClass, key)) {
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
  protected run(instance: Instance, method: Method, call: Call, caller: Session): Outcome {
    const { frame } = this;
    const { name } = instance.entry;
    this.noting(instance, call);
    frame.instance = instance;
    frame.caller = caller;
    frame.mayBlock = true;
    try {
      const value: unknown = Reflect.apply(method, instance.object, call.args);
      // What comes now may run code of the object, but that is no method.
      frame.mayBlock = false;
      if (frame.hasBlocked) return frame.returned(value, name, call.method);
      return this.outcomes.returned(value, name, call.method);
    } catch (error) {
      frame.mayBlock = false;
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
