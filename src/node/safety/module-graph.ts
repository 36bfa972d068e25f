/** Which modules a check must look at, and which it may trust. */
import { relative, sep } from "node:path";
import { findImport } from "../load/source-graph.ts";
import { ownFile } from "../own-files.ts";

const apiFile = ownFile("shared/object/index");
const ownObjects = folderOf(apiFile);
const library = folderOf(ownFile("shared/object/library/counter"));
const ownPaxos = folderOf(ownFile("shared/paxos/ids"));

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf(sep) + 1);
}

/** What an import leads to. `refused` says why it may not be followed. */
export type Target =
  | { readonly type: "trusted" }
  | { readonly type: "module"; readonly file: string }
  | { readonly type: "refused"; readonly reason: string };

const trusted: Target = { type: "trusted" };

/** The library is looked at like anybody's classes; what it stands on is concoord/object itself. */
function isOurs(file: string): boolean {
  return (file.startsWith(ownObjects) && !file.startsWith(library)) || file.startsWith(ownPaxos);
}

/**
 * @param from the importing module, an absolute path
 * @param specifier what it imports, as it is written
 */
export function targetOf(from: string, specifier: string): Target {
  if (specifier === "concoord/object") return trusted;
  const object = /^concoord\/objects\/([a-z]+)$/.exec(specifier)?.[1];
  if (object !== undefined) return { type: "module", file: ownFile(`shared/object/library/${object}`) };
  if (!/^\.{1,2}\//.test(specifier))
    return {
      type: "refused",
      reason: `import of ${specifier}: only relative modules and concoord/object, or types`,
    };
  // Node reads the others as it reads addresses, and may find another file than the one that is looked at.
  if (!/^[\w./@+~-]+$/.test(specifier))
    return {
      type: "refused",
      reason: `import of ${JSON.stringify(specifier)}: only letters, digits and . _ - in names`,
    };
  const file = findImport(from, specifier);
  if (file === null) return { type: "refused", reason: `import of ${specifier}: no such file` };
  if (isOurs(file)) {
    if (file === apiFile || from.startsWith(library) || isOurs(from)) return trusted;
    return { type: "refused", reason: `import of ${specifier}: concoord's own code goes by concoord/object` };
  }
  if (!/\.m?[jt]s$/.test(file))
    return { type: "refused", reason: `import of ${specifier}: only ES modules, .ts .js .mts .mjs` };
  return { type: "module", file };
}

/** How messages name a file: below the current folder by the way to it. */
export function shownAs(file: string, cwd: string): string {
  const path = relative(cwd, file);
  return path.startsWith("..") ? file : path;
}
