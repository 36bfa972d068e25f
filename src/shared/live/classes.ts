/**
 * The class of a live object as this program has it, and the classes whose instances its state may hold: those that an
 * object begins with, those of concoord, and those that the program names. Nodes know those that a module exports: by
 * the same names, which minifiers keep only where a class says `static name`.
 */
import { isObject } from "../object/is-object.ts";
import { ourClasses } from "../object/our-classes.ts";
import { isCollection } from "../object/parts.ts";
import type { Constructor, HookKey, Method, Version } from "../object/registry.ts";
import { nowhere, surround } from "../object/surround.ts";

/** What runs need of a class; what replicas check is left out, as they execute only what they allow. */
export class LiveClass {
  readonly ctor: new (
    ...args: readonly unknown[]
  ) => object;
  readonly version: Version;
  /** What no call has made yet is shown as the constructor makes it. */
  readonly fresh: object;
  /** Methods that only read. */
  readonly reads: readonly unknown[];
  /** The first one of a name counts. */
  readonly #known = new Map<string, Constructor>();

  constructor(ctor: new () => object, others: readonly Constructor[]) {
    const version: unknown = Reflect.get(ctor, "version");
    const reads: unknown = Reflect.get(ctor, "reads");
    this.ctor = ctor;
    this.version = typeof version === "number" || typeof version === "string" ? version : 0;
    this.reads = Array.isArray(reads) ? reads : [];
    this.fresh = surround(nowhere, () => new ctor());
    for (const our of ourClasses()) this.#add(our.name, our.ctor);
    for (const other of [ctor, ...others]) this.#add(other.name, other);
    this.#learn(this.fresh, new Set());
  }

  #add(name: string, ctor: Constructor): void {
    if (!this.#known.has(name)) this.#known.set(name, ctor);
  }

  /** Classes of what an object holds. */
  #learn(value: unknown, met: Set<unknown>): void {
    if (!isObject(value) || met.has(value)) return;
    met.add(value);
    const ctor: unknown = Reflect.get(value, "constructor");
    if (typeof ctor === "function" && !Reflect.has(globalThis, ctor.name))
      this.#add(ctor.name, ctor as Constructor);
    if (ArrayBuffer.isView(value)) return;
    for (const part of Object.values(value)) this.#learn(part, met);
    if (isCollection(value)) for (const part of value) this.#learn(part, met);
  }

  /** A method as the prototypes have it: a field of the same name changes nothing. Null when there is none. */
  method(name: string): Method | null {
    for (let of: object = this.ctor.prototype; of !== Object.prototype; of = Object.getPrototypeOf(of)) {
      const own = Object.getOwnPropertyDescriptor(of, name);
      if (own !== undefined) return typeof own.value === "function" ? own.value : null;
    }
    return null;
  }

  hook(key: HookKey): Method | undefined {
    const hook: unknown = Reflect.get(this.ctor.prototype, key);
    return typeof hook === "function" ? (hook as Method) : undefined;
  }

  /**
   * @param name "" for the class itself
   * @param strict else instances of classes that are not known are plain objects: where nothing is executed
   * @throws Error when it must be known and is not
   */
  named(name: string, strict: boolean): Constructor {
    if (name === "") return this.ctor;
    const known = this.#known.get(name) ?? (strict ? null : Object);
    if (known === null) throw new Error(`the class ${name} is not known: name it in classes`);
    return known;
  }

  /** An empty object of the class: what it holds comes from a table. */
  readonly empty = (): object => {
    const made = new this.ctor();
    if (isCollection(made)) made.clear();
    if (Array.isArray(made)) made.length = 0;
    else for (const key of Reflect.ownKeys(made)) Reflect.deleteProperty(made, key);
    return made;
  };
}
