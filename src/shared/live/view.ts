/**
 * Read-only copies of states. What did not change since the copy before is the same object as there; only objects that
 * refer to themselves, however far around, are always new. Objects and arrays are frozen; maps, sets and dates refuse
 * their own changing methods (those of the prototypes, called on them by force, work); bytes are plain copies, which
 * nothing stops from being changed, and which nobody else sees.
 */

/** @param before the copy that was made last; undefined for none */
export function readOnly(value: unknown, before: unknown): unknown {
  return new View().copy(value, before);
}

class View {
  /** What was copied, and what is being copied. */
  readonly #made = new Map<object, object>();

  copy(value: unknown, before: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    const known = this.#made.get(value);
    if (known !== undefined) return known;
    const old = typeof before === "object" && before !== null && alike(value, before) ? before : null;
    const copy = this.#make(value, old);
    this.#made.set(value, copy);
    return copy;
  }

  #make(value: object, old: object | null): object {
    if (ArrayBuffer.isView(value)) return bytesOf(value, old);
    if (value instanceof ArrayBuffer) return value.slice();
    if (value instanceof Date) {
      const same = old instanceof Date && Object.is(old.getTime(), value.getTime());
      return same ? old : refusing(new Date(value.getTime()), value);
    }
    if (value instanceof Map || value instanceof Set) return this.#entries(value, old);
    return this.#fields(value, old);
  }

  #fields(value: object, old: object | null): object {
    const isArray = Array.isArray(value);
    const copy: object = isArray ? [] : Object.create(Object.getPrototypeOf(value));
    this.#made.set(value, copy);
    const keys = Reflect.ownKeys(value);
    let same = old !== null && Reflect.ownKeys(old).length === keys.length;
    for (const key of keys) {
      if (key === "stack" && value instanceof Error) continue;
      const property = Object.getOwnPropertyDescriptor(value, key) as PropertyDescriptor;
      const was: unknown = old === null ? undefined : Reflect.get(old, key);
      property.value = this.copy(property.value, was);
      same &&= Object.is(property.value, was) && old !== null && Object.hasOwn(old, key);
      Object.defineProperty(copy, key, property);
    }
    if (same && old !== null) return old;
    return Object.freeze(copy);
  }

  /** A set is a map of each to itself. */
  #entries(value: Map<unknown, unknown> | Set<unknown>, old: object | null): object {
    const copy = value instanceof Map ? new Map<unknown, unknown>() : new Set<unknown>();
    this.#made.set(value, copy);
    const before = old instanceof Map || old instanceof Set ? old : new Map<unknown, unknown>();
    const was = [...before.entries()];
    let same = old !== null && was.length === value.size;
    let i = 0;
    for (const [k, v] of value.entries()) {
      const [oldKey, oldItem] = was[i++] ?? [];
      const key = this.copy(k, oldKey);
      const isThere = Object.is(key, oldKey);
      const item = this.copy(v, isThere || !(before instanceof Map) ? oldItem : before.get(key));
      same &&= isThere && Object.is(item, oldItem);
      if (copy instanceof Map) copy.set(key, item);
      else copy.add(key);
    }
    return same && old !== null ? old : this.#closed(copy, value);
  }

  /** Own fields of a subclass come, too. */
  #closed(copy: object, value: object): object {
    for (const [key, v] of Object.entries(value)) Reflect.set(copy, key, this.copy(v, undefined));
    return refusing(copy, value);
  }
}

function alike(a: object, b: object): boolean {
  const of = Object.getPrototypeOf(a);
  const ours: object | null = Object.getPrototypeOf(b);
  return of === ours || (ours !== null && Object.getPrototypeOf(ours) === of);
}

function bytesOf(value: ArrayBufferView, old: object | null): object {
  const at = (view: ArrayBufferView) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  const bytes = at(value);
  if (old !== null && ArrayBuffer.isView(old)) {
    const was = at(old);
    if (was.length === bytes.length && bytes.every((b, i) => b === was[i])) return old;
  }
  return Reflect.construct(value.constructor, [bytes.slice().buffer]);
}

/** By the prototype of the originals. */
const prototypes = new WeakMap<object, object>();

/** Freezes a copy whose own changing methods throw; it passes for an instance of the class of `original`. */
function refusing(copy: object, original: object): object {
  const of: object = Object.getPrototypeOf(original);
  const prototype = prototypes.get(of) ?? refusingPrototype(of, original instanceof Date);
  prototypes.set(of, prototype);
  return Object.freeze(Object.setPrototypeOf(copy, prototype));
}

function refusingPrototype(of: object, isDate: boolean): object {
  const value = (): never => {
    throw new TypeError("the state of a live object is read-only: call its methods");
  };
  const made: object = Object.create(of);
  const dates = Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith("set"));
  for (const name of isDate ? dates : ["set", "add", "delete", "clear"])
    if (name in of) Object.defineProperty(made, name, { value });
  return made;
}
