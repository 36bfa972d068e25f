/** P10: a replica whose code differs from the cluster's executes nothing and does not stand for leader. */
import type { Registry } from "../object/registry.ts";
import type { ClassInfo } from "../object/types.ts";

/** @returns one line for each difference that forbids executing; empty when the code is the cluster's */
export function codeProblems(classes: readonly ClassInfo[], registry: Registry): readonly string[] {
  const problems: string[] = [];
  for (const { name, fingerprint } of classes) {
    const own = registry.get(name);
    if (own === undefined)
      problems.push(`the cluster serves the class ${name}, which was not given to this node`);
    else if (own.fingerprint !== fingerprint) {
      problems.push(`the code of the class ${name} differs from the cluster's: this node executes nothing`);
    }
  }
  return problems;
}

/** One line for each class that this node was given and the cluster does not serve. */
export function unservedClasses(classes: readonly ClassInfo[], registry: Registry): readonly string[] {
  const served = new Set(classes.map((c) => c.name));
  const others = [...registry.keys()].filter((name) => !served.has(name));
  return others.map((name) => `the class ${name} was given to this node, but the cluster does not serve it`);
}
