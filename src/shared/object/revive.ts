/** Makes objects from what a snapshot says of them. */
import { BadSnapshot } from "./bad-snapshot.ts";
import { bases, type Kind, kind } from "./builtins.ts";
import { attribute, integrity } from "./graph-format.ts";
import { type KnownClass, plainClasses } from "./known-classes.ts";

/** Runs code of users, or of the language on what users wrote. @throws BadSnapshot */
export function running<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BadSnapshot(`the snapshot cannot be read: ${what} failed: ${why}`, { cause });
  }
}

/** An empty object of a class; its constructor does not run. */
export function makeEmpty(known: KnownClass): object {
  const { ctor, prototype } = known;
  switch (known.kind) {
    case kind.array:
      return bases.array([], ctor);
    case kind.map:
      return bases.map([], ctor);
    case kind.set:
      return bases.set([], ctor);
    case kind.error: {
      const made = bases.error([], ctor);
      Reflect.deleteProperty(made, "stack");
      return made;
    }
    default:
      return known === plainClasses[kind.object] ? {} : Object.create(prototype);
  }
}

/** Takes all from an object that a constructor made; null when it cannot be used. */
export function emptied(made: object, known: KnownClass): object | null {
  if (!Object.isExtensible(made) || Object.getPrototypeOf(made) !== known.prototype) return null;
  if (known.kind === kind.map) Reflect.apply(Map.prototype.clear, made, []);
  if (known.kind === kind.set) Reflect.apply(Set.prototype.clear, made, []);
  if (known.kind === kind.array) Reflect.set(made, "length", 0);
  for (const key of Reflect.ownKeys(made)) {
    if (key === "length" && known.kind === kind.array) continue;
    if (!Reflect.deleteProperty(made, key)) return null;
  }
  return made;
}

const mapSet: (this: object, key: unknown, value: unknown) => unknown = Map.prototype.set;
const setAdd: (this: object, value: unknown) => unknown = Set.prototype.add;

/** Whatever a subclass made of `set`. */
export function setEntry(map: object, key: unknown, value: unknown): void {
  mapSet.call(map, key, value);
}

export function addMember(set: object, value: unknown): void {
  setAdd.call(set, value);
}

/** Sets an own property, whatever the prototypes say of its name. @param attributes null: those of assignment */
export function setProperty(
  target: object,
  known: KnownClass,
  name: string,
  attributes: number | null,
  value: unknown,
): void {
  const safe = known === plainClasses[kind.object] ? name !== "__proto__" : !(name in target);
  if (attributes === null && safe) {
    (target as Record<string, unknown>)[name] = value;
    return;
  }
  const all = attribute.writable | attribute.enumerable | attribute.configurable;
  const given = attributes ?? all;
  Object.defineProperty(target, name, {
    value,
    writable: (given & attribute.writable) !== 0,
    enumerable: (given & attribute.enumerable) !== 0,
    configurable: (given & attribute.configurable) !== 0,
  });
}

/** Holes that are left in an array as it is. */
const fewHoles = 16;

/**
 * Leaves places of an array empty up to `length`. With many of them it becomes a table first, since otherwise the
 * engine may take memory for every place, and a few bytes stand for them all.
 */
export function leaveHoles(array: unknown[], length: number): void {
  if (length - array.length > fewHoles) {
    const far = Math.min(2 * array.length + 4_096, 2 ** 32 - 2);
    array[far] = undefined;
    delete array[far];
  }
  array.length = length;
}

export function applyIntegrity(target: object, of: number): void {
  if (of === integrity.closed) Object.preventExtensions(target);
  else if (of === integrity.sealed) Object.seal(target);
  else if (of === integrity.frozen) Object.freeze(target);
}

/** Whether entries or elements follow in it. */
export function hasEntries(of: Kind): boolean {
  return of === kind.array || of === kind.map || of === kind.set;
}
