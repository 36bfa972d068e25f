/**
 * Runs a user's module. `concoord` and `concoord/*` in it mean this running copy, also where the user's folder has
 * no node_modules. TypeScript that Node cannot run by itself (enums, parameter properties) goes through esbuild, if
 * the user has it.
 */
import { createRequire, registerHooks } from "node:module";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { hookCopiedImports } from "../code/copied-imports.ts";
import { ownFile } from "../own-files.ts";
import { codeOf, LoadError, oneLine } from "./load-error.ts";
import { loadedWith, type SourceFile } from "./source-graph.ts";

/** Failures of Node that esbuild may repair, beside SyntaxError. */
const repairable = [
  "ERR_UNKNOWN_FILE_EXTENSION",
  "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX",
  "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING",
];

/** A specifier of our own, so that what esbuild made is not mistaken for the file that Node could not run. */
const compiledScheme = "concoord-compiled:";
/** Compiled source by URL. */
const compiled = new Map<string, string>();
/** Files that esbuild works on now: they share its process. */
let building = 0;
let hooked = false;

// `require` runs ES modules too, and synchronously: nothing else can happen between the steps of loading a class.
const require = createRequire(import.meta.url);

function ownEntry(specifier: string): string | null {
  if (specifier === "concoord") return ownFile("node/index");
  if (specifier === "concoord/object") return ownFile("shared/object/index");
  if (specifier === "concoord/node") return ownFile("node/node");
  const object = /^concoord\/objects\/([a-z]+)$/.exec(specifier)?.[1];
  return object === undefined ? null : ownFile(`shared/object/library/${object}`);
}

function hook(): void {
  if (hooked) return;
  hooked = true;
  hookCopiedImports();
  registerHooks({
    resolve: (specifier, context, next) => {
      if (specifier.startsWith(compiledScheme)) {
        return { url: specifier.slice(compiledScheme.length), format: "module", shortCircuit: true };
      }
      const own = ownEntry(specifier);
      return own === null ? next(specifier, context) : next(pathToFileURL(own).href, context);
    },
    load: (url, context, next) => {
      const source = compiled.get(url);
      return source === undefined ? next(url, context) : { format: "module", source, shortCircuit: true };
    },
  });
}

/** What a module exports, by name. */
export type Exports = Readonly<Record<string, unknown>>;

/**
 * Runs a module and gives its exports, first, and those of modules that were loaded with it.
 *
 * @param file an absolute path
 * @param shown how messages name the file
 * @param sources what `readSources` gives for the file
 * @throws LoadError when it cannot be read, compiled or run
 */
export async function runModule(
  file: string,
  shown: string,
  sources: readonly SourceFile[],
): Promise<readonly [Exports, ...Exports[]]> {
  hook();
  const { files, packages } = loadedWith(sources);
  const [own, ...others] = await runAll([file, ...files], shown);
  const entries = packages.map(ownEntry).filter((entry) => entry !== null);
  return [own ?? {}, ...others, ...(await Promise.all(entries.map(runFile)))];
}

async function runAll(files: readonly [string, ...string[]], shown: string): Promise<readonly Exports[]> {
  try {
    const own = await runFile(files[0]);
    return [own, ...(await Promise.all(files.slice(1).map(runFile)))];
  } catch (error) {
    const code = codeOf(error);
    const compilable = error instanceof SyntaxError || (code !== null && repairable.includes(code));
    if (compilable) return runCompiled(files, shown, oneLine(error));
    throw new LoadError(`${shown}: loading it failed: ${oneLine(error)}`, { cause: error });
  }
}

function exportsOf(module: unknown): Exports {
  return typeof module === "object" && module !== null ? { ...module } : { default: module };
}

async function runFile(file: string): Promise<Exports> {
  try {
    return exportsOf(require(file));
  } catch (error) {
    if (codeOf(error) !== "ERR_REQUIRE_ASYNC_MODULE") throw error;
    // A module with top-level await.
    return exportsOf(await import(pathToFileURL(file).href));
  }
}

/** The user's own esbuild first: it is an optional peer. */
function findEsbuild(file: string, shown: string, why: string): typeof import("esbuild") {
  for (const from of [file, import.meta.url]) {
    try {
      return createRequire(from)("esbuild");
    } catch (error) {
      if (codeOf(error) !== "MODULE_NOT_FOUND") throw error;
    }
  }
  throw new LoadError(`${shown}: ${why} (what Node cannot run alone needs esbuild: npm install esbuild)`);
}

/** All files as one, since a file compiled twice would give two classes of one name. */
async function runCompiled(
  files: readonly [string, ...string[]],
  shown: string,
  why: string,
): Promise<readonly Exports[]> {
  const [file] = files;
  const esbuild = findEsbuild(file, shown, why);
  const url = `${pathToFileURL(file).href}?concoord=${compiled.size}`;
  building++;
  try {
    const made = await esbuild.build({
      stdin: {
        contents: files.map((path, i) => `export * as m${i} from ${JSON.stringify(path)};`).join("\n"),
        resolveDir: dirname(file),
      },
      bundle: true,
      write: false,
      format: "esm",
      platform: "node",
      target: "node22",
      packages: "external",
      // Classes are registered under their names, which bundling may change.
      keepNames: true,
      sourcemap: "inline",
      logLevel: "silent",
    });
    compiled.set(url, made.outputFiles[0]?.text ?? "");
  } catch (error) {
    throw new LoadError(`${shown}: ${syntaxLine(error) ?? why}`, { cause: error });
  } finally {
    building--;
    // Its process would stay for as long as ours.
    if (building === 0) await esbuild.stop();
  }
  try {
    const bundle = exportsOf(require(compiledScheme + url));
    return files.map((_, i) => exportsOf(bundle[`m${i}`]));
  } catch (error) {
    throw new LoadError(`${shown}: loading it failed: ${oneLine(error)}`, { cause: error });
  }
}

/** esbuild's first error as "line 3, column 7: text". */
function syntaxLine(thrown: unknown): string | null {
  if (typeof thrown !== "object" || thrown === null || !("errors" in thrown)) return null;
  const first: unknown = Array.isArray(thrown.errors) ? thrown.errors[0] : null;
  if (typeof first !== "object" || first === null || !("text" in first)) return null;
  const at = "location" in first ? first.location : null;
  if (typeof at !== "object" || at === null || !("line" in at)) return String(first.text);
  return `line ${String(at.line)}: ${String(first.text)}`;
}
