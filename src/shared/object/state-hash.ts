/**
 * A hash of the state of one object, 32 bits, unsigned: to compare a replica's with that of a program that watches it.
 * All that can be reached is numbered in the order in which it is met, and mixed in: values as texts with their types,
 * objects as their numbers. A class with `toSnapshot` tells its state: what it holds may differ where that is the same.
 */
import { digestStart, mixBytes, mixText } from "./digest.ts";
import { isObject } from "./is-object.ts";
import { bytesOf, partsOf } from "./parts.ts";
import { nowhere, surround } from "./surround.ts";

/** Null for a state that cannot be told, as code of users throws that it asks: getters, `toSnapshot`. */
export function stateHash(object: object): number | null {
  try {
    return surround(nowhere, () => hashOf(object));
  } catch {
    return null;
  }
}

function hashOf(object: object): number {
  let sum = digestStart;
  const met = new Map([[object, 0]]);
  const mix = (value: unknown): void => {
    if (isObject(value)) {
      const id = met.get(value) ?? met.size;
      met.set(value, id);
      sum = mixText(sum, `[${id}]`);
    } else sum = mixText(sum, `${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`);
  };
  // More are met while it goes on.
  for (const o of met.keys()) {
    const tell: unknown = Reflect.get(o, "toSnapshot");
    mix(Object.prototype.toString.call(o));
    const bytes = bytesOf(o);
    if (bytes !== null) sum = mixBytes(sum, bytes);
    else if (typeof tell === "function") mix(Reflect.apply(tell, o, []));
    else partsOf(o).forEach(mix);
  }
  return sum;
}
