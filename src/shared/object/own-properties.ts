/** Looks at objects as a snapshot takes them: their own properties, their integrity, the bytes of their buffers. */
import { type Kind, kind } from "./builtins.ts";
import { attribute, integrity, namedArrayLengthMax, nanBytes } from "./graph-format.ts";

/** Own properties beside what the kind says already, in order. */
export function namesOf(o: object, of: Kind): readonly string[] {
  if (of === kind.array) return arrayNames(o as readonly unknown[]);
  const names = Object.getOwnPropertyNames(o);
  if (names.length === 0) return names;
  // The stack of an error tells of the machine on which it was made.
  if (of === kind.error) return names.filter((name) => name !== "stack");
  if (of === kind.regexp) return names.filter((name) => name !== "lastIndex");
  return names;
}

/** Enumerable ones, as what the language itself gives to arrays; names come after the elements. */
function arrayNames(array: readonly unknown[]): readonly string[] {
  if (array.length > namedArrayLengthMax) return [];
  const names = Object.keys(array);
  const last = names[names.length - 1];
  return last === undefined || isIndex(last) ? [] : names.filter((name) => !isIndex(name));
}

function indexOf(name: string): number {
  const n = Number(name);
  return n >>> 0 === n && n < 0xffffffff && String(n) === name ? n : Number.POSITIVE_INFINITY;
}

export function isIndex(name: string): boolean {
  return indexOf(name) < Number.POSITIVE_INFINITY;
}

/** Holes that are passed one by one before the names of all elements are asked for. */
const shortHoles = 64;

/** The first element behind the hole at `i`, or the length. `memory` keeps what was found out, for the next hole. */
export function nextElement(
  array: readonly unknown[],
  i: number,
  memory: { indexes: readonly string[] | null },
): number {
  const near = Math.min(array.length, i + shortHoles);
  for (let j = i + 1; j < near; j++) if (Object.hasOwn(array, j)) return j;
  if (near === array.length) return near;
  memory.indexes ??= Object.getOwnPropertyNames(array);
  const names = memory.indexes;
  let low = 0;
  let high = names.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (indexOf(names[middle] as string) > i) high = middle;
    else low = middle + 1;
  }
  return Math.min(array.length, indexOf(names[low] ?? "length"));
}

export function integrityOf(o: object): number {
  if (Object.isExtensible(o)) return integrity.open;
  if (Object.isFrozen(o)) return integrity.frozen;
  return Object.isSealed(o) ? integrity.sealed : integrity.closed;
}

export function attributesOf(property: PropertyDescriptor | undefined): number {
  if (property === undefined) return 0;
  const { writable, enumerable, configurable } = property;
  return (
    (writable === true ? attribute.writable : 0) |
    (enumerable === true ? attribute.enumerable : 0) |
    (configurable === true ? attribute.configurable : 0)
  );
}

/**
 * The bytes of a buffer as every replica has them; null when it is none that a snapshot takes. The bits of a NaN may
 * differ from machine to machine: where the buffer is met through an array of floats, they become the usual ones.
 */
export function stableBytes(buffer: object, seen: object): Uint8Array | null {
  if (Object.getPrototypeOf(buffer) !== ArrayBuffer.prototype) return null;
  const found = buffer as ArrayBuffer;
  if (found.resizable || found.detached) return null;
  const bytes = new Uint8Array(found);
  if (!(seen instanceof Float32Array || seen instanceof Float64Array)) return bytes;
  if (!seen.some(Number.isNaN)) return bytes;
  const stable = bytes.slice();
  const usual = nanBytes[seen.BYTES_PER_ELEMENT] ?? [];
  for (let i = 0; i < seen.length; i++)
    if (Number.isNaN(seen[i])) stable.set(usual, seen.byteOffset + i * seen.BYTES_PER_ELEMENT);
  return stable;
}
