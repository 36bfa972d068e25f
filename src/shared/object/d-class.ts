/**
 * What lets a class be a part of users' objects and still hear of sessions and deadlines: concoord calls the hooks of
 * each D-class that is one of an object's own fields. A marked prototype says so, in every copy of concoord alike.
 */
import { execution } from "./invocation.ts";

const mark = Symbol.for("concoord.dclass");

/** A method of this name hears, with its ticket, of a blocked call that was cancelled. Its ticket is dead already. */
export const onCancel: unique symbol = Symbol.for("concoord.onCancel");

/** @example export class DLock extends DClass { onSessionEnd(session: SessionId) { ... } } */
export abstract class DClass {
  constructor() {
    // The object that is running may hold it from now on.
    execution.current?.madeDClass();
  }

  get [mark](): true {
    return true;
  }
}

export function isDClass(value: unknown): value is object {
  return typeof value === "object" && value !== null && Reflect.get(value, mark) === true;
}

/** The D-classes that are own fields of an object, in their order, each once. */
export function dFieldsOf(object: object): ReadonlySet<object> {
  const found = new Set<object>();
  for (const { value } of Object.values(Object.getOwnPropertyDescriptors(object)))
    if (isDClass(value)) found.add(value);
  return found;
}
