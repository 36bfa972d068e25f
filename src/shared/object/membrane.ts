/**
 * A read-only view of the state for declared reads: what a method reaches from `this` are proxies, made when they are
 * reached, so that a read costs what it looks at and not what there is. An attempt to write throws, and the call is
 * refused even if the method catches that. What a method makes itself stays as writable as ever.
 *
 * A proxy cannot stand for everything: private members and the inner workings of some built-in objects know only the
 * real object, and a function kept in the state may reach it. A read that meets these is given up, and its client
 * sends it through the log, where it runs on the object itself.
 */
import { depthMax } from "../limits.ts";
import { type Guard, kindOf, type Member, rawKey, rawOf } from "./membrane-kinds.ts";
import { returned, threw } from "./outcome.ts";
import { refuse } from "./outcomes.ts";
import type { Method } from "./registry.ts";
import type { Call, ObjectCodec, Outcome } from "./types.ts";

/** Why a read ended without an outcome of its own: it tried to write, or only the log can run it. */
export interface Verdict {
  readonly type: "mutated" | "unfit";
  readonly what: string;
}

/** Thrown into the method. Whether it lets it through does not matter. */
class ReadStopped extends Error {
  override readonly name = "ReadStopped";
}

type Key = string | symbol;
/** What a proxy is made on: it must agree with the answers only in what can never change. */
const plainShadow: object = Object.create(null);
const listShadow: object = [];

export class Membrane implements Guard {
  /** The first thing that the read did which it cannot do here. */
  verdict: Verdict | null = null;
  /** By what they stand for: one thing has one proxy, so that `===` holds within a call. */
  private readonly proxies = new Map<object, object>();

  /** The proxy of a part of the state; what is no object is itself. */
  wrap(value: unknown): unknown {
    // It may have kept the object in which it was made, and would reach it.
    if (typeof value === "function") return this.unfit("use a function that is kept in the state");
    if (typeof value !== "object" || value === null) return value;
    const known = this.proxies.get(value);
    if (known !== undefined) return known;
    const proxy = this.make(value);
    this.proxies.set(value, proxy);
    return proxy;
  }

  private make(raw: object): object {
    if (rawOf(raw) !== raw) return raw; // a getter of the object itself gave it
    if (Array.isArray(raw)) return new Proxy(listShadow, new Handler(this, raw));
    const kind = kindOf(raw);
    if (kind === null) return new Proxy(plainShadow, new Handler(this, raw));
    if (kind.copy !== undefined) return kind.copy(raw, this);
    return new Proxy(plainShadow, new KindHandler(this, raw, kind.members));
  }

  mutated(what: string): never {
    this.verdict ??= { type: "mutated", what };
    throw new ReadStopped(`a declared read cannot change the object: it tried to ${what}`);
  }

  unfit(what: string): never {
    this.verdict ??= { type: "unfit", what };
    throw new ReadStopped(`a read without a log entry cannot ${what}`);
  }

  /** What the method threw: some of it says that it met what a proxy cannot stand for. */
  threw(error: unknown): void {
    if (typeof error !== "object" || error === null) return;
    const [name, message] = [Reflect.get(error, "name"), String(Reflect.get(error, "message"))];
    // Proxies take more of the stack, too.
    const full = name === "RangeError" && message.startsWith("Maximum call stack");
    if (name === "TypeError" || name === "DataCloneError" || full)
      this.verdict ??= { type: "unfit", what: `go on after: ${message}` };
  }
}

/**
 * What a read returned, with the state itself in the place of its proxies, to be encoded at once: a proxy of bytes
 * would not be taken for bytes. Only what holds proxies is copied.
 */
export function unwrap(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null || depth > depthMax) return value;
  const raw = rawOf(value);
  if (raw !== value || ArrayBuffer.isView(value)) return raw;
  if (Array.isArray(value)) return unwrapList(value, depth);
  if (value instanceof Map) {
    return new Map([...value].map(([k, v]) => [unwrap(k, depth + 1), unwrap(v, depth + 1)]));
  }
  if (value instanceof Set) return new Set([...value].map((item) => unwrap(item, depth + 1)));
  return unwrapFields(value, depth);
}

function unwrapList(list: readonly unknown[], depth: number): readonly unknown[] {
  let copy: unknown[] | null = null;
  for (let i = 0; i < list.length; i++) {
    const item = unwrap(list[i], depth + 1);
    if (copy === null && item !== list[i]) copy = list.slice(0, i);
    if (copy !== null) copy[i] = item;
  }
  return copy ?? list;
}

/** An instance of a class would travel as a plain object, too. */
function unwrapFields(value: object, depth: number): object {
  let copy: Record<string, unknown> | null = null;
  for (const key of Object.keys(value)) {
    const before: unknown = Reflect.get(value, key);
    const after = unwrap(before, depth + 1);
    if (after === before) continue;
    copy ??= { ...value };
    copy[key] = after;
  }
  return copy ?? value;
}

/** Plain objects, instances of classes, arrays: their methods work on proxies. */
class Handler implements ProxyHandler<object> {
  protected readonly membrane: Membrane;
  protected readonly raw: object;

  constructor(membrane: Membrane, raw: object) {
    this.membrane = membrane;
    this.raw = raw;
  }

  get(_shadow: object, key: Key, receiver: unknown): unknown {
    if (key === rawKey) return this.raw;
    const value: unknown = Reflect.get(this.raw, key, receiver);
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return value;
    // Methods and getters of classes run on the proxy, so that what they give needs none.
    return Object.hasOwn(this.raw, key) ? this.membrane.wrap(value) : value;
  }

  has(_shadow: object, key: Key): boolean {
    return Reflect.has(this.raw, key);
  }

  ownKeys(): Key[] {
    return Reflect.ownKeys(this.raw);
  }

  getOwnPropertyDescriptor(_shadow: object, key: Key): PropertyDescriptor | undefined {
    const found = Reflect.getOwnPropertyDescriptor(this.raw, key);
    if (found === undefined) return undefined;
    if (!("value" in found)) return this.membrane.unfit("take a getter out of its object");
    const value: unknown = found.value;
    found.value = this.membrane.wrap(value);
    // The shadow does not have it, so it cannot be said to stay for ever; but lists have their length.
    if (key === "length" && Array.isArray(this.raw)) found.writable = true;
    else found.configurable = true;
    return found;
  }

  getPrototypeOf(): object | null {
    return Reflect.getPrototypeOf(this.raw);
  }

  set(_shadow: object, key: Key): boolean {
    return this.membrane.mutated(`set ${String(key)}`);
  }

  defineProperty(_shadow: object, key: Key): boolean {
    return this.membrane.mutated(`define ${String(key)}`);
  }

  deleteProperty(_shadow: object, key: Key): boolean {
    return this.membrane.mutated(`delete ${String(key)}`);
  }

  setPrototypeOf(): boolean {
    return this.membrane.mutated("set a prototype");
  }

  preventExtensions(): boolean {
    return this.membrane.mutated("freeze an object");
  }
}

/** Objects whose methods work on the real one alone. */
class KindHandler extends Handler {
  private readonly members: ReadonlyMap<Key, Member>;

  constructor(membrane: Membrane, raw: object, members: ReadonlyMap<Key, Member>) {
    super(membrane, raw);
    this.members = members;
  }

  override get(shadow: object, key: Key, receiver: unknown): unknown {
    const member = this.members.get(key);
    if (member !== undefined) return member(this.raw, this.membrane, receiver);
    return super.get(shadow, key, receiver);
  }
}

/**
 * Runs a declared read.
 *
 * @param object what `this` is to stand for; it is not changed
 * @returns its outcome; refused with READ_MUTATED when it tried to write, with STALE_CLASS when only the log can run it
 */
export function runRead(codec: ObjectCodec, object: object, method: Method, call: Call, of: string): Outcome {
  const membrane = new Membrane();
  const outcome = run(codec, membrane, object, method, call, of);
  if (membrane.verdict === null) return outcome;
  const { type, what } = membrane.verdict;
  if (type === "mutated")
    return refuse("READ_MUTATED", `${of}.${call.method} is a declared read, but tried to ${what}`, "no");
  return refuse("STALE_CLASS", `${of}.${call.method} must go through the log: it cannot ${what}`, "no");
}

function run(
  codec: ObjectCodec,
  membrane: Membrane,
  object: object,
  method: Method,
  call: Call,
  of: string,
): Outcome {
  try {
    const value: unknown = Reflect.apply(method, membrane.wrap(object), call.args);
    return returned(codec, unwrap(value), of, call.method);
  } catch (error) {
    membrane.threw(error);
    return threw(codec, unwrapError(error));
  }
}

/** An error was made by the method; what it tells may be a part of the state. */
function unwrapError(error: unknown): unknown {
  if (typeof error !== "object" || error === null || rawOf(error) !== error) return rawOf(error);
  for (const key of Object.keys(error)) Reflect.set(error, key, unwrap(Reflect.get(error, key)));
  return error;
}
