/**
 * Copies of states.
 *
 * Read-only ones: what did not change since the copy before is the same object as there; only objects that refer to
 * themselves, however far around, are always new. Objects and arrays are frozen; maps, sets and dates refuse their own
 * changing methods (those of the prototypes, called on them by force, work); bytes are plain copies, which nothing
 * stops from being changed, and which nobody else sees.
 *
 * Clones, on which calls run that are not confirmed: equal in all but that two views onto one buffer have two then.
 */
import { isObject } from "../object/is-object.ts";
import { bytesOf, type Collection, isCollection, ownKeys, partsOf } from "../object/parts.ts";

/** @param before the copy that was made last; undefined for none */
export function readOnly(value: unknown, before: unknown): unknown {
  return new Copier(true).copy(value, before);
}

/** @param shell an empty object of the same class */
export function clone(object: object, shell: object): object {
  return new Copier(false).into(shell, object, null);
}

class Copier {
  /** What was copied, and what is being copied. */
  readonly #made = new Map<object, object>();
  readonly #closes: boolean;

  constructor(closes: boolean) {
    this.#closes = closes;
  }

  copy(value: unknown, before: unknown): unknown {
    if (!isObject(value)) return value;
    const known = this.#made.get(value);
    if (known !== undefined) return known;
    const of = Object.getPrototypeOf(value);
    const old = isObject(before) && Object.getPrototypeOf(before) === of ? before : null;
    const bytes = bytesOf(value);
    const copy = bytes === null ? this.into(shellOf(value), value, old) : ofBytes(value, bytes, old);
    this.#made.set(value, copy);
    return copy;
  }

  /** @returns the copy, or `old`, which is equal */
  into(copy: object, value: object, old: object | null): object {
    this.#made.set(value, copy);
    for (const key of ownKeys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, key) as PropertyDescriptor;
      property.value = this.copy(property.value, old === null ? undefined : Reflect.get(old, key));
      Object.defineProperty(copy, key, property);
    }
    if (isCollection(value)) this.#fill(copy, value, old);
    if (!this.#closes) return Object.isExtensible(value) ? copy : Object.preventExtensions(copy);
    if (isCollection(value) || value instanceof Date)
      for (const name of changing) if (name in copy) Object.defineProperty(copy, name, { value: refuse });
    return old !== null && isSame(copy, old) ? old : Object.freeze(copy);
  }

  /** A set is a map of each to itself. */
  #fill(copy: object, value: Collection, old: object | null): void {
    const was = isCollection(old) ? [...old.entries()] : [];
    let i = 0;
    for (const [k, v] of value.entries()) {
      const [oldKey, oldItem] = was[i++] ?? [];
      const key = this.copy(k, oldKey);
      // Others may have been added or removed before it.
      const item = old instanceof Map && key !== oldKey ? old.get(key) : oldItem;
      if (copy instanceof Map) copy.set(key, this.copy(v, item));
      else if (copy instanceof Set) copy.add(key);
    }
  }
}

function ofBytes(value: object, bytes: Uint8Array, old: object | null): object {
  const was = old === null ? null : bytesOf(old);
  if (was?.length === bytes.length && bytes.every((b, i) => b === was[i])) return old as object;
  const { buffer } = bytes.slice();
  return ArrayBuffer.isView(value) ? Reflect.construct(value.constructor, [buffer]) : buffer;
}

/** The object without what it holds. */
function shellOf(value: object): object {
  const of = Object.getPrototypeOf(value);
  return Object.setPrototypeOf(nativeOf(value) ?? Object.create(of), of);
}

function nativeOf(value: object): object | null {
  if (Array.isArray(value)) return [];
  if (value instanceof Map) return new Map();
  if (value instanceof Set) return new Set();
  if (value instanceof Date) return new Date(value.getTime());
  if (value instanceof RegExp) return new RegExp(value);
  return value instanceof Error ? new Error() : null;
}

/** What they hold was copied before: what did not change is the same in both. */
function isSame(copy: object, old: object): boolean {
  const were = partsOf(old);
  const parts = partsOf(copy);
  return parts.length === were.length && parts.every((part, i) => Object.is(part, were[i]));
}

const changing = ["set", "add", "delete", "clear"].concat(
  Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith("set")),
);

function refuse(): never {
  throw new TypeError("the state of a live object is read-only: call its methods");
}
