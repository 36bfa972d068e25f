/**
 * Classes of concoord whose instances may stand in the state of any object: snapshots know them by name. The list is
 * kept beside the context of calls, so that a class that imports its own copy of concoord may hold instances of that.
 */
import { execution } from "./invocation.ts";
import type { Constructor } from "./registry.ts";

/** In snapshots no class of users is named like this. */
const prefix = "concoord.";

/** Makes a class known; of several copies the first one is made when a snapshot is read. */
export function ourClass(name: string, ctor: Constructor): void {
  execution.classes.push({ name: `${prefix}${name}`, ctor });
}

export function ourClasses(): readonly { readonly name: string; readonly ctor: Constructor }[] {
  return execution.classes;
}
