/** P10: a replica that lacks code of the cluster's classes executes nothing and does not stand for leader. */
import type { HeldCode } from "../object/held-code.ts";
import type { Registry } from "../object/registry.ts";
import type { ClassInfo } from "../object/types.ts";

/**
 * What an operator should know of the code of a node, one line for each class.
 *
 * @param classes what the cluster serves, and what it is going to
 * @param given the classes with which the node was started
 * @param outdated fingerprints of versions that the cluster has left behind
 */
export function codeProblems(
  classes: readonly ClassInfo[],
  held: HeldCode,
  given: Registry,
  outdated: ReadonlySet<string>,
): readonly string[] {
  const served = new Map(classes.map((info) => [info.name, info]));
  const lacking = held
    .missing(classes)
    .map(({ name }) =>
      held.knows(name)
        ? `the code of the class ${name} differs from the cluster's: this node executes nothing`
        : `the cluster serves the class ${name}, which was not given to this node`,
    );
  const other = [...given.values()].flatMap(({ name, fingerprint }) => {
    const info = served.get(name);
    if (info === undefined)
      return `the class ${name} was given to this node, but the cluster does not serve it`;
    // Without the cluster's version it was said above.
    if (info.fingerprint === fingerprint || outdated.has(fingerprint) || held.find(info) === undefined)
      return [];
    return `the class ${name} was given to this node in another version than the cluster's, which it executes`;
  });
  return [...lacking, ...other];
}
