/** The classes whose instances an object may hold: those that its module and the modules loaded with it export. */
import { isClass } from "../../shared/object/private-members.ts";
import type { Constructor } from "../../shared/object/registry.ts";
import type { Exports } from "./user-module.ts";

/**
 * Gives each class a name for snapshots: its own, or where several have one, with a number. It follows from the
 * sources alone, so that replicas of one fingerprint agree.
 *
 * @param modules in the order of first mention
 */
export function nestedClasses(modules: readonly Exports[]): ReadonlyMap<string, Constructor> {
  const byName = new Map<string, Constructor>();
  const seen = new Set<Constructor>();
  for (const [exported, value] of modules.flatMap((module) => Object.entries(module))) {
    if (!isClass(value) || seen.has(value)) continue;
    seen.add(value);
    const own: unknown = Reflect.get(value, "name");
    const name = typeof own === "string" && own !== "" ? own : exported;
    let free = name;
    for (let n = 2; byName.has(free); n++) free = `${name}~${n}`;
    byName.set(free, value);
  }
  return byName;
}
