/** Which hooks of an object hear of a session or a ticket: its own, then those of each D-class that it holds. */
import { isObject } from "./is-object.ts";
import type { HookKey, Method } from "./registry.ts";

/** What the prototypes of D-classes say, see d-class.ts. */
export const mark: unique symbol = Symbol.for("concoord.dclass");

/** A method of this name hears, with its ticket, of a blocked call that was cancelled. Its ticket is dead already. */
export const onCancel: unique symbol = Symbol.for("concoord.onCancel");

function isDClass(value: unknown): value is object {
  return isObject(value) && Reflect.get(value, mark) === true;
}

/** The D-classes that are own fields of an object, in their order, each once. */
export function dFieldsOf(object: object): ReadonlySet<object> {
  const found = new Set<object>();
  for (const { value } of Object.values(Object.getOwnPropertyDescriptors(object)))
    if (isDClass(value)) found.add(value);
  return found;
}

/**
 * @param own of the class of the object
 * @param hasDClass whether it may hold one
 * @returns each with the object that it is called on, as they were before any of them ran
 */
export function hooksOf(
  object: object,
  own: Method | undefined,
  hasDClass: boolean,
  key: HookKey,
): readonly (readonly [object, Method])[] {
  const hooks: [object, Method][] = own === undefined ? [] : [[object, own]];
  for (const field of hasDClass ? dFieldsOf(object) : []) {
    const hook: unknown = Reflect.get(field, key);
    if (typeof hook === "function") hooks.push([field, hook as Method]);
  }
  return hooks;
}
