/**
 * A copy of a module lies elsewhere than the module: the packages that it imports are looked for where it was written,
 * as long as that folder is there, and only then from the copy on.
 */
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { originOfCopy } from "./module-copy.ts";

/** A file of a copy: the folder of the copy, as a URL. */
const inCopy = /^(file:.*\/[0-9a-f]{32})\/files\//;
/** URLs of copies, and of a file where they were written; null where nothing says so. */
const origins = new Map<string, string | null>();
let hooked = false;

/** From now on, in this process. */
export function hookCopiedImports(): void {
  if (hooked) return;
  hooked = true;
  registerHooks({
    resolve: (specifier, context, next) => {
      const parent = isPackage(specifier) ? originOf(context.parentURL) : null;
      if (parent === null) return next(specifier, context);
      try {
        return next(specifier, { ...context, parentURL: parent });
      } catch {
        // It is not there, or not on this machine; if it is nowhere, the next line says so.
        return next(specifier, context);
      }
    },
  });
}

function isPackage(specifier: string): boolean {
  return !/^(?:\.{0,2}\/|[a-z-]+:)/i.test(specifier);
}

function originOf(url: string | undefined): string | null {
  const copy = inCopy.exec(url ?? "")?.[1];
  if (copy === undefined) return null;
  const known = origins.get(copy);
  if (known !== undefined) return known;
  const origin = originOfCopy(fileURLToPath(copy));
  const file = origin === null ? null : pathToFileURL(join(origin, "module.js")).href;
  origins.set(copy, file);
  return file;
}
