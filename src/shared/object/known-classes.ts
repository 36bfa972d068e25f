/**
 * The classes whose instances the state of an object may hold: those of the language, and of users those that the
 * object's module, or a relative module that it imports, exports. Snapshots name a class; a prototype is found by
 * its identity.
 */
import { datePrototype, errors, type Kind, kind, kinds } from "./builtins.ts";
import { ourClasses } from "./our-classes.ts";
import { isClass, lineage, privateMembers } from "./private-members.ts";
import type { ClassEntry, Constructor } from "./registry.ts";

export interface KnownClass {
  /** As snapshots name it; empty for a class of the language that its kind alone says. */
  readonly name: string;
  readonly kind: Kind;
  /** Null in objects without a prototype. */
  readonly prototype: object | null;
  /** Null where instances are made by their kind alone. */
  readonly ctor: Constructor | null;
  /** Whether it tells its state by `toSnapshot`. */
  readonly hooked: boolean;
  /** Why its instances cannot be taken; null: they can. */
  readonly problem: string | null;
}

/** Those of the language, by their kinds. */
export const plainClasses: readonly KnownClass[] = [
  plain(kind.object, Object.prototype),
  plain(kind.array, Array.prototype),
  plain(kind.map, Map.prototype),
  plain(kind.set, Set.prototype),
  plain(kind.date, datePrototype),
  plain(kind.regexp, RegExp.prototype),
  plain(kind.error, Error.prototype),
];
/** Of objects without a prototype. */
export const bareClass = plain(kind.object, null);

const errorClasses = errors.map((ctor): KnownClass => {
  const name = `%${ctor.name}`;
  return { name, kind: kind.error, prototype: ctor.prototype, ctor, hooked: false, problem: null };
});

function plain(of: Kind, prototype: object | null): KnownClass {
  return { name: "", kind: of, prototype, ctor: null, hooked: false, problem: null };
}

/** The classes of one registered class: what its instances may hold, and itself. */
export class KnownClasses {
  private readonly byPrototype = new Map<object | null, KnownClass>();
  private readonly byName = new Map<string, KnownClass>();
  /** The registered class itself, whose instances are objects of the cluster. */
  readonly top: KnownClass;
  private readonly nested: ClassEntry["nested"];

  constructor(entry: ClassEntry) {
    this.nested = entry.nested;
    for (const known of [...plainClasses, bareClass]) this.byPrototype.set(known.prototype, known);
    for (const known of errorClasses) this.add(known);
    for (const { name, ctor } of ourClasses()) this.add(describeClass(name, ctor, false));
    this.learn();
    const nested = this.byPrototype.get(entry.ctor.prototype);
    this.top = describeClass(nested?.name ?? entry.name, entry.ctor, true);
    if (nested === undefined) this.add(describeClass(entry.name, entry.ctor, false));
  }

  private add(known: KnownClass): void {
    this.byPrototype.set(known.prototype, known);
    this.byName.set(known.name, known);
  }

  find(prototype: object | null): KnownClass | undefined {
    return this.byPrototype.get(prototype) ?? (this.learn() ? this.byPrototype.get(prototype) : undefined);
  }

  named(name: string): KnownClass | undefined {
    return this.byName.get(name) ?? (this.learn() ? this.byName.get(name) : undefined);
  }

  /** Simulations of users' classes find nested ones only when they meet them. @returns whether there are new ones */
  private learn(): boolean {
    const before = this.byName.size;
    for (const [name, ctor] of this.nested) {
      if (!this.byName.has(name)) this.add(describeClass(name, ctor, false));
    }
    return this.byName.size > before;
  }
}

const cache = new WeakMap<ClassEntry, KnownClasses>();

/** To read what their source says takes a while, so it is done once. */
export function knownClassesOf(entry: ClassEntry): KnownClasses {
  const known = cache.get(entry) ?? new KnownClasses(entry);
  cache.set(entry, known);
  return known;
}

/** @param top whether it is made with `new`, as objects of the cluster are, and not from its prototype alone */
function describeClass(name: string, ctor: Constructor, top: boolean): KnownClass {
  const { base } = lineage(ctor);
  const of = base === Function.prototype ? kind.object : kinds.get(base);
  const { prototype } = ctor;
  const hooked = typeof Reflect.get(prototype, "toSnapshot") === "function";
  const problem = of === undefined ? `extends ${nameOf(base)}` : problemOf(ctor, of, hooked, top);
  const shown = problem === null ? null : `class ${name}, which ${problem}`;
  return { name, kind: of ?? kind.object, prototype, ctor, hooked, problem: shown };
}

function problemOf(ctor: Constructor, of: Kind, hooked: boolean, top: boolean): string | null {
  if (hooked) {
    const back = typeof Reflect.get(ctor, "fromSnapshot") === "function";
    return back ? null : "has toSnapshot, but no static fromSnapshot(data)";
  }
  const { fields, methods } = privateMembers(ctor);
  if (fields || (methods && !top))
    return "has #private members and needs toSnapshot() and static fromSnapshot(data)";
  const made: readonly Kind[] = [kind.object, kind.array, kind.map, kind.set];
  return top && !made.includes(of) ? "extends a class that `new` alone cannot restore" : null;
}

function nameOf(value: unknown): string {
  const name: unknown = typeof value === "function" ? Reflect.get(value, "name") : null;
  return typeof name === "string" && name !== "" ? name : "a class without a name";
}

/** Says what an object is whose prototype no class of the table has. */
export function describeStranger(prototype: object): string {
  const ctor: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  if (isClass(ctor)) {
    return `is a ${nameOf(ctor)}, a class that neither its module nor a relative module exports`;
  }
  return typeof ctor === "function" ? `is a ${nameOf(ctor)}` : "has a prototype that is not of a class";
}
