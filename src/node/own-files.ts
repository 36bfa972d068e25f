/**
 * The files of this package that are read, or started as another process or thread, while it runs. They lie on the
 * disk, below src/ or dist/; or within the one file that `concoord bundle server` makes: then their paths go on below
 * that file, where no disk can have anything, and modules there are loaded by its hooks (cli/bundle-start.ts).
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The one file, and what is in it. */
export interface Bundle {
  /** Absolute. */
  readonly file: string;
  /** Texts by their paths, absolute. */
  readonly texts: ReadonlyMap<string, string>;
  /** What -o means where it is not given. */
  readonly objects: readonly string[];
}

/** Where the bundle that runs is kept, for every module of it. */
const key = Symbol.for("concoord/bundle/1");
/** The first word of a bundle that is to run one of its modules and not the command line. */
const moduleWord = "--concoord-module";
/** This very copy of concoord runs from src/ or from dist/. */
const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
const folder = fileURLToPath(new URL("../", import.meta.url));

/** The bundle that runs; null for an installed package. */
export function runningBundle(): Bundle | null {
  return (Reflect.get(globalThis, key) as Bundle | undefined) ?? null;
}

export function setRunningBundle(bundle: Bundle): void {
  Reflect.set(globalThis, key, bundle);
}

/** A module of our own, by its path below src/ or dist/ and without extension. */
export function ownFile(path: string): string {
  return join(folder, `${path}${extension}`);
}

/** Any file of the package that the build puts into dist/, or beside it. @param path below dist/ */
export function builtFile(path: string): string {
  return join(folder, path);
}

/** Whether there is such a file, on the disk or in the bundle. @param path absolute */
export function isFile(path: string): boolean {
  return runningBundle()?.texts.has(path) === true || (existsSync(path) && statSync(path).isFile());
}

/** @param path absolute @throws Error as of `readFileSync` */
export function readText(path: string): string {
  return runningBundle()?.texts.get(path) ?? readFileSync(path, "utf8");
}

/** The id of the user to whom the file belongs. @param path absolute @throws Error when there is no such file */
export function ownerOf(path: string): number {
  const bundle = runningBundle();
  return statSync(bundle?.texts.has(path) === true ? bundle.file : path).uid;
}

/**
 * What Node is to run, and the words after it, so that another process or thread runs this module of ours.
 * @param path below src/ or dist/, without extension
 * @example spawn(process.execPath, ownProgram("node/snapshot/child"))
 */
export function ownProgram(path: string): [program: string, ...words: string[]] {
  const bundle = runningBundle();
  const file = ownFile(path);
  return bundle === null ? [file] : [bundle.file, moduleWord, file];
}

/** The module that a bundle was told to run, as `ownProgram` says it; the words for it are taken away. */
export function takeProgram(argv: string[]): string | null {
  if (argv[2] !== moduleWord) return null;
  const [, file = ""] = argv.splice(2, 2);
  return file;
}
