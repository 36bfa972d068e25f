/**
 * The objects, and the execution of calls on them: by name, only methods of the class, with agreed time and chance.
 */
import { argumentsMax, nameCharsMax, objectsMax } from "../limits.ts";
import { must } from "../paxos/ids.ts";
import { formatObject, type ObjectAddress, parseObject } from "./address.ts";
import { beginCall } from "./ambient.ts";
import type { Upgraded } from "./applied.ts";
import type { Input, Tap } from "./input.ts";
import { hearsSessions, type Instance, Instances } from "./instances.ts";
import { runRead } from "./membrane.ts";
import { outcomesOf, threw } from "./outcome.ts";
import { refuse } from "./outcomes.ts";
import { RecentInputs } from "./recent-inputs.ts";
import type { ClassEntry } from "./registry.ts";
import { Runs, type RunsWakes } from "./runs.ts";
import type { ServedCode } from "./served-code.ts";
import type { Session } from "./session.ts";
import { initMethod } from "./surface.ts";
import type { SlotContext } from "./surround.ts";
import type { Call, ObjectCodec, Outcome, SessionId } from "./types.ts";

export class Execution extends Runs {
  /** P10: what the cluster serves, which is the same on all replicas; some may hold more. */
  private readonly code: ServedCode;
  private readonly codec: ObjectCodec;
  private instances = new Instances();
  /** By object, whether it was made yet or not. */
  private readonly taps = new Map<string, Tap>();
  /** How often the state came from a snapshot: what was executed in between nobody heard of. */
  replaced = 0;
  readonly recent = new RecentInputs();
  /** The place in the slot of the command whose calls run. */
  command = 0;

  /** @param wakes where calls wait, and what becomes of those that are resumed */
  constructor(code: ServedCode, codec: ObjectCodec, callIndex: number, wakes: RunsWakes) {
    super(outcomesOf(codec), callIndex, wakes);
    this.code = code;
    this.codec = codec;
  }

  get objects(): Instances {
    return this.instances;
  }

  /** Notes the inputs of an object from now on; null: no more. @param key "Class/name" */
  tap(key: string, tap: Tap | null): void {
    if (tap === null) this.taps.delete(key);
    else this.taps.set(key, tap);
    const instance = this.instances.get(key);
    if (instance !== undefined) instance.tap = tap;
  }

  /** A snapshot stands for all that was executed up to `slot`. */
  replace(objects: Instances, callIndex: number, slot: number): void {
    this.recent.begin(slot);
    this.instances = objects;
    this.callIndex = callIndex;
    this.replaced++;
    for (const [key, tap] of this.taps) this.tap(key, tap);
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

  /** Carries out the upgrade that was planned in `slot`. What was executed until then cannot be executed any more. */
  upgrade(slot: number): Upgraded | null {
    const upgraded = this.code.carryOut(this.instances);
    if (upgraded?.problem === null) this.recent.begin(slot + 1);
    return upgraded;
  }

  /** Notes that a blocked call, or a session, is over. @param seq 0 for a session */
  over(
    instance: Instance,
    kind: "cancel" | "deadline" | "sessionEnd",
    whose: Session,
    seq: number,
    told = true,
  ): void {
    const { callIndex: index, k } = this;
    const { id: session, user } = whose;
    const input: Input = { kind, index, k, session, user, seq, told, payload: noBytes };
    this.recent.note(this.instances.nameOf(instance), this.context, input, 0);
    instance.tap?.(this.context, input);
  }

  protected override noting(instance: Instance, call: Call): void {
    this.note(this.instances.nameOf(instance), instance.tap, call);
  }

  /** Before it runs: then its arguments are the object's, which may change them. */
  private note(key: string, tap: Tap | null, call: Call): void {
    const { index, session, user, seq } = this.frame;
    const kind: Input["kind"] = call.method === initMethod ? "init" : "call";
    const input: Input = { kind, index, k: this.k - 1, session, user, seq, told: true, payload: noBytes };
    this.recent.note(key, this.context, input, this.command);
    tap?.(this.context, { ...input, payload: this.encoded(call) });
  }

  /** No bytes for what decoders take and encoders do not: it must not stop the replica. */
  private encoded(call: Call): Uint8Array {
    try {
      return this.codec.encodeCalls([call]);
    } catch {
      return noBytes;
    }
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
    const nobody = { instance: null, mayBlock: false };
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

  /** @param count how many at most: those that were made first */
  list(count: number): readonly ObjectAddress[] {
    const list: ObjectAddress[] = [];
    for (const key of this.instances.keys()) {
      if (list.length >= count) break;
      const address = parseObject(key);
      if (address !== null) list.push(address);
    }
    return list;
  }

  peek(key: string): object | undefined {
    const address = parseObject(key);
    return address === null ? undefined : this.instances.get(formatObject(address))?.object;
  }

  private call(instance: Instance, call: Call, caller: Session): Outcome {
    const { entry } = instance;
    const method = entry.functions.get(call.method);
    if (method !== undefined) return this.run(instance, method, call, caller);
    return call.method === initMethod ? this.rebuild(instance, call) : unknownMethod(entry, call.method);
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
    const key = formatObject(address);
    const tap = this.taps.get(key) ?? null;
    const instance: Instance = { entry, object: noObject, order, hasDClass: false, tap };
    if (init) this.note(key, tap, call);
    const made = this.build(instance, init ? call.args : []);
    if (made.type !== "returned") {
      this.frame.instance = null;
      return made;
    }
    this.instances.add(key, instance);
    return init ? made : this.call(instance, call, caller);
  }
}

const noBytes = new Uint8Array(0);
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
