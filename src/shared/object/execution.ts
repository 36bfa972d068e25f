/**
 * The objects, and the execution of calls on them: by name, only methods of the class, with agreed time and chance.
 * State changed before a throw stays changed, as with a local object.
 */
import { nameCharsMax, objectsMax } from "../limits.ts";
import { must } from "../paxos/ids.ts";
import { formatObject, type ObjectAddress, parseObject } from "./address.ts";
import { agreedRandom, beginCall, enter, leave } from "./ambient.ts";
import { enterInvocation, type Invocation } from "./invocation.ts";
import type { Instance } from "./machine-state.ts";
import { runRead } from "./membrane.ts";
import { refuse, returned, threw } from "./outcome.ts";
import { type ClassEntry, type Constructor, initMethod, type Registry } from "./registry.ts";
import { type Call, type ObjectCodec, type Outcome, type SessionId, sessionId } from "./types.ts";

/** What one slot gives to all of its calls. */
export interface SlotContext {
  readonly slot: number;
  readonly wall: number;
  readonly logTime: number;
  /** 32 bits, unsigned. */
  readonly seed: number;
}

/** One for each machine, changed from call to call: `invocation()` gives copies. */
class Frame implements Invocation {
  session: SessionId = sessionId("1.0");
  seq = 0;
  index = 0;
  slot = 0;
  user: string | null = null;
  now = 0;
  logTime = 0;
  readonly random = agreedRandom;
}

export class Execution {
  private readonly registry: Registry;
  /** P10: what the cluster serves, which is the same on all replicas; the registry may hold more on some. */
  private served: ReadonlySet<string> = new Set();
  private readonly codec: ObjectCodec;
  /** By "Class/name". */
  private instances = new Map<string, Instance>();
  private readonly frame = new Frame();
  /** Calls of this slot so far: the k of their seeds. */
  private k = 0;
  private entered = false;
  /** The call index of the next call. */
  callIndex: number;

  /** From now on the cluster serves these classes, and no others. */
  serve(classes: readonly string[]): void {
    this.served = new Set(classes);
  }

  constructor(registry: Registry, codec: ObjectCodec, callIndex: number) {
    this.registry = registry;
    this.codec = codec;
    this.callIndex = callIndex;
  }

  /** The objects, in the order in which they were made. */
  get objects(): ReadonlyMap<string, Instance> {
    return this.instances;
  }

  /** A snapshot stands for all that was executed. */
  replace(objects: ReadonlyMap<string, Instance>, classes: readonly string[], callIndex: number): void {
    this.instances = new Map(objects);
    this.serve(classes);
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
  execute(call: Call, session: SessionId, seq: number, user: string | null): Outcome {
    must(this.entered, "calls are executed within a slot");
    const frame = this.frame;
    frame.session = session;
    frame.seq = seq;
    frame.index = this.callIndex;
    frame.user = user;
    beginCall(this.k++);
    const outcome = this.dispatch(call);
    if (outcome.type !== "refused" || outcome.executed === "yes") this.callIndex++;
    return outcome;
  }

  private dispatch(call: Call): Outcome {
    const known = this.instances.get(call.object);
    if (known !== undefined) return this.call(known, call);
    const address = parseObject(call.object);
    if (address === null) {
      const shown = JSON.stringify(call.object.slice(0, nameCharsMax));
      return refuse("UNKNOWN_CLASS", `${shown} is not an object address (Class/name)`, "no");
    }
    // "Class" and "Class/main" are one object.
    const instance = this.instances.get(formatObject(address));
    return instance === undefined ? this.callNew(address, call) : this.call(instance, call);
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
    Object.assign(this.frame, { session, seq: 0, index: this.callIndex - 1, user });
    try {
      return calls.map((call, k) => {
        beginCall(k);
        return this.readOne(call);
      });
    } finally {
      this.end();
    }
  }

  private readOne(call: Call): Outcome {
    const address = parseObject(call.object);
    const entry =
      address !== null && this.served.has(address.class) ? this.registry.get(address.class) : undefined;
    const method = entry?.reads.includes(call.method) ? entry.functions.get(call.method) : undefined;
    if (address === null || entry === undefined || method === undefined) {
      const shown = `${call.object}.${call.method}`.slice(0, 3 * nameCharsMax);
      return refuse("STALE_CLASS", `${shown} is no declared read here`, "no");
    }
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

  private call(instance: Instance, call: Call): Outcome {
    const { entry } = instance;
    const method = entry.functions.get(call.method);
    if (method === undefined) {
      if (call.method === initMethod) return this.build(instance, entry, call.args);
      return unknownMethod(entry, call.method);
    }
    try {
      const value: unknown = Reflect.apply(method, instance.object, call.args);
      return returned(this.codec, value, entry.name, call.method);
    } catch (error) {
      return threw(this.codec, error);
    }
  }

  /** The first call of an object makes it. */
  private callNew(address: ObjectAddress, call: Call): Outcome {
    const entry = this.served.has(address.class) ? this.registry.get(address.class) : undefined;
    if (entry === undefined) {
      const served = [...this.served].join(", ") || "none";
      return refuse("UNKNOWN_CLASS", `class ${address.class} is not served here; served: ${served}`, "no");
    }
    const init = call.method === initMethod;
    if (!init && !entry.functions.has(call.method)) return unknownMethod(entry, call.method);
    if (this.instances.size >= objectsMax)
      return refuse("BUSY", `there are ${objectsMax} objects already`, "no");
    const instance: Instance = { entry, object: noObject };
    const made = this.build(instance, entry, init ? call.args : []);
    if (made.type !== "returned") return made;
    this.instances.set(formatObject(address), instance);
    if (init) return made;
    return this.call(instance, call);
  }

  private build(instance: Instance, entry: ClassEntry, args: readonly unknown[]): Outcome {
    try {
      instance.object = new entry.ctor(...args);
      return returned(this.codec, undefined, entry.name, initMethod);
    } catch (error) {
      return threw(this.codec, error);
    }
  }
}

const noObject = Object.freeze({});

function unknownMethod(entry: ClassEntry, method: string): Outcome {
  const callable = [...entry.methods].join(", ") || "none";
  const shown = method.slice(0, nameCharsMax);
  return refuse("UNKNOWN_METHOD", `${entry.name} has no method ${shown}; callable: ${callable}`, "no");
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
