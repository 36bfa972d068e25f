/**
 * The objects, and the execution of calls on them: by name, only methods of the class, with agreed time and chance.
 * State changed before a throw stays changed, as with a local object.
 */
import { argumentsMax, nameCharsMax, objectsMax } from "../limits.ts";
import { must } from "../paxos/ids.ts";
import { formatObject, type ObjectAddress, parseObject } from "./address.ts";
import { beginCall, enter, leave } from "./ambient.ts";
import { dFieldsOf } from "./d-class.ts";
import { Frame, type Wakes } from "./frame.ts";
import { hearsSessions, type Instance, Instances } from "./instances.ts";
import { enterInvocation } from "./invocation.ts";
import { runRead } from "./membrane.ts";
import { disregard, refuse, returned, threw } from "./outcome.ts";
import { type ClassEntry, type HookKey, initMethod, type Method } from "./registry.ts";
import type { ServedCode } from "./served-code.ts";
import type { Session } from "./session.ts";
import type { SlotContext } from "./surround.ts";
import type { Call, ObjectCodec, Outcome, SessionId } from "./types.ts";

export class Execution {
  /** P10: what the cluster serves, which is the same on all replicas; some may hold more. */
  private readonly code: ServedCode;
  private readonly codec: ObjectCodec;
  private instances = new Instances();
  private readonly frame: Frame;
  private readonly wakes: Wakes & { rebuilt(instance: Instance): void };
  /** Calls and hooks of this slot so far: the k of their seeds. */
  private k = 0;
  private entered = false;
  /** The call index of the next call. */
  callIndex: number;

  /** @param wakes where calls wait, and what becomes of those that are resumed */
  constructor(code: ServedCode, codec: ObjectCodec, callIndex: number, wakes: Execution["wakes"]) {
    this.code = code;
    this.codec = codec;
    this.wakes = wakes;
    this.frame = new Frame(codec, wakes);
    this.callIndex = callIndex;
  }

  get objects(): Instances {
    return this.instances;
  }

  /** A snapshot stands for all that was executed. */
  replace(objects: Instances, callIndex: number): void {
    this.instances = objects;
    this.callIndex = callIndex;
  }

  /** Starts a slot: the first call exchanges the clock and the dice, `end` restores them. */
  begin(context: SlotContext): void {
    this.k = 0;
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

  /** Executes a call, or refuses it; never throws for anything that the class or the caller did. */
  execute(call: Call, session: Session, seq: number): Outcome {
    must(this.entered, "calls are executed within a slot");
    const { frame } = this;
    this.beginRun(session, seq, null);
    const outcome = this.dispatch(call, session);
    if (outcome.type !== "refused" || outcome.executed === "yes") this.callIndex++;
    const { instance } = frame;
    if (instance !== null && hearsSessions(instance)) session.tell(instance.order);
    frame.instance = null;
    return outcome;
  }

  private beginRun(session: Session, seq: number, instance: Instance | null): void {
    const { frame } = this;
    frame.session = session.id;
    frame.seq = seq;
    frame.index = this.callIndex;
    frame.user = session.user;
    frame.caller = null;
    frame.instance = instance;
    beginCall(this.k++);
  }

  /**
   * Tells an object of the end of a session or of a ticket, then each D-class that is one of its own fields. What a
   * hook throws interests nobody: what it did before stays done, as in methods.
   *
   * @param seq that of the ticket, else 0
   */
  tell(instance: Instance, key: HookKey, session: Session, seq: number, argument: unknown): void {
    must(this.entered, "hooks run within a slot");
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

  instanceAt(order: number): Instance {
    const instance = this.instances.at(order);
    must(instance !== undefined, "sessions call objects that there are");
    return instance;
  }

  private dispatch(call: Call, caller: Session): Outcome {
    if (call.args.length > argumentsMax) return tooManyArguments(call);
    const known = this.instances.get(call.object);
    if (known !== undefined) return this.call(known, call, caller);
    const address = parseObject(call.object);
    if (address === null) {
      const shown = JSON.stringify(call.object.slice(0, nameCharsMax));
      return refuse("UNKNOWN_CLASS", `${shown} is not an object address (Class/name)`, "no");
    }
    // "Class" and "Class/main" are one object.
    const instance = this.instances.get(formatObject(address));
    return instance === undefined ? this.callNew(address, call, caller) : this.call(instance, call, caller);
  }

  /**
   * Runs declared reads one after the other; nothing that replicas agree on changes. An object that no call has made
   * yet is read as the constructor makes it.
   */
  read(
    context: SlotContext,
    calls: readonly Call[],
    session: SessionId,
    user: string | null,
  ): readonly Outcome[] {
    this.begin(context);
    const nobody = { instance: null, caller: null };
    Object.assign(this.frame, { session, seq: 0, index: this.callIndex - 1, user, ...nobody });
    try {
      return calls.map((call, k) => {
        beginCall(k);
        this.frame.tried = null;
        const outcome = this.readOne(call);
        const { tried } = this.frame;
        if (tried === null) return outcome;
        return refuse(
          "READ_MUTATED",
          `${call.object}.${call.method} is a declared read, but tried to ${tried}`,
          "no",
        );
      });
    } finally {
      this.end();
    }
  }

  private readOne(call: Call): Outcome {
    const address = parseObject(call.object);
    const entry = address === null ? undefined : this.code.entry(address.class);
    const method = entry?.reads.includes(call.method) ? entry.functions.get(call.method) : undefined;
    if (address === null || entry === undefined || method === undefined) {
      const shown = `${call.object}.${call.method}`.slice(0, 3 * nameCharsMax);
      return refuse("STALE_CLASS", `${shown} is no declared read here`, "no");
    }
    if (call.args.length > argumentsMax) return tooManyArguments(call);
    try {
      const object = this.instances.get(formatObject(address))?.object ?? new entry.ctor();
      return runRead(this.codec, object, method, call, entry.name);
    } catch (error) {
      return threw(this.codec, error);
    }
  }

  list(): readonly ObjectAddress[] {
    return [...this.instances.keys()].map((key) => parseObject(key)).filter((address) => address !== null);
  }

  peek(key: string): object | undefined {
    const address = parseObject(key);
    return address === null ? undefined : this.instances.get(formatObject(address))?.object;
  }

  private call(instance: Instance, call: Call, caller: Session): Outcome {
    const { entry } = instance;
    const method = entry.functions.get(call.method);
    if (method === undefined) {
      if (call.method === initMethod) return this.rebuild(instance, call.args);
      return unknownMethod(entry, call.method);
    }
    const { frame } = this;
    frame.instance = instance;
    frame.caller = caller;
    try {
      const value: unknown = Reflect.apply(method, instance.object, call.args);
      // What comes now may run code of the object, but that is no method.
      frame.caller = null;
      if (frame.hasBlocked) return frame.returned(value, entry.name, call.method);
      return returned(this.codec, value, entry.name, call.method);
    } catch (error) {
      frame.caller = null;
      frame.release();
      return threw(this.codec, error);
    }
  }

  /** The first call of an object makes it. */
  private callNew(address: ObjectAddress, call: Call, caller: Session): Outcome {
    const entry = this.code.entry(address.class);
    if (entry === undefined) {
      const served = this.code.classes.map((c) => c.name).join(", ") || "none";
      return refuse("UNKNOWN_CLASS", `class ${address.class} is not served here; served: ${served}`, "no");
    }
    const init = call.method === initMethod;
    if (!init && !entry.functions.has(call.method)) return unknownMethod(entry, call.method);
    if (this.instances.size >= objectsMax)
      return refuse("BUSY", `there are ${objectsMax} objects already`, "no");
    const { size: order } = this.instances;
    const instance: Instance = { entry, object: noObject, order, hasDClass: false };
    const made = this.build(instance, init ? call.args : []);
    if (made.type !== "returned") {
      this.frame.instance = null;
      return made;
    }
    this.instances.add(formatObject(address), instance);
    if (init) return made;
    return this.call(instance, call, caller);
  }

  /** The calls that wait in the old one are over. */
  private rebuild(instance: Instance, args: readonly unknown[]): Outcome {
    const made = this.build(instance, args);
    if (made.type === "returned") this.wakes.rebuilt(instance);
    return made;
  }

  private build(instance: Instance, args: readonly unknown[]): Outcome {
    const { entry } = instance;
    this.frame.instance = instance;
    try {
      instance.object = new entry.ctor(...args);
      return returned(this.codec, undefined, entry.name, initMethod);
    } catch (error) {
      return threw(this.codec, error);
    }
  }
}

const noObject = Object.freeze({});

/** Clients refuse this themselves; one of another make may not. */
function tooManyArguments({ args }: Call): Outcome {
  return refuse("TOO_BIG", `${args.length} arguments of at most ${argumentsMax}`, "no");
}

function unknownMethod(entry: ClassEntry, method: string): Outcome {
  const callable = [...entry.methods].join(", ") || "none";
  const shown = method.slice(0, nameCharsMax);
  return refuse("UNKNOWN_METHOD", `${entry.name} has no method ${shown}; callable: ${callable}`, "no");
}
