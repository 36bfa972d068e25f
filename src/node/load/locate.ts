/**
 * Where the classes named on a command line are:
 *   counter.Counter                   module counter on CONCOORD_PATH or in the current folder
 *   ./counter.ts                      every exported class of the file
 *   ./counter.ts#Counter              one of them
 *   concoord.object.counter.Counter   a ready object of our own library
 */
import { existsSync, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { isFile, ownFile } from "../own-files.ts";
import { LoadError } from "./load-error.ts";

export interface Located {
  /** An absolute path. */
  readonly file: string;
  /** Null for every exported class. */
  readonly className: string | null;
}

const extensions = [".ts", ".js", ".mts", ".mjs"];

function looksLikePath(text: string): boolean {
  return /^\.{0,2}[/\\]/.test(text) || isAbsolute(text) || /\.[cm]?[jt]s$/.test(text);
}

function locateFile(path: string, className: string | null, cwd: string): Located {
  const file = resolve(cwd, path);
  if (existsSync(file) && statSync(file).isDirectory())
    throw new LoadError(`${path} is a folder: name a file in it, as ${join(path, "counter.ts")}`);
  if (!isFile(file)) throw new LoadError(`${path}: no such file`);
  return { file, className };
}

function locateLibrary(module: string, className: string): Located {
  const file = ownFile(`shared/object/library/${module}`);
  if (!/^[a-z]+$/.test(module) || !isFile(file))
    throw new LoadError(`concoord.object.${module}: there is no such object in the library`);
  return { file, className };
}

function locateModule(module: string, className: string, cwd: string): Located {
  const path = join(...module.split("."));
  const configured = (process.env["CONCOORD_PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const folders = [...configured.map((folder) => resolve(cwd, folder)), cwd];
  for (const folder of folders) {
    const file = extensions.map((extension) => join(folder, path + extension)).find(isFile);
    if (file !== undefined) return { file, className };
  }
  throw new LoadError(
    `${module}.${className}: no file ${path}.ts (.js, .mts, .mjs) in ${folders.join(", ")}`,
  );
}

/**
 * Finds the file that a spec names.
 *
 * @param cwd absolute; relative paths count from here
 * @throws LoadError when there is no such file, or when the text is no spec
 */
export function locate(spec: string, cwd: string): Located {
  const hash = spec.lastIndexOf("#");
  if (hash === 0) throw new LoadError(`${spec} names no file: write ./file.ts${spec}`);
  if (hash === spec.length - 1)
    throw new LoadError(`${spec} names no class: write ${spec}Class, or ${spec.slice(0, -1)} for all`);
  if (hash > 0) return locateFile(spec.slice(0, hash), spec.slice(hash + 1), cwd);
  if (looksLikePath(spec)) return locateFile(spec, null, cwd);
  const parts = spec.split(".");
  const className = parts.pop() ?? "";
  if (parts.length === 0 || parts.includes("") || className === "")
    throw new LoadError(
      `${JSON.stringify(spec)} names no class: write module.Class, ./file.ts or ./file.ts#Class`,
    );
  if (parts[0] === "concoord" && parts[1] === "object")
    return locateLibrary(parts.slice(2).join("."), className);
  return locateModule(parts.join("."), className, cwd);
}
