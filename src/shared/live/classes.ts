/**
 * The class of a live object as this program has it, and the classes whose instances its state may hold: those that an
 * object begins with, those of concoord, and those that the program names. Nodes know those that a module exports: by
 * the same names, which minifiers keep only where a class says `static name`.
 */
import { ourClasses } from "../object/our-classes.ts";
import {
  type ClassEntry,
  type Constructor,
  type HookKey,
  hookKeys,
  type Method,
} from "../object/registry.ts";
import type { ClassNames } from "../object/state-table.ts";
import { surround } from "../object/surround.ts";

const nowhere = { slot: 0, wall: 0, logTime: 0, seed: 0 };

export class LiveClass implements ClassNames {
  readonly entry: ClassEntry;
  /** What no call has made yet is shown as the constructor makes it. */
  readonly fresh: object;
  readonly #byName = new Map<string, Constructor>();
  readonly #byPrototype = new Map<object, string>();

  constructor(ctor: new () => object, name: string, others: readonly Constructor[]) {
    this.entry = entryOf(ctor, name);
    this.fresh = surround(nowhere, () => new ctor());
    for (const our of ourClasses()) this.#add(our.name, our.ctor);
    for (const other of [ctor, ...others]) this.#add(other.name, other);
    this.#learn(this.fresh, new Set());
  }

  #add(name: string, ctor: Constructor): void {
    if (!this.#byName.has(name)) this.#byName.set(name, ctor);
    if (!this.#byPrototype.has(ctor.prototype)) this.#byPrototype.set(ctor.prototype, name);
  }

  /** Classes of what an object holds. */
  #learn(value: unknown, met: Set<unknown>): void {
    if (typeof value !== "object" || value === null || met.has(value)) return;
    met.add(value);
    const ctor: unknown = Reflect.get(value, "constructor");
    if (typeof ctor === "function" && !Reflect.has(globalThis, ctor.name))
      this.#add(ctor.name, ctor as Constructor);
    if (ArrayBuffer.isView(value)) return;
    for (const part of Object.values(value)) this.#learn(part, met);
    if (value instanceof Map || value instanceof Set) for (const part of value) this.#learn(part, met);
  }

  nameOf(prototype: object): string {
    const name = this.#byPrototype.get(prototype);
    if (name === undefined) throw new Error("an instance of a class that is not known: name it in classes");
    return name;
  }

  named(name: string): Constructor {
    const ctor = name === "" ? this.entry.ctor : this.#byName.get(name);
    if (ctor === undefined) throw new Error(`the class ${name} is not known: name it in classes`);
    return ctor;
  }

  /** Where nothing is executed, instances of classes that are not known are plain objects. */
  readonly lenient: ClassNames = {
    nameOf: (prototype) => this.nameOf(prototype),
    named: (name) => this.#byName.get(name) ?? Object,
  };

  /** An empty object of the class: what it holds comes from a table. */
  readonly empty = (): object => {
    const made = new this.entry.ctor();
    if (made instanceof Map || made instanceof Set) made.clear();
    if (Array.isArray(made)) made.length = 0;
    else for (const key of Reflect.ownKeys(made)) Reflect.deleteProperty(made, key);
    return made;
  };
}

/** What runs need of a class; what replicas check is left out, as they execute only what they allow. */
function entryOf(ctor: new () => object, name: string): ClassEntry {
  const functions = new Map<string, Method>();
  const hooks = new Map<HookKey, Method>();
  for (let of: object = ctor.prototype; of !== Object.prototype; of = Object.getPrototypeOf(of))
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(of)))
      if (typeof value === "function" && !functions.has(key)) functions.set(key, value);
  for (const key of hookKeys) {
    const hook: unknown = Reflect.get(ctor.prototype, key);
    if (typeof hook === "function") hooks.set(key, hook as Method);
  }
  const version: unknown = Reflect.get(ctor, "version");
  const reads: unknown = Reflect.get(ctor, "reads");
  return {
    ...{ name, ctor, functions, hooks, methods: new Set(), nested: new Map(), live: true, migrate: null },
    version: typeof version === "number" || typeof version === "string" ? version : 0,
    reads: Array.isArray(reads) ? reads : [],
    ...{ fingerprint: "", source: "", isProxy: () => false },
  };
}
