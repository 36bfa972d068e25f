/** Loads the module that `--auth` names: it runs in the node, with all that the node may do. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { LoadError } from "../load/load-error.ts";
import { readSources } from "../load/source-graph.ts";
import { runModule } from "../load/user-module.ts";
import type { Auth } from "./authenticator.ts";

/**
 * @param file relative paths count from `cwd`
 * @throws LoadError when it cannot be read or run, or does not export what is needed
 * @example const auth = await loadAuth("./auth.ts", process.cwd());
 */
export async function loadAuth(file: string, cwd: string): Promise<Auth> {
  const path = resolve(cwd, file);
  if (!existsSync(path)) throw new LoadError(`--auth: ${file}: no such file`);
  const [exported] = await runModule(path, file, readSources(path));
  const { authenticate, authorize } = exported;
  if (typeof authenticate !== "function")
    throw new LoadError(`--auth: ${file} exports no function authenticate`);
  if (authorize !== undefined && typeof authorize !== "function")
    throw new LoadError(`--auth: ${file}: authorize is not a function`);
  return asAuth(authenticate, authorize);
}

/** What they take and return is checked at each call. */
function asAuth(authenticate: unknown, authorize: unknown): Auth {
  const rules = authorize === undefined ? {} : { authorize: authorize as NonNullable<Auth["authorize"]> };
  return { authenticate: authenticate as Auth["authenticate"], ...rules };
}
